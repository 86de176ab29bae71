#include "CReference.h"
#include "clones.h"

QR_CLONES
void qr_interpolate(int64_t outer, int64_t n, int64_t inner, int64_t m, int64_t taps,
                    const int64_t *positions, const float *weights, const float *x, float *y) {
  for (int64_t o = 0; o < outer; ++o, x += n * inner)
    for (int64_t i = 0; i < m; ++i, y += inner)
      for (int64_t j = 0; j < inner; ++j) {
        float sum = 0.0f;
        for (int64_t t = i * taps; t < (i + 1) * taps; ++t)
          sum = qr_fma(x[positions[t] * inner + j], weights[t], sum);
        y[j] = sum;
      }
}

QR_CLONES
void qr_interpolate_linear(int64_t outer, int64_t n, int64_t inner, int64_t m, const int64_t *low,
                           const int64_t *high, const float *fractions, const float *x, float *y) {
  for (int64_t o = 0; o < outer; ++o, x += n * inner)
    for (int64_t i = 0; i < m; ++i, y += inner) {
      const float *first = x + low[i] * inner, *second = x + high[i] * inner;
      for (int64_t j = 0; j < inner; ++j)
        y[j] = qr_fma(fractions[i], second[j] - first[j], first[j]);
    }
}
