import KernelIR
import Targets
import Tensors

/// Writes a `maxpool` kernel: the largest value of each window's taps inside the image.
///
/// Where windows do not slide (``SlidingMaxPool``), the rows of one are joined first, for all pixels of a row at once, into scratch; then its
/// pixels, whole vectors of channels at a time. Buffers may be read 64 bytes beyond their end.
func emitMaxPool(_ spec: KernelSpec, _ target: CPUTarget, _ out: inout CSource) {
  if !spec.parameters.isEmpty { return SlidingMaxPool(spec: spec).emit(into: &out) }
  let symbol = spec.symbol
  out.line(clipFunction.replacing("qc_clip", with: "\(symbol)_clip"))
  let maximum = StoredMaximum(spec)
  emitJoin(symbol, maximum, into: &out)
  emitTaps(symbol, maximum, into: &out)
  out.kernel(symbol, PoolKernel.layout) { out in
    out.line(
      """
      const uint8_t *input = (const uint8_t *)buffers[0] + g->input_origin;
      uint8_t *output = buffers[1], *line = scratch;
      const uint32_t pitch = g->input_pixel_pitch, pixels = g->pixels;
      const uint32_t channels = g->channels * \(maximum.bytes);
      const uint32_t output_pitch = g->output_pixel_pitch, taps = g->kernel_pixels;
      const size_t step = (size_t)g->dilation_pixels * pitch;
      const uint32_t reach = (taps - 1) * g->dilation_pixels;
      """)
    out.halo(channelBytes: maximum.bytes)
    out.rowTiles { out in
      out.line(
        """
        const uint8_t *in = input + (size_t)image * g->input_image_pitch;
        const int32_t top = (int32_t)(y * g->stride_rows) - (int32_t)g->padding_rows;
        uint32_t ky0, ky1;
        \(symbol)_clip(top, g->kernel_rows, g->dilation_rows, g->input_rows, &ky0, &ky1);
        in += (ptrdiff_t)(top + (int32_t)(ky0 * g->dilation_rows)) * g->input_row_pitch;
        \(symbol)_join(line, in, (size_t)g->dilation_rows * g->input_row_pitch, ky1 - ky0,
            (g->input_pixels - 1) * pitch + channels);
        """)
      out.block("for (uint32_t x = 0; x < pixels; ++x)") { out in
        out.line(
          """
          uint8_t *to = p + (size_t)x * output_pitch;
          /* Where pixels follow each other, a vector may reach into those that are still to come. */
          const size_t room = output_pitch == channels ? (size_t)(pixels - x) * channels : channels;
          const int32_t left = (int32_t)(x * g->stride_pixels) - (int32_t)g->padding_pixels;
          uint32_t kx0 = 0, kx1 = taps;
          if (left < 0 || (uint32_t)left + reach >= g->input_pixels) {
            \(symbol)_clip(left, taps, g->dilation_pixels, g->input_pixels, &kx0, &kx1);
          }
          const uint8_t *from = line + (ptrdiff_t)(left + (int32_t)(kx0 * g->dilation_pixels)) * pitch;
          switch (kx1 - kx0) {
          case 2: \(symbol)_taps(from, step, 2, to, channels, room); break;
          case 3: \(symbol)_taps(from, step, 3, to, channels, room); break;
          default: \(symbol)_taps(from, step, kx1 - kx0, to, channels, room);
          }
          """)
      }
      out.line("qc_fill_halo(&halo, p, y);")
    }
  }
}

/// `S_join`: the larger values of `rows` rows; no rows give the least.
private func emitJoin(_ symbol: String, _ maximum: StoredMaximum, into out: inout CSource) {
  out.line(
    """
    static inline void \(symbol)_join(uint8_t *line, const uint8_t *in, size_t step, uint32_t rows,
                                      uint32_t count) {
      for (uint32_t i = 0; i < count; i += 8 * VL) {
        qc_octets low = \(maximum.least), high = low;
        const uint8_t *p = in + i;
        for (uint32_t k = 0; k < rows; ++k, p += step) {
          low = \(maximum.of("low", "qc_load_octets(p)"));
          if (count - i > 4 * VL) {
            high = \(maximum.of("high", "qc_load_octets(p + 4 * VL)"));
          }
        }
        qc_store_octets(line + i, low);
        if (count - i > 4 * VL) qc_store_octets(line + i + 4 * VL, high);
      }
    }

    """)
}

/// `S_taps`: the larger values of `taps` pixels, `step` apart, to one pixel at `to`, behind whose
/// start `room` bytes may be written.
private func emitTaps(_ symbol: String, _ maximum: StoredMaximum, into out: inout CSource) {
  out.line(
    """
    static inline __attribute__((always_inline)) void \(symbol)_taps(
        const uint8_t *from, size_t step, uint32_t taps, uint8_t *to, uint32_t channels, size_t room) {
      for (uint32_t c = 0; c < channels; c += 4 * VL) {
        qc_octets best = \(maximum.least);
        for (uint32_t k = 0; k < taps; ++k) {
          best = \(maximum.of("best", "qc_load_octets(from + k * step + c)"));
        }
        if (room - c >= 4 * VL) qc_store_octets(to + c, best);
        else qc_store_octets_n(to + c, best, channels - c);
      }
    }

    """)
}

/// The maximum of vectors of bytes that hold values of a kernel's type.
struct StoredMaximum {
  private let isWords: Bool
  /// Bytes of a value.
  let bytes: Int

  init(_ spec: KernelSpec) {
    isWords = spec.operands[0] == .i16
    bytes = spec.operands[0].bitWidth / 8
  }

  /// The C expression of the least value everywhere.
  var least: String {
    isWords ? "(qc_octets)((qc_shorts){0} + (int16_t)-32768)" : "(qc_octets){0}"
  }

  /// The C expression of the larger values of two vectors.
  func of(_ a: String, _ b: String) -> String {
    isWords
      ? "(qc_octets)__builtin_elementwise_max((qc_shorts)\(a),\n    (qc_shorts)\(b))"
      : "__builtin_elementwise_max(\(a), \(b))"
  }
}
