/// The functions of one element, written without branches so that loops over them vectorize.
#ifndef QR_FUNCTIONS_H
#define QR_FUNCTIONS_H

#include <math.h>
#include <string.h>

#include "CReference.h"
#include "clones.h"

QR_INLINE uint32_t qr_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

QR_INLINE float qr_from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/// First the lower bound, then the upper one; NaN stays, a NaN bound does not bind.
QR_INLINE float qr_clip(float x, float lower, float upper) {
  x = x < lower ? lower : x;
  return x > upper ? upper : x;
}

/// Horner's scheme, highest power first.
QR_INLINE float qr_polynomial(const float *coefficients, int count, float x) {
  float value = coefficients[0];
  for (int i = 1; i < count; ++i) value = qr_fma(value, x, coefficients[i]);
  return value;
}

QR_INLINE float qr_exp(const qr_constants *c, float x) {
  const float bounded = qr_clip(x, c->exp_lower, c->exp_upper);
  const float t = qr_fma(bounded, c->log2e, c->magic);
  const float n = t - c->magic;
  float r = qr_fma(n, -c->ln2_high, bounded);
  r = qr_fma(n, -c->ln2_low, r);
  const float p = qr_polynomial(c->exp_polynomial, 7, r);
  float y = qr_from_bits(qr_bits(p) + (qr_bits(t) << 23));
  y = x < c->exp_lower ? 0.0f : y;
  return x == x ? y : x;
}

QR_INLINE float qr_log(const qr_constants *c, float x) {
  const bool is_small = x < 0x1p-126f;
  const float scaled = is_small ? x * 0x1p+24f : x;
  const int32_t exponent = (int32_t)(qr_bits(scaled) - 0x3f3504f3u) >> 23;
  const float f = qr_from_bits(qr_bits(scaled) - ((uint32_t)exponent << 23)) - 1.0f;
  const float e = (float)(is_small ? exponent - 24 : exponent);
  const float f2 = f * f;
  float y = f2 * (f * qr_polynomial(c->log_polynomial, 8, f));
  y = qr_fma(e, c->ln2_low, y);
  y = qr_fma(-0.5f, f2, y);
  y = f + y;
  y = qr_fma(e, c->ln2_high, y);
  y = x < INFINITY ? y : INFINITY;
  y = x > 0.0f ? y : NAN;
  return x == 0.0f ? -INFINITY : y;
}

QR_INLINE float qr_sigmoid(const qr_constants *c, float x) { return 1.0f / (1.0f + qr_exp(c, -x)); }

QR_INLINE float qr_tanh(const qr_constants *c, float x) {
  const float bounded = qr_clip(x, -c->tanh_bound, c->tanh_bound), u = bounded * bounded;
  const float p = bounded * qr_polynomial(c->tanh_numerator, 5, u);
  return qr_clip(p / qr_polynomial(c->tanh_denominator, 5, u), -1.0f, 1.0f);
}

QR_INLINE float qr_erf(const qr_constants *c, float x) {
  const float bounded = qr_clip(x, -c->erf_bound, c->erf_bound), u = bounded * bounded;
  const float p = bounded * qr_polynomial(c->erf_numerator, 6, u);
  return qr_clip(p / qr_polynomial(c->erf_denominator, 6, u), -1.0f, 1.0f);
}

/// sin(x + quarter_turns * pi / 2).
QR_INLINE float qr_circular(const qr_constants *c, float x, uint32_t quarter_turns) {
  const float bounded = qr_clip(x, -c->circle_bound, c->circle_bound);
  const float t = qr_fma(bounded, c->two_over_pi, c->magic);
  const float n = t - c->magic;
  float r = qr_fma(n, -c->half_pi[0], bounded);
  r = qr_fma(n, -c->half_pi[1], r);
  r = qr_fma(n, -c->half_pi[2], r);
  const float r2 = r * r;
  const float even = qr_fma(r2 * r, qr_polynomial(c->sin_polynomial, 3, r2), r);
  const float odd = qr_fma(r2 * r2, qr_polynomial(c->cos_polynomial, 3, r2),
                           qr_fma(-0.5f, r2, 1.0f));
  const uint32_t quadrant = qr_bits(t) + quarter_turns;
  float y = quadrant & 1 ? odd : even;
  y = quadrant & 2 ? -y : y;
  return __builtin_fabsf(x) < INFINITY ? y : NAN;
}

QR_INLINE float qr_gelu(const qr_constants *c, float x) {
  const float half = 0.5f * x;
  return qr_fma(half, qr_erf(c, x * c->sqrt_half), half);
}

QR_INLINE float qr_gelu_tanh(const qr_constants *c, float x) {
  const float half = 0.5f * x;
  const float inner = x * qr_fma(x * x, c->gelu_cubic, c->gelu_linear);
  return qr_fma(half, qr_tanh(c, inner), half);
}

QR_INLINE float qr_softplus(const qr_constants *c, float x) {
  return (x < 0.0f ? 0.0f : x) + qr_log(c, 1.0f + qr_exp(c, -__builtin_fabsf(x)));
}

#endif
