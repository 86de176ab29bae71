import KernelIR
import Targets

/// Writes a `channels` kernel: for each row, block after block, the pixels of the row.
func emitChannelGather(_ spec: KernelSpec, _ target: CPUTarget, _ out: inout CSource) {
  let emitter = ChannelGatherEmitter(spec: spec)
  emitter.emitRow(into: &out)
  emitter.emitKernel(into: &out)
}

private struct ChannelGatherEmitter {
  let spec: KernelSpec

  private var symbol: String { spec.symbol }
  private var sources: Int { spec["sources"] }

  /// `S_row`: one row of pixels; `from` and `pitch` say where each source's row is.
  func emitRow(into out: inout CSource) {
    out.block(
      """
      static void \(symbol)_row(const qc_channels_args *g, const uint8_t *const *from,
          const uint32_t *pitch, const uint32_t *blocks, const uint8_t *takes, uint8_t *to)
      """
    ) { out in
      out.block("for (uint32_t b = 0; b < g->blocks; ++b)") { out in
        out.line(
          """
          const uint8_t *take = takes + (size_t)blocks[3 * b + 1] * 32;
          const uint32_t count = blocks[3 * b + 2];
          const uint32_t n = qc_min(16, g->channels - blocks[3 * b]);
          uint8_t *p = to + blocks[3 * b];
          """)
        for fixed in [1, 2] {
          out.block("if (n == 16 && count == \(fixed))") { out in
            for k in 0..<fixed {
              out.line(
                """
                uint32_t at\(k)[2];
                __builtin_memcpy(at\(k), take + \(32 * k + 16), 8);
                const qc_b16 picks\(k) = qc_b16_load(take + \(32 * k));
                const uint8_t *p\(k) = from[at\(k)[0]] + at\(k)[1];
                const size_t step\(k) = pitch[at\(k)[0]];
                """)
            }
            let picked = (0..<fixed).map {
              "qc_b16_pick(qc_b16_load(p\($0) + x * step\($0)), picks\($0))"
            }
            let value = fixed == 1 ? picked[0] : "qc_b16_or(\(picked[0]),\n    \(picked[1]))"
            out.line("for (size_t x = 0; x < g->pixels; ++x)")
            out.line("  qc_b16_store(p + x * g->output_pixel_pitch, \(value));")
            out.line("continue;")
          }
        }
        out.block("for (size_t x = 0; x < g->pixels; ++x)") { out in
          out.line("qc_b16 v = qc_b16_zero();")
          out.block("for (uint32_t k = 0; k < count; ++k)") { out in
            out.line(
              """
              uint32_t at[2];
              __builtin_memcpy(at, take + 32 * k + 16, 8);
              const qc_b16 read = qc_b16_load(from[at[0]] + at[1] + x * pitch[at[0]]);
              v = qc_b16_or(v, qc_b16_pick(read, qc_b16_load(take + 32 * k)));
              """)
          }
          out.line(
            """
            if (n == 16) {
              qc_b16_store(p + x * g->output_pixel_pitch, v);
              continue;
            }
            uint8_t bytes[16];
            qc_b16_store(bytes, v);
            for (uint32_t i = 0; i < n; ++i) p[x * g->output_pixel_pitch + i] = bytes[i];
            """)
        }
      }
    }
    out.blank()
  }

  func emitKernel(into out: inout CSource) {
    out.kernel(symbol, ChannelGatherKernel.layout) { out in
      out.line(
        """
        const uint32_t *blocks = buffers[\(sources)];
        const uint8_t *takes = buffers[\(sources + 1)];
        uint8_t *output = buffers[\(sources + 2)];
        """)
      let pitches = (0..<sources).map { "g->source\($0)_pixel_pitch" }.joined(separator: ", ")
      out.line("const uint32_t pitch[\(sources)] = {\(pitches)};")
      out.halo()
      out.rowTiles { out in
        out.line("const uint8_t *from[\(sources)];")
        for index in 0..<sources {
          out.line(
            """
            from[\(index)] = (const uint8_t *)buffers[\(index)] + g->source\(index)_origin +
                (size_t)image * g->source\(index)_image_pitch +
                (size_t)y * g->source\(index)_row_pitch;
            """)
        }
        out.line("\(symbol)_row(g, from, pitch, blocks, takes, p);")
        out.line("qc_fill_halo(&halo, p, y);")
      }
    }
  }
}

/// The C functions over 16 bytes: `qc_b16_pick(v, picks)` has byte `picks[i]` of v at place i, and 0
/// where that is 0x80.
enum BytePrelude {
  static func text(for target: CPUTarget) -> String {
    target.integerDot == .none ? plain : vectors
  }

  private static let vectors = """
    typedef __m128i qc_b16;
    static inline qc_b16 qc_b16_zero(void) { return _mm_setzero_si128(); }
    static inline qc_b16 qc_b16_load(const void *p) { return _mm_loadu_si128(p); }
    static inline void qc_b16_store(void *p, qc_b16 a) { _mm_storeu_si128(p, a); }
    static inline qc_b16 qc_b16_or(qc_b16 a, qc_b16 b) { return _mm_or_si128(a, b); }
    static inline qc_b16 qc_b16_pick(qc_b16 v, qc_b16 picks) { return _mm_shuffle_epi8(v, picks); }

    """

  private static let plain = """
    typedef struct { uint8_t b[16]; } qc_b16;
    static inline qc_b16 qc_b16_zero(void) { return (qc_b16){{0}}; }
    static inline qc_b16 qc_b16_load(const void *p) {
      qc_b16 a;
      __builtin_memcpy(&a, p, 16);
      return a;
    }
    static inline void qc_b16_store(void *p, qc_b16 a) { __builtin_memcpy(p, &a, 16); }
    static inline qc_b16 qc_b16_or(qc_b16 a, qc_b16 b) {
      for (int i = 0; i < 16; ++i) a.b[i] |= b.b[i];
      return a;
    }
    static inline qc_b16 qc_b16_pick(qc_b16 v, qc_b16 picks) {
      qc_b16 a;
      for (int i = 0; i < 16; ++i) a.b[i] = picks.b[i] & 0x80 ? 0 : v.b[picks.b[i] & 15];
      return a;
    }

    """
}
