#include <stdlib.h>

#include "CReference.h"
#include "tile.h"

/// One product of two matrices; `columns` has room for [k, 16].
QR_INLINE void multiply_f32(int64_t m, int64_t k, int64_t n, const float *lhs, const float *rhs,
                            float *columns, float *y) {
  for (int64_t first = 0; first < n; first += QR_TILE_COLUMNS) {
    const int64_t width = n - first < QR_TILE_COLUMNS ? n - first : QR_TILE_COLUMNS;
    for (int64_t p = 0; p < k; ++p)
      for (int64_t i = 0; i < QR_TILE_COLUMNS; ++i)
        columns[p * QR_TILE_COLUMNS + i] = i < width ? rhs[p * n + first + i] : 0.0f;
    for (int64_t row = 0; row < m;) {
      float tile[QR_TILE_ROWS][QR_TILE_COLUMNS];
      const int64_t height = m - row < QR_TILE_ROWS ? 1 : QR_TILE_ROWS;
      if (height == QR_TILE_ROWS)
        qr_tile_f32(QR_TILE_ROWS, k, lhs + row * k, columns, tile);
      else
        qr_tile_f32(1, k, lhs + row * k, columns, tile);
      for (int64_t r = 0; r < height; ++r)
        for (int64_t i = 0; i < width; ++i) y[(row + r) * n + first + i] = tile[r][i];
      row += height;
    }
  }
}

QR_CLONES
bool qr_matmul_f32(int64_t batch, int64_t m, int64_t k, int64_t n, const float *lhs,
                   const float *rhs, float *y) {
  float *columns = malloc((size_t)(k * QR_TILE_COLUMNS) * sizeof(float) + 1);
  for (int64_t i = 0; columns && i < batch; ++i)
    multiply_f32(m, k, n, lhs + i * m * k, rhs + i * k * n, columns, y + i * m * n);
  free(columns);
  return columns != NULL;
}

/// One product of two matrices; `columns` has room for [k, 16].
QR_INLINE void multiply_u32(int64_t m, int64_t k, int64_t n, const uint32_t *rows,
                            const int32_t *rhs, const int32_t *rhs_zero_points,
                            const int32_t *bias, uint32_t *columns, int32_t *y) {
  for (int64_t first = 0; first < n; first += QR_TILE_COLUMNS) {
    const int64_t width = n - first < QR_TILE_COLUMNS ? n - first : QR_TILE_COLUMNS;
    for (int64_t p = 0; p < k; ++p)
      for (int64_t i = 0; i < QR_TILE_COLUMNS; ++i) {
        const int64_t column = first + (i < width ? i : 0);
        const int32_t zero = rhs_zero_points ? rhs_zero_points[column] : 0;
        columns[p * QR_TILE_COLUMNS + i] = (uint32_t)(rhs[p * n + column] - zero);
      }
    for (int64_t row = 0; row < m;) {
      uint32_t tile[QR_TILE_ROWS][QR_TILE_COLUMNS];
      const int64_t height = m - row < QR_TILE_ROWS ? 1 : QR_TILE_ROWS;
      if (height == QR_TILE_ROWS)
        qr_tile_u32(QR_TILE_ROWS, k, rows + row * k, columns, tile);
      else
        qr_tile_u32(1, k, rows + row * k, columns, tile);
      for (int64_t r = 0; r < height; ++r)
        for (int64_t i = 0; i < width; ++i) {
          const uint32_t start = bias ? (uint32_t)bias[first + i] : 0u;
          y[(row + r) * n + first + i] = (int32_t)(tile[r][i] + start);
        }
      row += height;
    }
  }
}

QR_CLONES
bool qr_matmul_i32(int64_t batch, int64_t m, int64_t k, int64_t n, const int32_t *lhs,
                   int32_t lhs_zero_point, const int32_t *rhs, const int32_t *rhs_zero_points,
                   const int32_t *bias, int32_t *y) {
  uint32_t *columns = malloc((size_t)(k * QR_TILE_COLUMNS) * sizeof(uint32_t) + 1);
  uint32_t *rows = malloc((size_t)(batch * m * k) * sizeof(uint32_t) + 1);
  const bool ok = columns && rows;
  for (int64_t i = 0; ok && i < batch * m * k; ++i)
    rows[i] = (uint32_t)(lhs[i] - lhs_zero_point);
  for (int64_t i = 0; ok && i < batch; ++i)
    multiply_u32(m, k, n, rows + i * m * k, rhs + i * k * n, rhs_zero_points, bias, columns,
                 y + i * m * n);
  free(columns);
  free(rows);
  return ok;
}
