/// Reductions of a row: 16 interleaved lanes and a tree over them, or one chain.
#ifndef QR_LANES_H
#define QR_LANES_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "clones.h"

enum { QR_LANES = 16 };

/// Declares `float name(in_lanes, n, x, parameter)`. `step` joins the accumulator `a` with the
/// element `v`, `join` the lane `a` with the higher lane `b`.
#define QR_ROW_REDUCTION(name, start, step, join)                                                  \
  QR_INLINE float name(bool in_lanes, int64_t n, const float *x, float parameter) {                \
    (void)parameter;                                                                               \
    if (!in_lanes) {                                                                               \
      float a = start;                                                                             \
      for (int64_t i = 0; i < n; ++i) {                                                            \
        const float v = x[i];                                                                      \
        a = step;                                                                                  \
      }                                                                                            \
      return a;                                                                                    \
    }                                                                                              \
    float lanes[QR_LANES];                                                                         \
    for (int lane = 0; lane < QR_LANES; ++lane) lanes[lane] = start;                               \
    int64_t first = 0;                                                                             \
    for (; first + QR_LANES <= n; first += QR_LANES)                                               \
      for (int lane = 0; lane < QR_LANES; ++lane) {                                                \
        const float a = lanes[lane], v = x[first + lane];                                          \
        lanes[lane] = step;                                                                        \
      }                                                                                            \
    for (int64_t i = first; i < n; ++i) {                                                          \
      const float a = lanes[i - first], v = x[i];                                                  \
      lanes[i - first] = step;                                                                     \
    }                                                                                              \
    for (int width = QR_LANES / 2; width > 0; width /= 2)                                          \
      for (int lane = 0; lane < width; ++lane) {                                                   \
        const float a = lanes[lane], b = lanes[lane + width];                                      \
        lanes[lane] = join;                                                                        \
      }                                                                                            \
    return lanes[0];                                                                               \
  }

QR_ROW_REDUCTION(qr_row_sum, 0.0f, a + v, a + b)
QR_ROW_REDUCTION(qr_row_max, -INFINITY, v > a ? v : a, b > a ? b : a)
QR_ROW_REDUCTION(qr_row_min, INFINITY, v < a ? v : a, b < a ? b : a)
QR_ROW_REDUCTION(qr_row_product, 1.0f, a * v, a * b)
QR_ROW_REDUCTION(qr_row_squares, 0.0f, qr_fma(v, v, a), a + b)
QR_ROW_REDUCTION(qr_row_magnitudes, 0.0f, a + __builtin_fabsf(v), a + b)
/// Sum of the squares of x - parameter.
QR_ROW_REDUCTION(qr_row_deviation, 0.0f, qr_fma(v - parameter, v - parameter, a), a + b)

#endif
