#include "functions.h"
#include "lanes.h"

QR_CLONES
void qr_softmax(const qr_constants *constants, bool is_log, bool in_lanes, int64_t rows, int64_t n,
                const float *x, float *y) {
  const qr_constants copy = *constants, *c = &copy;
  for (int64_t row = 0; row < rows; ++row, x += n, y += n) {
    const float largest = qr_row_max(in_lanes, n, x, 0);
    for (int64_t i = 0; i < n; ++i) y[i] = qr_exp(c, x[i] - largest);
    const float sum = qr_row_sum(in_lanes, n, y, 0);
    if (is_log) {
      const float logarithm = qr_log(c, sum);
      for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - largest) - logarithm;
    } else {
      const float inverse = 1.0f / sum;
      for (int64_t i = 0; i < n; ++i) y[i] = y[i] * inverse;
    }
  }
}

QR_CLONES
void qr_exponential_bytes(const qr_constants *constants, int64_t rows, int64_t n, const float *x,
                          uint8_t *p, int32_t *sums) {
  const qr_constants copy = *constants, *c = &copy;
  for (int64_t row = 0; row < rows; ++row, x += n, p += n) {
    const float largest = qr_row_max(true, n, x, 0);
    int32_t sum = 0;
    for (int64_t i = 0; i < n; ++i) {
      float t = qr_exp(c, x[i] - largest) * 255.0f;
      t = t > 0.0f ? t : 0.0f;
      t = t < 255.0f ? t : 255.0f;
      p[i] = (uint8_t)qr_rne(t);
      sum += p[i];
    }
    sums[row] = sum;
  }
}

QR_CLONES
void qr_layer_norm(int64_t rows, int64_t n, float epsilon, const float *x, const float *scale,
                   const float *bias, float *y) {
  for (int64_t row = 0; row < rows; ++row, x += n, y += n) {
    const float mean = qr_row_sum(true, n, x, 0) / (float)n;
    const float variance = qr_row_deviation(true, n, x, mean) / (float)n;
    const float inverse = 1.0f / __builtin_sqrtf(variance + epsilon);
    for (int64_t i = 0; i < n; ++i) {
      const float normal = (x[i] - mean) * inverse;
      y[i] = bias ? qr_fma(normal, scale[i], bias[i]) : normal * scale[i];
    }
  }
}

QR_CLONES
void qr_rms_norm(int64_t rows, int64_t n, float epsilon, const float *x, const float *scale,
                 float *y) {
  for (int64_t row = 0; row < rows; ++row, x += n, y += n) {
    const float square = qr_row_squares(true, n, x, 0) / (float)n;
    const float inverse = 1.0f / __builtin_sqrtf(square + epsilon);
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] * inverse) * scale[i];
  }
}

QR_CLONES
void qr_batch_norm(int64_t outer, int64_t channels, int64_t inner, float epsilon, const float *x,
                   const float *scale, const float *bias, const float *mean, const float *variance,
                   float *y) {
  for (int64_t o = 0; o < outer * channels; ++o) {
    const int64_t c = o % channels;
    const float multiplier = scale[c] / __builtin_sqrtf(variance[c] + epsilon);
    for (int64_t i = o * inner; i < (o + 1) * inner; ++i)
      y[i] = qr_fma(x[i] - mean[c], multiplier, bias[c]);
  }
}
