#include <string.h>

#include "CReference.h"
#include "clones.h"

enum { QR_RANK_LIMIT = 16 };

/// The places of a strided array in row-major order: `place` is that of the innermost row's start.
typedef struct {
  int64_t index[QR_RANK_LIMIT];
  int64_t place;
} walk;

/// Moves to the next innermost row.
static void next_row(walk *walk, int64_t rank, const int64_t *dims, const int64_t *strides) {
  for (int64_t axis = rank - 2; axis >= 0; --axis) {
    walk->place += strides[axis];
    if (++walk->index[axis] < dims[axis]) return;
    walk->index[axis] = 0;
    walk->place -= dims[axis] * strides[axis];
  }
}

/// Copies `count` elements between two strides, both in elements.
QR_INLINE void copy_row(int64_t element_bytes, int64_t count, const uint8_t *source,
                        int64_t source_stride, uint8_t *target, int64_t target_stride) {
  const size_t bytes = (size_t)element_bytes;
  if (source_stride == 1 && target_stride == 1) {
    memcpy(target, source, (size_t)count * bytes);
    return;
  }
  for (int64_t i = 0; i < count; ++i)
    memcpy(target + i * target_stride * element_bytes, source + i * source_stride * element_bytes,
           bytes);
}

static int64_t row_count(int64_t rank, const int64_t *dims) {
  int64_t rows = 1;
  for (int64_t axis = 0; axis + 1 < rank; ++axis) rows *= dims[axis];
  return rows;
}

void qr_copy_strided(int64_t element_bytes, int64_t rank, const int64_t *dims,
                     const uint8_t *source, int64_t origin, const int64_t *strides,
                     uint8_t *target) {
  const int64_t width = rank ? dims[rank - 1] : 1, step = rank ? strides[rank - 1] : 1;
  walk at = {.place = origin};
  for (int64_t rows = row_count(rank, dims); rows > 0; --rows) {
    const uint8_t *row = source + at.place * element_bytes;
    switch (element_bytes) {
    case 1:
      copy_row(1, width, row, step, target, 1);
      break;
    case 4:
      copy_row(4, width, row, step, target, 1);
      break;
    default:
      copy_row(element_bytes, width, row, step, target, 1);
    }
    target += width * element_bytes;
    next_row(&at, rank, dims, strides);
  }
}

void qr_scatter_strided(int64_t element_bytes, int64_t rank, const int64_t *dims,
                        const uint8_t *source, uint8_t *target, int64_t origin,
                        const int64_t *strides) {
  const int64_t width = rank ? dims[rank - 1] : 1, step = rank ? strides[rank - 1] : 1;
  walk at = {.place = origin};
  for (int64_t rows = row_count(rank, dims); rows > 0; --rows) {
    copy_row(element_bytes, width, source, 1, target + at.place * element_bytes, step);
    source += width * element_bytes;
    next_row(&at, rank, dims, strides);
  }
}

void qr_gather(int64_t element_bytes, int64_t outer, int64_t extent, int64_t inner, int64_t m,
               const uint8_t *x, const int64_t *indices, uint8_t *y) {
  const int64_t bytes = inner * element_bytes;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < m; ++i)
      memcpy(y + (o * m + i) * bytes, x + (o * extent + indices[i]) * bytes, (size_t)bytes);
}

void qr_select(int64_t element_bytes, int64_t n, const uint8_t *condition, const uint8_t *then,
               const uint8_t *otherwise, uint8_t *y) {
  const size_t bytes = (size_t)element_bytes;
  for (int64_t i = 0; i < n; ++i)
    memcpy(y + i * element_bytes, (condition[i] ? then : otherwise) + i * element_bytes, bytes);
}

void qr_lookup(int64_t n, const uint8_t *table, const uint8_t *x, uint8_t *y) {
  for (int64_t i = 0; i < n; ++i) y[i] = table[x[i]];
}

void qr_embedding(int64_t count, int64_t width, const uint8_t *table, bool is_signed,
                  const int64_t *rows, const float *scales, const int32_t *zero_points, float *y) {
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = 0; j < width; ++j) {
      const uint8_t byte = table[rows[i] * width + j];
      const int32_t q = is_signed ? (int8_t)byte : byte;
      y[i * width + j] = (float)(q - zero_points[i]) * scales[i];
    }
}

void qr_widen(int64_t element_bytes, bool is_signed, int64_t n, const uint8_t *x, int32_t *y) {
  if (element_bytes == 4) {
    memcpy(y, x, (size_t)n * 4);
    return;
  }
  const int32_t flip = is_signed ? (element_bytes == 1 ? 0x80 : 0x8000) : 0;
  if (element_bytes == 1)
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] ^ flip) - flip;
  else
    for (int64_t i = 0; i < n; ++i) y[i] = ((x[2 * i] | x[2 * i + 1] << 8) ^ flip) - flip;
}

void qr_narrow(int64_t element_bytes, int64_t n, const int32_t *x, uint8_t *y) {
  for (int64_t i = 0; i < n; ++i)
    for (int64_t byte = 0; byte < element_bytes; ++byte)
      y[i * element_bytes + byte] = (uint8_t)((uint32_t)x[i] >> (8 * byte));
}
