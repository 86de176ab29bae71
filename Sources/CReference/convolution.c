#include <stdlib.h>
#include <string.h>

#include "tile.h"
#include "window.h"

/// The weights of one group as rows [outputs][tap][channel], from [outputs][channel][tap].
#define QR_ORDER_WEIGHTS(conv, w, rows, taps, element)                                             \
  for (int64_t o = 0; o < (conv)->outputs; ++o)                                                    \
    for (int64_t tap = 0; tap < (taps); ++tap)                                                     \
      for (int64_t c = 0; c < (conv)->channels; ++c)                                               \
        *(rows)++ = (element)(w)[(o * (conv)->channels + c) * (taps) + tap];

/// The offsets of 16 positions' taps: [taps][16], -1 on padding and behind the last position.
static void find_offsets(const qr_window *window, int64_t first, int64_t *offsets) {
  const int64_t taps = qr_volume(window->kernel), positions = qr_volume(window->output);
  for (int64_t column = 0; column < QR_TILE_COLUMNS; ++column) {
    int64_t position[3] = {0, 0, 0}, at[3];
    const int64_t index = first + column;
    qr_coordinates(index, window->output, position);
    for (int64_t tap = 0; tap < taps; ++tap) {
      qr_coordinates(tap, window->kernel, at);
      offsets[tap * QR_TILE_COLUMNS + column] =
          index < positions ? qr_tap_offset(window, position, at) : -1;
    }
  }
}

/// The 16 places are one after the other.
static bool are_neighbours(const int64_t *offset) {
  for (int i = 0; i < QR_TILE_COLUMNS; ++i)
    if (offset[0] < 0 || offset[i] != offset[0] + i) return false;
  return true;
}

QR_CLONES
bool qr_conv_f32(const qr_convolution *conv, const float *x, const float *w, const float *bias,
                 float *y) {
  const int64_t taps = qr_volume(conv->window.kernel), k = taps * conv->channels;
  const int64_t plane = qr_volume(conv->window.input), positions = qr_volume(conv->window.output);
  if (k == 0 || plane == 0) return true;
  float *rows = malloc((size_t)(conv->groups * conv->outputs * k) * sizeof(float));
  float *columns = malloc((size_t)(k * QR_TILE_COLUMNS) * sizeof(float));
  int64_t *offsets = malloc((size_t)(taps * QR_TILE_COLUMNS) * sizeof(int64_t));
  const bool ok = rows && columns && offsets;
  if (ok) {
    float *row = rows;
    for (int64_t group = 0; group < conv->groups; ++group) {
      const float *weights = w + group * conv->outputs * k;
      QR_ORDER_WEIGHTS(conv, weights, row, taps, float)
    }
  }
  for (int64_t first = 0; ok && first < positions; first += QR_TILE_COLUMNS) {
    find_offsets(&conv->window, first, offsets);
    const int64_t width =
        positions - first < QR_TILE_COLUMNS ? positions - first : QR_TILE_COLUMNS;
    for (int64_t image = 0; image < conv->batch * conv->groups; ++image) {
      const int64_t group = image % conv->groups;
      const float *planes = x + image * conv->channels * plane;
      float *column = columns;
      for (int64_t tap = 0; tap < taps; ++tap) {
        const int64_t *offset = offsets + tap * QR_TILE_COLUMNS;
        const bool is_run = are_neighbours(offset);
        for (int64_t c = 0; c < conv->channels; ++c, column += QR_TILE_COLUMNS) {
          if (is_run)
            memcpy(column, planes + c * plane + offset[0], QR_TILE_COLUMNS * sizeof(float));
          else
            for (int i = 0; i < QR_TILE_COLUMNS; ++i)
              column[i] = offset[i] < 0 ? 0.0f : planes[c * plane + offset[i]];
        }
      }
      for (int64_t o = 0; o < conv->outputs; o += QR_TILE_ROWS) {
        const int64_t height = conv->outputs - o < QR_TILE_ROWS ? conv->outputs - o : QR_TILE_ROWS;
        const int64_t channel = group * conv->outputs + o;
        float tile[QR_TILE_ROWS][QR_TILE_COLUMNS];
        if (height == QR_TILE_ROWS) {
          qr_tile_f32(QR_TILE_ROWS, k, rows + channel * k, columns, tile);
        } else {
          for (int64_t row = 0; row < height; ++row)
            qr_tile_f32(1, k, rows + (channel + row) * k, columns, &tile[row]);
        }
        for (int64_t row = 0; row < height; ++row) {
          float *result = y + (image * conv->outputs + o + row) * positions + first;
          for (int64_t i = 0; i < width; ++i)
            result[i] = bias ? tile[row][i] + bias[channel + row] : tile[row][i];
        }
      }
    }
  }
  free(rows);
  free(columns);
  free(offsets);
  return ok;
}

QR_CLONES
bool qr_conv_i32(const qr_convolution *conv, const int32_t *x, int32_t x_zero_point,
                 const int8_t *w, const int32_t *bias, int32_t *y) {
  const int64_t taps = qr_volume(conv->window.kernel), k = taps * conv->channels;
  const int64_t plane = qr_volume(conv->window.input), positions = qr_volume(conv->window.output);
  if (k == 0 || plane == 0) return true;
  uint32_t *rows = malloc((size_t)(conv->groups * conv->outputs * k) * sizeof(uint32_t));
  uint32_t *columns = malloc((size_t)(k * QR_TILE_COLUMNS) * sizeof(uint32_t));
  int64_t *offsets = malloc((size_t)(taps * QR_TILE_COLUMNS) * sizeof(int64_t));
  const bool ok = rows && columns && offsets;
  if (ok) {
    uint32_t *row = rows;
    for (int64_t group = 0; group < conv->groups; ++group) {
      const int8_t *weights = w + group * conv->outputs * k;
      QR_ORDER_WEIGHTS(conv, weights, row, taps, uint32_t)
    }
  }
  for (int64_t first = 0; ok && first < positions; first += QR_TILE_COLUMNS) {
    find_offsets(&conv->window, first, offsets);
    const int64_t width =
        positions - first < QR_TILE_COLUMNS ? positions - first : QR_TILE_COLUMNS;
    for (int64_t image = 0; image < conv->batch * conv->groups; ++image) {
      const int64_t group = image % conv->groups;
      const int32_t *planes = x + image * conv->channels * plane;
      uint32_t *column = columns;
      for (int64_t tap = 0; tap < taps; ++tap) {
        const int64_t *offset = offsets + tap * QR_TILE_COLUMNS;
        const bool is_run = are_neighbours(offset);
        for (int64_t c = 0; c < conv->channels; ++c, column += QR_TILE_COLUMNS) {
          const int32_t *from = planes + c * plane;
          if (is_run)
            for (int i = 0; i < QR_TILE_COLUMNS; ++i)
              column[i] = (uint32_t)(from[offset[0] + i] - x_zero_point);
          else
            for (int i = 0; i < QR_TILE_COLUMNS; ++i)
              column[i] = offset[i] < 0 ? 0u : (uint32_t)(from[offset[i]] - x_zero_point);
        }
      }
      for (int64_t o = 0; o < conv->outputs; o += QR_TILE_ROWS) {
        const int64_t height = conv->outputs - o < QR_TILE_ROWS ? conv->outputs - o : QR_TILE_ROWS;
        const int64_t channel = group * conv->outputs + o;
        uint32_t tile[QR_TILE_ROWS][QR_TILE_COLUMNS];
        if (height == QR_TILE_ROWS) {
          qr_tile_u32(QR_TILE_ROWS, k, rows + channel * k, columns, tile);
        } else {
          for (int64_t row = 0; row < height; ++row)
            qr_tile_u32(1, k, rows + (channel + row) * k, columns, &tile[row]);
        }
        for (int64_t row = 0; row < height; ++row) {
          int32_t *result = y + (image * conv->outputs + o + row) * positions + first;
          for (int64_t i = 0; i < width; ++i)
            result[i] = (int32_t)(tile[row][i] + (uint32_t)bias[channel + row]);
        }
      }
    }
  }
  free(rows);
  free(columns);
  free(offsets);
  return ok;
}
