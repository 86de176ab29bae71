#include "CReference.h"

#include "window.h"

int64_t qr_conv_moments(const qr_convolution *conv, const float *x, int64_t step, double *moments) {
  const qr_window *window = &conv->window;
  const int64_t taps = qr_volume(window->kernel), places = qr_volume(window->output);
  const int64_t image = qr_volume(window->input), size = conv->channels * taps;
  const int64_t stride = size + size * (size + 1) / 2;
  double patch[QR_MOMENT_TAPS];
  int64_t count = 0;
  if (size > QR_MOMENT_TAPS) return 0;
  for (int64_t n = 0; n < conv->batch; ++n) {
    for (int64_t place = 0; place < places; place += step) {
      int64_t position[3];
      qr_coordinates(place, window->output, position);
      ++count;
      for (int64_t group = 0; group < conv->groups; ++group) {
        const float *channels = x + (n * conv->groups + group) * conv->channels * image;
        double *sums = moments + group * stride, *products = sums + size;
        for (int64_t t = 0; t < taps; ++t) {
          int64_t tap[3];
          qr_coordinates(t, window->kernel, tap);
          const int64_t offset = qr_tap_offset(window, position, tap);
          for (int64_t c = 0; c < conv->channels; ++c) {
            patch[c * taps + t] = offset < 0 ? 0 : (double)channels[c * image + offset];
          }
        }
        for (int64_t i = 0; i < size; ++i) {
          sums[i] += patch[i];
          for (int64_t j = 0; j <= i; ++j) products[j] += patch[i] * patch[j];
          products += i + 1;
        }
      }
    }
  }
  return count;
}
