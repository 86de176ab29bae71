#include "CReference.h"
#include "lanes.h"

QR_CLONES
void qr_reduce_f32(qr_reduction kind, bool in_lanes, int64_t rows, int64_t n, const float *x,
                   float *y) {
  for (int64_t row = 0; row < rows; ++row, x += n) {
    switch (kind) {
    case QR_SUM:
      y[row] = qr_row_sum(in_lanes, n, x, 0);
      break;
    case QR_MEAN:
      y[row] = qr_row_sum(in_lanes, n, x, 0) / (float)n;
      break;
    case QR_MAX:
      y[row] = qr_row_max(in_lanes, n, x, 0);
      break;
    case QR_MIN:
      y[row] = qr_row_min(in_lanes, n, x, 0);
      break;
    case QR_PRODUCT:
      y[row] = qr_row_product(in_lanes, n, x, 0);
      break;
    case QR_SUM_OF_SQUARES:
      y[row] = qr_row_squares(in_lanes, n, x, 0);
      break;
    case QR_L1:
      y[row] = qr_row_magnitudes(in_lanes, n, x, 0);
      break;
    case QR_L2:
      y[row] = __builtin_sqrtf(qr_row_squares(in_lanes, n, x, 0));
      break;
    }
  }
}
