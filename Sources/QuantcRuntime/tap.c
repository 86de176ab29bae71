/// Copying tapped values out of their physical layout, and back into it.

#include <string.h>

#include "plan.h"
#include "quantc_runtime.h"

/// One loop of a copy; strides in bytes.
typedef struct axis {
  int64_t extent;
  int64_t from;
  int64_t to;
} axis;

enum { TILE = 16 };

/// The axes of more than one element, those that lie alike on both sides joined, outermost first.
static uint32_t collect_axes(const qc_tap *tap, size_t size, axis axes[QC_MAX_RANK]) {
  int64_t to = (int64_t)size;
  uint32_t count = 0;
  for (uint32_t i = tap->type.rank; i-- > 0;) {
    const int64_t extent = tap->type.extents[i];
    if (extent > 1) {
      if (count > 0 && tap->strides[i] == axes[count - 1].from * axes[count - 1].extent) {
        axes[count - 1].extent *= extent;
      } else {
        axes[count++] = (axis){.extent = extent, .from = tap->strides[i], .to = to};
      }
    }
    to *= extent;
  }
  for (uint32_t i = 0; i < count / 2; ++i) {
    const axis outer = axes[i];
    axes[i] = axes[count - 1 - i];
    axes[count - 1 - i] = outer;
  }
  return count;
}

/// Copies bytes between a value in its layout and its row-major copy.
static inline void move(uint8_t *plain, uint8_t *tapped, size_t size, int replaces) {
  if (replaces)
    memcpy(tapped, plain, size);
  else
    memcpy(plain, tapped, size);
}

/// Copies single elements that lie `step` bytes apart in the value, side by side in its copy.
static inline void move_spread(uint8_t *plain, uint8_t *tapped, int64_t step, int64_t count,
                               size_t size, int replaces) {
  for (int64_t i = 0; i < count; ++i, plain += size, tapped += step) {
    if (size == 4)
      move(plain, tapped, 4, replaces);
    else if (size == 1)
      move(plain, tapped, 1, replaces);
    else
      move(plain, tapped, size, replaces);
  }
}

/// Copies two axes of elements of 4 bytes: `columns` lie side by side in the value, `rows` in its
/// copy.
static inline void move_transposed(uint8_t *plain, uint8_t *tapped, const axis *columns,
                                   const axis *rows, int replaces) {
  for (int64_t column = 0; column < columns->extent; column += TILE) {
    const int64_t width = columns->extent - column < TILE ? columns->extent - column : TILE;
    for (int64_t row = 0; row < rows->extent; row += TILE) {
      const int64_t height = rows->extent - row < TILE ? rows->extent - row : TILE;
      uint8_t *const from = tapped + column * 4 + row * rows->from;
      uint8_t *const to = plain + column * columns->to + row * 4;
      for (int64_t c = 0; c < width; ++c)
        for (int64_t r = 0; r < height; ++r)
          move(to + c * columns->to + r * 4, from + c * 4 + r * rows->from, 4, replaces);
    }
  }
}

/// Copies a value to `plain`, or `plain` to the value.
static inline void move_value(const qc_tap *tap, uint8_t *tapped, uint8_t *plain, int replaces) {
  if (tap->type.byte_count == 0)
    return;
  const size_t size = qc_element_bits(tap->type.element) / 8;
  axis axes[QC_MAX_RANK] = {{0}};
  uint32_t count = collect_axes(tap, size, axes);
  // The innermost loops: of bytes that lie alike, of a transpose, or of single elements.
  size_t run = size;
  axis rows = {.extent = 1}, columns = {.extent = 1};
  if (count > 0 && axes[count - 1].from == (int64_t)size) {
    run = size * (size_t)axes[--count].extent;
  } else if (count > 0) {
    rows = axes[--count];
    for (uint32_t i = 0; size == 4 && columns.extent == 1 && i < count; ++i) {
      if (axes[i].from != 4)
        continue;
      columns = axes[i];
      memmove(&axes[i], &axes[i + 1], (--count - i) * sizeof *axes);
    }
  }
  int64_t position[QC_MAX_RANK] = {0};
  for (;;) {
    if (columns.extent > 1)
      move_transposed(plain, tapped, &columns, &rows, replaces);
    else if (rows.extent > 1)
      move_spread(plain, tapped, rows.from, rows.extent, size, replaces);
    else
      move(plain, tapped, run, replaces);
    uint32_t i = count;
    while (i > 0) {
      --i;
      tapped += axes[i].from;
      plain += axes[i].to;
      if (++position[i] < axes[i].extent)
        break;
      tapped -= axes[i].from * axes[i].extent;
      plain -= axes[i].to * axes[i].extent;
      position[i] = 0;
      if (i == 0)
        return;
    }
    if (count == 0)
      return;
  }
}

void qc_tap_copy(const qc_tap *tap, const void *first, void *to) {
  move_value(tap, (uint8_t *)(uintptr_t)first, to, 0);
}

void qc_tap_replace(const qc_tap *tap, const void *first, const void *from) {
  move_value(tap, (uint8_t *)(uintptr_t)first, (uint8_t *)(uintptr_t)from, 1);
}
