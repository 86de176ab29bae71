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

/// Whether the tap falls on the image or its padding (a last window may hang over both).
QR_INLINE bool qr_tap_on_padded_image(const qr_window *window, const int64_t position[3],
                                      const int64_t tap[3]) {
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t at = position[axis] * window->stride[axis] + tap[axis] * window->dilation[axis];
    if (at >= window->pad[axis] + window->input[axis] + window->pad_end[axis]) return false;
  }
  return true;
}

#endif
