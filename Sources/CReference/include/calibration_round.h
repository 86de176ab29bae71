/// What calibration does to measure the cost of rounding: a value as 8-bit integers would hold it, and
/// distances.
///
/// Sums are made in double, in the order of the elements.

#ifndef QC_CALIBRATION_ROUND_H
#define QC_CALIBRATION_ROUND_H

#include <stddef.h>

/// Squares that were summed.
typedef struct qc_calibration_squares {
  /// Of the differences.
  double error;
  /// Of the first values.
  double energy;
} qc_calibration_squares;

/// Writes `rne(clamp(value / scale, low, high)) * scale` to `rounded`, for finite values.
///
/// `low` and `high` are the bounds of the integers less the zero point, of magnitude at most 2^16.
void qc_calibration_round(const float *values, size_t count, float scale, float low, float high,
                          float *rounded);

/// Compares `changed[0 ..< count]` with `values`.
qc_calibration_squares qc_calibration_compare(const float *values, const float *changed,
                                              size_t count);

#endif
