/// The sums of products under convolutions and matrix products: 16 results of up to four rows at
/// a time, each result one chain in ascending k.
#ifndef QR_TILE_H
#define QR_TILE_H

#include <stdint.h>

#include "clones.h"

enum { QR_TILE_ROWS = 4, QR_TILE_COLUMNS = 16 };

typedef float qr_f32x8 __attribute__((vector_size(32), aligned(4)));
typedef uint32_t qr_u32x8 __attribute__((vector_size(32), aligned(4)));

/// y[row][column] = chain of fma(rows[row][p], columns[p][column], .) from +0.
QR_INLINE void qr_tile_f32(int row_count, int64_t k, const float *rows, const float *columns,
                           float y[QR_TILE_ROWS][QR_TILE_COLUMNS]) {
  qr_f32x8 sums[QR_TILE_ROWS][2] = {{{0}}};
  for (int64_t p = 0; p < k; ++p) {
    const qr_f32x8 *column = (const qr_f32x8 *)(columns + p * QR_TILE_COLUMNS);
    const qr_f32x8 low = column[0], high = column[1];
    for (int row = 0; row < row_count; ++row) {
      const float value = rows[row * k + p];
      const qr_f32x8 all = {value, value, value, value, value, value, value, value};
      sums[row][0] = __builtin_elementwise_fma(all, low, sums[row][0]);
      sums[row][1] = __builtin_elementwise_fma(all, high, sums[row][1]);
    }
  }
  for (int row = 0; row < row_count; ++row) {
    *(qr_f32x8 *)&y[row][0] = sums[row][0];
    *(qr_f32x8 *)&y[row][8] = sums[row][1];
  }
}

/// y[row][column] = sum of rows[row][p] * columns[p][column], modulo 2^32.
QR_INLINE void qr_tile_u32(int row_count, int64_t k, const uint32_t *rows,
                           const uint32_t *columns, uint32_t y[QR_TILE_ROWS][QR_TILE_COLUMNS]) {
  qr_u32x8 sums[QR_TILE_ROWS][2] = {{{0}}};
  for (int64_t p = 0; p < k; ++p) {
    const qr_u32x8 *column = (const qr_u32x8 *)(columns + p * QR_TILE_COLUMNS);
    const qr_u32x8 low = column[0], high = column[1];
    for (int row = 0; row < row_count; ++row) {
      const uint32_t value = rows[row * k + p];
      sums[row][0] += value * low;
      sums[row][1] += value * high;
    }
  }
  for (int row = 0; row < row_count; ++row) {
    *(qr_u32x8 *)&y[row][0] = sums[row][0];
    *(qr_u32x8 *)&y[row][8] = sums[row][1];
  }
}

#endif
