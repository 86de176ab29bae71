/// The C functions for images that follow the ``VectorPrelude`` in every object: the halo.
///
/// A kernel that writes images makes its `qc_halo` with ``CSource/halo(channelBytes:)`` and calls
/// `qc_fill_halo` once for each row it writes; `qc_fill_around` puts copies of a pixel there instead.
package let imagePrelude = """
  static inline uint32_t qc_min(uint32_t a, uint32_t b) { return a < b ? a : b; }
  static inline void qc_fill(uint8_t *p, uint32_t byte, size_t count) {
    const uint64_t eight = byte * 0x0101010101010101u;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) __builtin_memcpy(p + i, &eight, 8);
    for (; i < count; ++i) p[i] = (uint8_t)byte;
  }
  static inline void qc_copy(uint8_t *p, const uint8_t *from, size_t count) {
    size_t i = 0;
    for (; i + 4 * VL <= count; i += 4 * VL) vi_store(p + i, vi_load(from + i));
    for (; i < count; ++i) p[i] = from[i];
  }
  typedef struct {
    uint32_t top, bottom, left, right, byte;
    uint32_t rows, pixels, bytes, pixel_pitch, row_pitch;
  } qc_halo;
  /* Fills `pixels` pixels of the halo with copies of `pixel`, or with its byte if that is null. */
  static inline void qc_fill_pixels(const qc_halo *h, uint8_t *p, size_t pixels,
                                    const uint8_t *pixel) {
    if (!pixel && h->bytes == h->pixel_pitch) {
      qc_fill(p, h->byte, pixels * h->bytes);
      return;
    }
    for (size_t i = 0; i < pixels; ++i, p += h->pixel_pitch) {
      if (pixel) qc_copy(p, pixel, h->bytes);
      else qc_fill(p, h->byte, h->bytes);
    }
  }
  /* Fills the halo that belongs to row y, whose first pixel is at p: left and right of it, and all
     of it above the first and below the last row; with `pixel` as qc_fill_pixels has it. */
  static inline void qc_fill_around(const qc_halo *h, uint8_t *p, uint32_t y,
                                    const uint8_t *pixel) {
    const size_t whole = (size_t)h->left + h->pixels + h->right;
    uint8_t *start = p - (size_t)h->left * h->pixel_pitch;
    qc_fill_pixels(h, start, h->left, pixel);
    qc_fill_pixels(h, p + (size_t)h->pixels * h->pixel_pitch, h->right, pixel);
    if (y == 0) {
      for (uint32_t r = 1; r <= h->top; ++r) {
        qc_fill_pixels(h, start - (size_t)r * h->row_pitch, whole, pixel);
      }
    }
    if (y + 1 == h->rows) {
      for (uint32_t r = 1; r <= h->bottom; ++r) {
        qc_fill_pixels(h, start + (size_t)r * h->row_pitch, whole, pixel);
      }
    }
  }
  static inline void qc_fill_halo(const qc_halo *h, uint8_t *p, uint32_t y) {
    qc_fill_around(h, p, y, 0);
  }

  """

extension CSource {
  /// Declares `halo` from the record's fields of `ArgumentLayout.Field.halo` and `.extents`.
  ///
  /// - Parameter channelBytes: bytes of one channel of the result.
  package mutating func halo(channelBytes: Int = 1) {
    line(
      """
      const qc_halo halo = {g->halo_top, g->halo_bottom, g->halo_left, g->halo_right,
          g->halo_byte, g->rows, g->pixels, g->channels * \(channelBytes),
          g->output_pixel_pitch, g->output_row_pitch};
      """)
  }

  /// Walks over the rows of the slice `begin ..< end`, one tile being one row: in `body`, `image`
  /// and `y` are its indices and `p` the byte where its first pixel is written.
  package mutating func rowTiles(_ body: (inout CSource) -> Void) {
    block("for (uint32_t tile = begin; tile < end; ++tile)") { out in
      out.line("const uint32_t image = tile / g->rows, y = tile % g->rows;")
      out.line(
        """
        uint8_t *p = output + g->output_origin + (size_t)image * g->output_image_pitch +
            (size_t)y * g->output_row_pitch;
        """)
      body(&out)
    }
  }
}
