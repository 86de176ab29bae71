#include "calibration_observe.h"

#include <math.h>
#include <string.h>

#include "clones.h"

/// Values counted with 32-bit counters before they are added up.
#define BLOCK 4096
/// Channels that are summed side by side.
#define LANES 32
/// Values of one channel that are summed in doubles; more could lose a bit.
#define EXACT_LIMIT ((size_t)1 << 20)
/// Adding and subtracting it rounds a double below 2^51 half to even.
#define ROUNDER 0x1.8p52

QR_INLINE uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// An integer that orders as the finite float does.
QR_INLINE int32_t key_of(uint32_t bits) {
  return (int32_t)(bits ^ ((uint32_t)((int32_t)bits >> 31) & 0x7fffffffu));
}

/// The float of a key, negative zero becoming zero.
QR_INLINE float value_of(int32_t key) {
  uint32_t bits = (uint32_t)key ^ ((uint32_t)(key >> 31) & 0x7fffffffu);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value == 0 ? 0.0f : value;
}

QR_CLONES
void qc_calibration_measure(const float *values, size_t count, qc_calibration_extent *out) {
  int32_t low = INT32_MAX, high = INT32_MIN;
  uint64_t zeros = 0, nans = 0, infinities = 0;
  for (size_t start = 0; start < count; start += BLOCK) {
    size_t end = count - start < BLOCK ? count : start + BLOCK;
    uint32_t zero = 0, nan = 0, infinity = 0;
    for (size_t i = start; i < end; ++i) {
      uint32_t bits = bits_of(values[i]);
      int32_t magnitude = (int32_t)(bits & 0x7fffffffu);
      int32_t key = key_of(bits);
      int32_t below = magnitude < 0x7f800000 ? key : INT32_MAX;
      int32_t above = magnitude < 0x7f800000 ? key : INT32_MIN;
      low = below < low ? below : low;
      high = above > high ? above : high;
      zero += magnitude == 0;
      infinity += magnitude == 0x7f800000;
      nan += magnitude > 0x7f800000;
    }
    zeros += zero;
    nans += nan;
    infinities += infinity;
  }
  out->zero_count = zeros;
  out->nan_count = nans;
  out->infinity_count = infinities;
  out->finite_count = count - nans - infinities;
  out->min = out->finite_count > 0 ? value_of(low) : 0.0f;
  out->max = out->finite_count > 0 ? value_of(high) : 0.0f;
}

QR_CLONES
void qc_calibration_count(const float *values, size_t count, double inverse_width,
                          int32_t lowest_bin, size_t bin_count, uint64_t *counts) {
  uint32_t bins[256];
  for (size_t start = 0; start < count; start += 256) {
    size_t length = count - start < 256 ? count - start : 256;
    for (size_t i = 0; i < length; ++i) {
      float value = values[start + i];
      int32_t magnitude = (int32_t)(bits_of(value) & 0x7fffffffu);
      int counted = magnitude != 0 && magnitude < 0x7f800000;
      double scaled = (counted ? (double)value : 0.0) * inverse_width;
      int32_t bin = (int32_t)scaled;
      bin -= scaled < (double)bin;
      // What is left out does not wait for the count of its neighbour.
      bins[i] = counted ? (uint32_t)(bin - lowest_bin)
                        : (uint32_t)bin_count + (uint32_t)i % QC_CALIBRATION_REST;
    }
    for (size_t i = 0; i < length; ++i) counts[bins[i]] += 1;
  }
}

QR_INLINE void add_to_sum(qc_calibration_sum *sum, __int128 amount) {
  unsigned __int128 total =
      ((unsigned __int128)(uint64_t)sum->high << 64 | sum->low) + (unsigned __int128)amount;
  sum->low = (uint64_t)total;
  sum->high = (int64_t)(uint64_t)(total >> 64);
}

/// A finite value in units of 2^-48, clamped to +-2^40.
QR_INLINE __int128 units_of(float value) {
  double clamped = fmax(fmin((double)value, 0x1p40), -0x1p40);
  if (clamped < 8 && clamped > -8) {
    return (__int128)(int64_t)((clamped * 0x1p48 + ROUNDER) - ROUNDER);
  }
  // Such a value is a multiple of a unit: 2^16 times it and the rest are integers.
  int64_t high = (int64_t)(clamped * 0x1p16);
  int64_t low = (int64_t)(clamped * 0x1p48 - (double)high * 0x1p32);
  return ((__int128)high * ((__int128)1 << 32)) + low;
}

QR_INLINE void add_one(float value, size_t channel, const qc_calibration_channels *out) {
  if (!isfinite(value)) return;
  float shown = value == 0 ? 0.0f : value;
  if (shown < out->min[channel]) out->min[channel] = shown;
  if (shown > out->max[channel]) out->max[channel] = shown;
  out->finite_count[channel] += 1;
  add_to_sum(&out->sum[channel], units_of(value));
}

/// Gathers the values of up to `LANES` channels, or of one channel in as many lanes.
typedef struct lane_sums {
  int32_t min[LANES];
  int32_t max[LANES];
  double high[LANES];
  double low[LANES];
} lane_sums;

QR_INLINE void reset(lane_sums *lanes) {
  for (size_t lane = 0; lane < LANES; ++lane) {
    lanes->min[lane] = INT32_MAX;
    lanes->max[lane] = INT32_MIN;
    lanes->high[lane] = 0;
    lanes->low[lane] = 0;
  }
}

/// Adds `values[0 ..< width]`, one to each lane. The value is split into multiples of 2^-16 and a
/// rest in units, both integers, whose sums stay exact.
QR_INLINE void add_row(lane_sums *lanes, const float *values, size_t width) {
  for (size_t lane = 0; lane < width; ++lane) {
    double value = values[lane];
    double high = (value * 0x1p16 + ROUNDER) - ROUNDER;
    double low = value * 0x1p48 - high * 0x1p32;
    int32_t key = key_of(bits_of(values[lane]));
    lanes->high[lane] += high;
    lanes->low[lane] += (low + ROUNDER) - ROUNDER;
    lanes->min[lane] = key < lanes->min[lane] ? key : lanes->min[lane];
    lanes->max[lane] = key > lanes->max[lane] ? key : lanes->max[lane];
  }
}

QR_INLINE void flush(const lane_sums *lanes, size_t lane, size_t count, size_t channel,
                  const qc_calibration_channels *out) {
  if (lanes->min[lane] > lanes->max[lane]) return;
  float min = value_of(lanes->min[lane]);
  float max = value_of(lanes->max[lane]);
  if (min < out->min[channel]) out->min[channel] = min;
  if (max > out->max[channel]) out->max[channel] = max;
  out->finite_count[channel] += count;
  add_to_sum(&out->sum[channel], (__int128)(int64_t)lanes->high[lane] * ((__int128)1 << 32) +
                                     (int64_t)lanes->low[lane]);
}

/// Channels lie side by side: `[outer, channel_count]`.
QR_INLINE void add_interleaved(const float *values, size_t outer, size_t channel_count,
                            const qc_calibration_channels *out) {
  lane_sums lanes;
  for (size_t channel = 0; channel < channel_count; channel += LANES) {
    size_t width = channel_count - channel < LANES ? channel_count - channel : LANES;
    for (size_t start = 0; start < outer; start += EXACT_LIMIT) {
      size_t end = outer - start < EXACT_LIMIT ? outer : start + EXACT_LIMIT;
      reset(&lanes);
      for (size_t row = start; row < end; ++row) {
        add_row(&lanes, values + row * channel_count + channel, width);
      }
      for (size_t lane = 0; lane < width; ++lane) {
        flush(&lanes, lane, end - start, channel + lane, out);
      }
    }
  }
}

/// One run of a channel's values.
QR_INLINE void add_run(const float *values, size_t count, size_t channel,
                    const qc_calibration_channels *out) {
  lane_sums lanes;
  for (size_t start = 0; start < count; start += EXACT_LIMIT) {
    size_t end = count - start < EXACT_LIMIT ? count : start + EXACT_LIMIT;
    reset(&lanes);
    size_t i = start;
    for (; i + LANES <= end; i += LANES) add_row(&lanes, values + i, LANES);
    size_t rest = end - i;
    add_row(&lanes, values + i, rest);
    for (size_t lane = 0; lane < LANES; ++lane) {
      size_t lane_count = (end - start) / LANES + (lane < rest ? 1 : 0);
      flush(&lanes, lane, lane_count, channel, out);
    }
  }
}

QR_CLONES
void qc_calibration_add_channels(const float *values, size_t outer, size_t channel_count,
                                 size_t inner, int is_plain, const qc_calibration_channels *out) {
  if (is_plain && inner == 1) {
    add_interleaved(values, outer, channel_count, out);
    return;
  }
  for (size_t row = 0; row < outer; ++row) {
    for (size_t channel = 0; channel < channel_count; ++channel) {
      const float *run = values + (row * channel_count + channel) * inner;
      if (is_plain && inner >= LANES) {
        add_run(run, inner, channel, out);
      } else {
        for (size_t i = 0; i < inner; ++i) add_one(run[i], channel, out);
      }
    }
  }
}
