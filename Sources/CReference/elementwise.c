#include "functions.h"

#define QR_EACH(expression)                                                                        \
  for (int64_t i = 0; i < n; ++i) {                                                                \
    const float v = x[i];                                                                          \
    y[i] = (expression);                                                                           \
  }                                                                                                \
  break

QR_CLONES
void qr_unary_f32(const qr_constants *constants, qr_unary function, float alpha, float beta,
                  int64_t n, const float *restrict x, float *restrict y) {
  const qr_constants copy = *constants, *c = &copy;
  switch (function) {
  case QR_RELU:
    QR_EACH(v < 0.0f ? 0.0f : v);
  case QR_LEAKY_RELU:
    QR_EACH(v < 0.0f ? alpha * v : v);
  case QR_CLIP:
    QR_EACH(qr_clip(v, alpha, beta));
  case QR_SIGMOID:
    QR_EACH(qr_sigmoid(c, v));
  case QR_TANH:
    QR_EACH(qr_tanh(c, v));
  case QR_EXP:
    QR_EACH(qr_exp(c, v));
  case QR_LOG:
    QR_EACH(qr_log(c, v));
  case QR_SQRT:
    QR_EACH(__builtin_sqrtf(v));
  case QR_RECIPROCAL:
    QR_EACH(1.0f / v);
  case QR_NEG:
    QR_EACH(-v);
  case QR_ABS:
    QR_EACH(__builtin_fabsf(v));
  case QR_ERF:
    QR_EACH(qr_erf(c, v));
  case QR_FLOOR:
    QR_EACH(__builtin_floorf(v));
  case QR_CEIL:
    QR_EACH(__builtin_ceilf(v));
  case QR_ROUND:
    QR_EACH(qr_rne(v));
  case QR_SIGN:
    QR_EACH(v > 0.0f ? 1.0f : v < 0.0f ? -1.0f : v);
  case QR_SIN:
    QR_EACH(qr_circular(c, v, 0));
  case QR_COS:
    QR_EACH(qr_circular(c, v, 1));
  case QR_GELU:
    QR_EACH(qr_gelu(c, v));
  case QR_GELU_TANH:
    QR_EACH(qr_gelu_tanh(c, v));
  case QR_SILU:
    QR_EACH(v / (1.0f + qr_exp(c, -v)));
  case QR_HARD_SWISH:
    QR_EACH(v * qr_clip(qr_fma(v, 1.0f / 6.0f, 0.5f), 0.0f, 1.0f));
  case QR_HARD_SIGMOID:
    QR_EACH(qr_clip(qr_fma(alpha, v, beta), 0.0f, 1.0f));
  case QR_ELU:
    QR_EACH(v < 0.0f ? alpha * (qr_exp(c, v) - 1.0f) : v);
  case QR_SOFTPLUS:
    QR_EACH(qr_softplus(c, v));
  }
}

/// x to an integer power of magnitude at most 64, by binary powering from the low bit up.
static float integer_power(float x, int y) {
  float product = 1.0f, factor = x;
  bool is_first = true;
  for (int rest = y < 0 ? -y : y; rest > 0; rest >>= 1, factor *= factor) {
    if (!(rest & 1)) continue;
    product = is_first ? factor : product * factor;
    is_first = false;
  }
  return y < 0 ? 1.0f / product : product;
}

static float power(const qr_constants *c, float x, float y) {
  if (y == 0.5f) return __builtin_sqrtf(x);
  const bool is_integer = y == __builtin_truncf(y);
  if (is_integer && __builtin_fabsf(y) <= 64.0f) return integer_power(x, (int)y);
  if (x != x || y != y) return NAN;
  if (x == 1.0f) return 1.0f;
  if (x == 0.0f) return y > 0.0f ? 0.0f : INFINITY;
  if (x < 0.0f && !is_integer) return NAN;
  const float l = qr_log(c, __builtin_fabsf(x)), p = y * l, half = 0.5f * y;
  const float sign = x < 0.0f && half != __builtin_truncf(half) ? -1.0f : 1.0f;
  if (p > c->exp_upper) return sign * INFINITY;
  const float error = __builtin_fabsf(p) < INFINITY ? qr_fma(y, l, -p) : 0.0f;
  const float e = qr_exp(c, p);
  return sign * qr_fma(e, error, e);
}

QR_CLONES
void qr_rotary(int64_t rows, int64_t n, int64_t size, bool interleaved, const float *x,
               const float *cosines, const float *sines, float *restrict y) {
  const int64_t pairs = size / 2;
  for (int64_t row = 0; row < rows; ++row, x += n, y += n, cosines += pairs, sines += pairs) {
    for (int64_t i = 0; i < pairs; ++i) {
      const int64_t first = interleaved ? 2 * i : i, second = first + (interleaved ? 1 : pairs);
      const float a = x[first], b = x[second];
      const float kept_a = a * cosines[i], moved_b = b * sines[i];
      const float kept_b = b * cosines[i], moved_a = a * sines[i];
      y[first] = kept_a - moved_b;
      y[second] = kept_b + moved_a;
    }
    for (int64_t i = size; i < n; ++i) y[i] = x[i];
  }
}

#define QR_EACH_PAIR(expression)                                                                   \
  for (int64_t i = 0; i < n; ++i) {                                                                \
    const float a = lhs[i], b = rhs[i];                                                            \
    y[i] = (expression);                                                                           \
  }                                                                                                \
  break

QR_CLONES
void qr_binary_f32(const qr_constants *constants, qr_binary function, int64_t n,
                   const float *lhs, const float *rhs, float *restrict y) {
  switch (function) {
  case QR_ADD:
    QR_EACH_PAIR(a + b);
  case QR_SUB:
    QR_EACH_PAIR(a - b);
  case QR_MUL:
    QR_EACH_PAIR(a * b);
  case QR_DIV:
    QR_EACH_PAIR(a / b);
  case QR_POW:
    QR_EACH_PAIR(power(constants, a, b));
  case QR_MINIMUM:
    QR_EACH_PAIR(a < b ? a : b);
  case QR_MAXIMUM:
    QR_EACH_PAIR(a > b ? a : b);
  case QR_PRELU:
    QR_EACH_PAIR(a < 0.0f ? a * b : a);
  }
}
