#include "CReference.h"
#include "clones.h"

/// rne(clamp(t)) + zero point; NaN gives the lower bound. The bounds lie within 2^24, so that
/// every step is exact.
QR_INLINE int32_t store_steps(float t, qr_store store) {
  const float low = (float)(store.low - store.zero_point);
  const float high = (float)(store.high - store.zero_point);
  t = t > low ? t : low;
  t = t < high ? t : high;
  return (int32_t)qr_rne(t) + store.zero_point;
}

/// The accumulator rescaled, and the residual added by one fma.
QR_INLINE float rescale(int32_t acc, float multiplier, qr_residual residual, int64_t i) {
  const float t = (float)acc * multiplier;
  if (!residual.values) return t;
  return qr_fma((float)(residual.values[i] - residual.zero_point), residual.multiplier, t);
}

QR_CLONES
void qr_requantize(int64_t outer, int64_t channels, int64_t inner, const int32_t *acc,
                   const float *multipliers, qr_residual residual, qr_store store, int32_t *y) {
  for (int64_t o = 0; o < outer * channels; ++o) {
    const float multiplier = multipliers[o % channels];
    for (int64_t i = o * inner; i < (o + 1) * inner; ++i)
      y[i] = store_steps(rescale(acc[i], multiplier, residual, i), store);
  }
}

QR_CLONES
void qr_scale_to_f32(int64_t outer, int64_t channels, int64_t inner, const int32_t *acc,
                     const float *multipliers, qr_residual residual, float lower, float upper,
                     float *y) {
  for (int64_t o = 0; o < outer * channels; ++o) {
    const float multiplier = multipliers[o % channels];
    for (int64_t i = o * inner; i < (o + 1) * inner; ++i) {
      float t = rescale(acc[i], multiplier, residual, i);
      t = t < lower ? lower : t;
      y[i] = t > upper ? upper : t;
    }
  }
}

QR_CLONES
void qr_quantized_sum(int64_t n, const int32_t *lhs, int32_t lhs_zero_point, float lhs_multiplier,
                      const int32_t *rhs, int32_t rhs_zero_point, float rhs_multiplier, float *t) {
  for (int64_t i = 0; i < n; ++i) {
    const float first = (float)(lhs[i] - lhs_zero_point) * lhs_multiplier;
    t[i] = qr_fma((float)(rhs[i] - rhs_zero_point), rhs_multiplier, first);
  }
}

QR_CLONES
void qr_quantized_product(int64_t n, const int32_t *lhs, int32_t lhs_zero_point,
                          const int32_t *rhs, int32_t rhs_zero_point, int32_t *acc) {
  for (int64_t i = 0; i < n; ++i)
    acc[i] = (lhs[i] - lhs_zero_point) * (rhs[i] - rhs_zero_point);
}

QR_CLONES
void qr_store_steps(int64_t n, const float *t, qr_store store, int32_t *y) {
  for (int64_t i = 0; i < n; ++i) y[i] = store_steps(t[i], store);
}

/// As store_steps, for bounds of up to 32 bits.
QR_INLINE int32_t store_wide(float t, qr_store store) {
  const float low = (float)((int64_t)store.low - store.zero_point);
  const float high = (float)((int64_t)store.high - store.zero_point);
  t = t > low ? t : low;
  t = t < high ? t : high;
  const int64_t stored = (int64_t)qr_rne(t) + store.zero_point;
  return (int32_t)(stored < INT32_MIN ? INT32_MIN : stored > INT32_MAX ? INT32_MAX : stored);
}

QR_CLONES
void qr_quantize(int64_t outer, int64_t channels, int64_t inner, const float *x,
                 const float *scales, const qr_store *stores, int32_t *q) {
  for (int64_t o = 0; o < outer * channels; ++o) {
    const float scale = scales[o % channels];
    const qr_store store = stores[o % channels];
    const bool is_narrow = store.low > -(1 << 22) && store.high < 1 << 22;
    if (is_narrow) {
      for (int64_t i = o * inner; i < (o + 1) * inner; ++i) q[i] = store_steps(x[i] / scale, store);
    } else {
      for (int64_t i = o * inner; i < (o + 1) * inner; ++i) q[i] = store_wide(x[i] / scale, store);
    }
  }
}

QR_CLONES
void qr_dequantize(int64_t outer, int64_t channels, int64_t inner, const int32_t *q,
                   const float *scales, const int32_t *zero_points, float *y) {
  for (int64_t o = 0; o < outer * channels; ++o) {
    const float scale = scales[o % channels];
    const int64_t zero = zero_points[o % channels];
    for (int64_t i = o * inner; i < (o + 1) * inner; ++i) y[i] = (float)(q[i] - zero) * scale;
  }
}
