/// The C functions for images that follow the ``VectorPrelude`` in every object: the halo.
///
/// A kernel that writes images makes its `qc_halo` with ``CSource/halo(channelBytes:)`` and calls
/// `qc_fill_halo` once for each row it writes.
package let imagePrelude = """
  static inline uint32_t qc_min(uint32_t a, uint32_t b) { return a < b ? a : b; }
  static inline void qc_fill(uint8_t *p, uint32_t byte, size_t count) {
    const uint64_t eight = byte * 0x0101010101010101u;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) __builtin_memcpy(p + i, &eight, 8);
    for (; i < count; ++i) p[i] = (uint8_t)byte;
  }
  /* Fills `pixels` pixels of `bytes` bytes each, `pitch` apart. */
  static inline void qc_fill_pixels(uint8_t *p, uint32_t byte, size_t pixels, uint32_t bytes,
                                    uint32_t pitch) {
    if (bytes == pitch) {
      qc_fill(p, byte, pixels * bytes);
      return;
    }
    for (size_t i = 0; i < pixels; ++i) qc_fill(p + i * pitch, byte, bytes);
  }
  typedef struct {
    uint32_t top, bottom, left, right, byte;
    uint32_t rows, pixels, bytes, pixel_pitch, row_pitch;
  } qc_halo;
  /* Fills the halo that belongs to row y, whose first pixel is at p: left and right of it, and all
     of it above the first and below the last row. */
  static inline void qc_fill_halo(const qc_halo *h, uint8_t *p, uint32_t y) {
    const size_t whole = (size_t)h->left + h->pixels + h->right;
    uint8_t *start = p - (size_t)h->left * h->pixel_pitch;
    qc_fill_pixels(start, h->byte, h->left, h->bytes, h->pixel_pitch);
    qc_fill_pixels(p + (size_t)h->pixels * h->pixel_pitch, h->byte, h->right, h->bytes,
                   h->pixel_pitch);
    if (y == 0) {
      for (uint32_t r = 1; r <= h->top; ++r) {
        qc_fill_pixels(start - (size_t)r * h->row_pitch, h->byte, whole, h->bytes, h->pixel_pitch);
      }
    }
    if (y + 1 == h->rows) {
      for (uint32_t r = 1; r <= h->bottom; ++r) {
        qc_fill_pixels(start + (size_t)r * h->row_pitch, h->byte, whole, h->bytes, h->pixel_pitch);
      }
    }
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
