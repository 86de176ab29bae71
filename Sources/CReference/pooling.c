#include <math.h>

#include "window.h"

/// Visits the taps on the image of every window in ascending order, outermost axis first. `begin`
/// and `end` run for each result; they see `result`, its index, and `taps`, those of its window.
/// `step` runs for each tap; it sees `source`, the tap's index in the operand.
#define QR_EACH_WINDOW(planes, window, begin, step, end)                                           \
  const int64_t positions = qr_volume((window)->output), size = qr_volume((window)->input);       \
  const int64_t *input = (window)->input, *dilation = (window)->dilation;                          \
  for (int64_t index = 0; index < positions; ++index) {                                            \
    const qr_taps taps = qr_taps_at(window, index);                                                \
    for (int64_t plane = 0; plane < (planes); ++plane) {                                           \
      const int64_t result = plane * positions + index;                                            \
      begin;                                                                                       \
      for (int64_t i = taps.first[0]; i < taps.last[0]; ++i)                                       \
        for (int64_t j = taps.first[1]; j < taps.last[1]; ++j) {                                   \
          const int64_t depth = taps.start[0] + i * dilation[0];                                   \
          const int64_t row = depth * input[1] + taps.start[1] + j * dilation[1];                  \
          const int64_t origin = plane * size + row * input[2] + taps.start[2];                    \
          for (int64_t k = taps.first[2]; k < taps.last[2]; ++k) {                                 \
            const int64_t source = origin + k * dilation[2];                                       \
            step;                                                                                  \
          }                                                                                        \
        }                                                                                          \
      end;                                                                                         \
    }                                                                                              \
  }

void qr_pool_sum_i32(int64_t planes, const qr_window *window, bool counts_pad, const int32_t *x,
                     int32_t zero_point, int32_t *acc, int32_t *counts) {
  QR_EACH_WINDOW(planes, window, int32_t sum = 0, sum += x[source] - zero_point, acc[result] = sum;
                 counts[result] = (int32_t)(counts_pad ? taps.on_padded : taps.on_image))
}

void qr_pool_average_f32(int64_t planes, const qr_window *window, bool counts_pad, const float *x,
                         float *y) {
  QR_EACH_WINDOW(planes, window, float sum = 0.0f, sum += x[source],
                 const int64_t count = counts_pad ? taps.on_padded : taps.on_image;
                 y[result] = count ? sum / (float)count : 0.0f)
}

#define QR_POOL_MAX(name, element, lowest)                                                         \
  void name(int64_t planes, const qr_window *window, const element *x, element *y) {               \
    QR_EACH_WINDOW(planes, window, element largest = lowest,                                       \
                   largest = x[source] > largest ? x[source] : largest, y[result] = largest)       \
  }

QR_POOL_MAX(qr_pool_max_f32, float, -INFINITY)
QR_POOL_MAX(qr_pool_max_f64, double, -(double)INFINITY)
QR_POOL_MAX(qr_pool_max_i64, int64_t, INT64_MIN)
QR_POOL_MAX(qr_pool_max_u8, uint8_t, 0)
QR_POOL_MAX(qr_pool_max_i8, int8_t, INT8_MIN)
QR_POOL_MAX(qr_pool_max_i16, int16_t, INT16_MIN)
