/// What calibration takes from a tensor: counts, extremes, histogram and sums per channel.
///
/// Everything here is exact, so the result does not depend on the order or the grouping of calls.

#ifndef QC_CALIBRATION_OBSERVE_H
#define QC_CALIBRATION_OBSERVE_H

#include <stddef.h>
#include <stdint.h>

/// Counters behind the bins of a histogram.
#define QC_CALIBRATION_REST 8

/// Counts and extremes of some values.
typedef struct qc_calibration_extent {
  /// Smallest and largest finite value, 0 never being negative; meaningless without one.
  float min;
  float max;
  uint64_t finite_count;
  /// Positive and negative zeros, which count as finite too.
  uint64_t zero_count;
  uint64_t nan_count;
  uint64_t infinity_count;
} qc_calibration_extent;

/// A signed 128-bit sum in units of 2^-48, as `high * 2^64 + low`.
typedef struct qc_calibration_sum {
  uint64_t low;
  int64_t high;
} qc_calibration_sum;

/// Statistics of each of `n` channels; every member points to one entry per channel.
typedef struct qc_calibration_channels {
  /// Smallest and largest finite value so far; +infinity and -infinity before the first.
  float *min;
  float *max;
  /// Each value rounded half to even to a unit after clamping to +-2^40; non-finite ones left out.
  qc_calibration_sum *sum;
  uint64_t *finite_count;
} qc_calibration_channels;

/// Counts and extremes of `values[0 ..< count]`.
void qc_calibration_measure(const float *values, size_t count, qc_calibration_extent *out);

/// Adds each finite value but zeros to `counts[floor(value * inverse_width) - lowest_bin]`.
///
/// `counts` has `bin_count + QC_CALIBRATION_REST` entries; the last ones take what is left out. Every
/// finite value must lie in the bins. `inverse_width` is a power of two.
void qc_calibration_count(const float *values, size_t count, double inverse_width,
                          int32_t lowest_bin, size_t bin_count, uint64_t *counts);

/// Adds values of layout `[outer, channel_count, inner]` to the statistics of their channels.
///
/// `is_plain` says that every value is finite and of magnitude below 2^16, which is faster.
void qc_calibration_add_channels(const float *values, size_t outer, size_t channel_count,
                                 size_t inner, int is_plain, const qc_calibration_channels *out);

#endif
