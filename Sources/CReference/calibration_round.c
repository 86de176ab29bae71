#include "calibration_round.h"

#include "clones.h"

/// Adding and subtracting it rounds a float of magnitude below 2^22 half to even; -0 becomes 0.
#define ROUNDER 0x1.8p23f

QR_CLONES
void qc_calibration_round(const float *values, size_t count, float scale, float low, float high,
                          float *rounded) {
  for (size_t i = 0; i < count; ++i) {
    float t = values[i] / scale;
    t = t > low ? t : low;
    t = t < high ? t : high;
    rounded[i] = ((t + ROUNDER) - ROUNDER) * scale;
  }
}

qc_calibration_squares qc_calibration_compare(const float *values, const float *changed,
                                              size_t count) {
  qc_calibration_squares sum = {0, 0};
  for (size_t i = 0; i < count; ++i) {
    const double value = values[i];
    const double difference = changed[i] - value;
    sum.error += difference * difference;
    sum.energy += value * value;
  }
  return sum;
}
