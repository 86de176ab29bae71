/// Where the taps of a window fall.
#ifndef QR_WINDOW_H
#define QR_WINDOW_H

#include "CReference.h"
#include "clones.h"

QR_INLINE int64_t qr_volume(const int64_t extents[3]) {
  return extents[0] * extents[1] * extents[2];
}

/// The row-major coordinates of element `index` of an array of the given extents.
QR_INLINE void qr_coordinates(int64_t index, const int64_t extents[3], int64_t at[3]) {
  at[2] = index % extents[2];
  at[1] = index / extents[2] % extents[1];
  at[0] = index / (extents[2] * extents[1]);
}

/// The offset in the operand of tap `tap` at position `position`, or -1 on padding.
QR_INLINE int64_t qr_tap_offset(const qr_window *window, const int64_t position[3],
                                const int64_t tap[3]) {
  int64_t offset = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t at = position[axis] * window->stride[axis] + tap[axis] * window->dilation[axis] -
                       window->pad[axis];
    if (at < 0 || at >= window->input[axis]) return -1;
    offset = offset * window->input[axis] + at;
  }
  return offset;
}

/// The taps of one position: along each axis those in first ..< last fall on the image.
typedef struct {
  int64_t first[3], last[3];
  int64_t start[3]; ///< where tap 0 falls, negative on the padding in front
  int64_t on_image; ///< how many fall on the image
  int64_t on_padded; ///< how many fall on the image or its padding
} qr_taps;

QR_INLINE qr_taps qr_taps_at(const qr_window *window, int64_t index) {
  qr_taps taps = {.on_image = 1, .on_padded = 1};
  int64_t position[3];
  qr_coordinates(index, window->output, position);
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t extent = window->input[axis], step = window->dilation[axis];
    const int64_t start = position[axis] * window->stride[axis] - window->pad[axis];
    int64_t first = 0, last = 0, padded = 0;
    while (first < window->kernel[axis] && start + first * step < 0) ++first;
    for (last = first; last < window->kernel[axis] && start + last * step < extent;) ++last;
    for (padded = last; padded < window->kernel[axis];) {
      if (start + padded * step >= extent + window->pad_end[axis]) break;
      ++padded;
    }
    taps.first[axis] = first;
    taps.last[axis] = last;
    taps.start[axis] = start;
    taps.on_image *= last - first;
    taps.on_padded *= padded;
  }
  return taps;
}

#endif
