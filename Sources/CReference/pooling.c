#include <math.h>

#include "window.h"

/// Visits the taps of every window in ascending order, outermost axis first. The body sees
/// `source`, the operand's plane, `offset`, the tap's place in it, and `result`, the result's index.
/// `on_padding` runs for taps beside the image.
#define QR_EACH_WINDOW(planes, window, begin, on_image, on_padding, end)                           \
  const int64_t taps = qr_volume((window)->kernel), positions = qr_volume((window)->output);       \
  const int64_t plane_size = qr_volume((window)->input);                                           \
  for (int64_t index = 0; index < positions; ++index) {                                            \
    int64_t position[3], tap[3];                                                                   \
    qr_coordinates(index, (window)->output, position);                                             \
    for (int64_t plane = 0; plane < (planes); ++plane) {                                           \
      const int64_t result = plane * positions + index;                                            \
      begin;                                                                                       \
      for (int64_t t = 0; t < taps; ++t) {                                                         \
        qr_coordinates(t, (window)->kernel, tap);                                                  \
        const int64_t offset = qr_tap_offset(window, position, tap);                               \
        if (offset >= 0) {                                                                         \
          const int64_t source = plane * plane_size + offset;                                      \
          on_image;                                                                                \
        } else {                                                                                   \
          on_padding;                                                                              \
        }                                                                                          \
      }                                                                                            \
      end;                                                                                         \
    }                                                                                              \
  }

/// 1 where a tap beside the image is counted.
QR_INLINE int32_t counted(bool counts_pad, const qr_window *window, const int64_t position[3],
                          const int64_t tap[3]) {
  return counts_pad && qr_tap_on_padded_image(window, position, tap) ? 1 : 0;
}

void qr_pool_sum_i32(int64_t planes, const qr_window *window, bool counts_pad, const uint8_t *x,
                     bool x_signed, int32_t zero_point, int32_t *acc, int32_t *counts) {
  const int32_t flip = x_signed ? 0x80 : 0;
  QR_EACH_WINDOW(planes, window, int32_t sum = 0; int32_t count = 0,
                 sum += (x[source] ^ flip) - flip - zero_point;
                 ++count, count += counted(counts_pad, window, position, tap), acc[result] = sum;
                 counts[result] = count)
}

void qr_pool_average_f32(int64_t planes, const qr_window *window, bool counts_pad, const float *x,
                         float *y) {
  QR_EACH_WINDOW(planes, window, float sum = 0.0f; int32_t count = 0, sum += x[source];
                 ++count, count += counted(counts_pad, window, position, tap),
                 y[result] = count ? sum / (float)count : 0.0f)
}

#define QR_POOL_MAX(name, element, lowest)                                                         \
  void name(int64_t planes, const qr_window *window, const element *x, element *y) {               \
    QR_EACH_WINDOW(planes, window, element largest = lowest,                                       \
                   largest = x[source] > largest ? x[source] : largest, (void)0,                   \
                   y[result] = largest)                                                            \
  }

QR_POOL_MAX(qr_pool_max_f32, float, -INFINITY)
QR_POOL_MAX(qr_pool_max_f64, double, -(double)INFINITY)
QR_POOL_MAX(qr_pool_max_i64, int64_t, INT64_MIN)
QR_POOL_MAX(qr_pool_max_u8, uint8_t, 0)
QR_POOL_MAX(qr_pool_max_i8, int8_t, INT8_MIN)
