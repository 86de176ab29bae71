import Targets

/// The C functions of channels whose taps are summed by dot products, for vectors of 16, 32 and 64
/// channels; `N` stands for that number.
///
/// Interleaving works inside the 16 channels of a 128-bit lane: part j of a `quadsN` holds, lane by
/// lane, channels 4j ..< 4j + 4.
///
/// | function | value |
/// |---|---|
/// | `bytesN_set1_bytes(a)`, `_words`, `_ints`, `floatsN_set1(a)` | a everywhere |
/// | `bytesN_load(p)`, `bytesN_store(p, v)`, `bytesN_store_n(p, v, n)` | N bytes; n of them, n constant |
/// | `quadsN_of(a, b, c, d)` | bytes a, b, c, d of a channel in one int32 |
/// | `quadsN_columns(p)` | N int32 or f32 in the order of the parts |
/// | `bytesN_dot(sum, u, s)` | `sum + Σ u[i] * s[i]`, four bytes of each int32, exact; where bytes are multiplied |
/// | `bytesN_dot_pairs(sum, u, s)` | the same of two words; where words are multiplied, as the next ones |
/// | `quadsN_of_signed_pairs(a, b)` | words a, b of a channel in one int32, from signed bytes |
/// | `bytesN_interleave_low(a, b)`, `_high` | bytes a, b of the channels of parts 0 and 1, or 2 and 3 |
/// | `bytesN_widen_low(v)`, `_high` | from there the first part as words, or the second |
/// | `bytesN_scaled(sum, factor)` | `float(sum) * factor` |
/// | `bytesN_scaled_plus(sum, factor, r, zero, m)` | `fma(float(r - zero), m, float(sum) * factor)` |
/// | `bytesN_round(v)`, `bytesN_round_to(v, last)` | int32 of v or `min(v, last)`, half to even |
/// | `floatsN_mul _fma _min _max _lt _select` | as the functions of `vf`: see ``VectorPrelude`` |
/// | `bytesN_words(a, b, zero)` | two parts as words, `+ zero`, saturated |
/// | `bytesN_narrow(first, last)` | N bytes of the words of parts 0 and 1, and of 2 and 3, saturated |
/// | `bytesN_clamp(b, low, high)` | bytes within their bounds |
struct QuadPrelude {
  /// Channels of a vector.
  let width: Int
  let target: CPUTarget

  /// The widths that `target` has, the widest first.
  static func widths(of target: CPUTarget) -> [Int] {
    [64, 32, 16].filter { $0 <= target.vectorBytes }
  }

  static func text(for target: CPUTarget) -> String {
    guard target.integerDot != .none else { return "" }
    return widths(of: target).map { QuadPrelude(width: $0, target: target).text }.joined()
  }

  private var prefix: String { width == 16 ? "_mm" : "_mm\(width * 8)" }
  private var integer: String { "__m\(width * 8)i" }
  private var float: String { "__m\(width * 8)" }
  private var whole: String { "si\(width * 8)" }

  private var text: String {
    types + (target.integerDot == .bytes ? quads : pairs) + arithmetic + floats + columns
  }

  private var types: String {
    """
    typedef \(integer) bytes\(width);
    typedef \(float) floats\(width);
    typedef struct { bytes\(width) part[4]; } quads\(width);
    static inline bytes\(width) bytes\(width)_load(const void *p) {
      return \(prefix)_loadu_\(whole)(p);
    }
    static inline void bytes\(width)_store(void *p, bytes\(width) a) {
      \(prefix)_storeu_\(whole)(p, a);
    }
    \(partialStore)
    static inline bytes\(width) bytes\(width)_set1_bytes(int32_t a) {
      return \(prefix)_set1_epi8((char)a);
    }
    static inline bytes\(width) bytes\(width)_set1_words(int32_t a) {
      return \(prefix)_set1_epi16((int16_t)a);
    }
    static inline bytes\(width) bytes\(width)_set1_ints(int32_t a) {
      return \(prefix)_set1_epi32(a);
    }
    static inline floats\(width) floats\(width)_set1(float a) { return \(prefix)_set1_ps(a); }
    static inline quads\(width) quads\(width)_of(bytes\(width) a, bytes\(width) b, bytes\(width) c,
                                   bytes\(width) d) {
      const bytes\(width) ab = \(prefix)_unpacklo_epi8(a, b), cd = \(prefix)_unpacklo_epi8(c, d);
      const bytes\(width) above = \(prefix)_unpackhi_epi8(a, b), other = \(prefix)_unpackhi_epi8(c, d);
      return (quads\(width)){{\(prefix)_unpacklo_epi16(ab, cd), \(prefix)_unpackhi_epi16(ab, cd),
          \(prefix)_unpacklo_epi16(above, other), \(prefix)_unpackhi_epi16(above, other)}};
    }

    """
  }

  /// With 512-bit vectors there are masks for the narrow ones too.
  private var partialStore: String {
    guard target.vectorBytes == 64 else {
      return """
        #define bytes\(width)_store_n(p, a, n) \\
          do { \\
            uint8_t qc_bytes[\(width)]; \\
            bytes\(width)_store(qc_bytes, a); \\
            __builtin_memcpy(p, qc_bytes, n); \\
          } while (0)
        """
    }
    return """
      static inline void bytes\(width)_store_n(void *p, bytes\(width) a, uint32_t n) {
        \(prefix)_mask_storeu_epi8(p, (__mmask\(width))(((uint64_t)1 << n) - 1), a);
      }
      """
  }

  /// The intrinsic of the dot product; a target of 256-bit vectors has its own word for both encodings.
  private var dot: String {
    target.vectorBytes == 64 ? "\(prefix)_dpbusd_epi32" : "qc_dpbusd\(width * 8)"
  }

  private var quads: String {
    """
    static inline bytes\(width) bytes\(width)_dot(bytes\(width) sum, bytes\(width) u, bytes\(width) s) {
      return \(dot)(sum, u, s);
    }

    """
  }

  private var pairs: String {
    let halves = [("low", "lo"), ("high", "hi")].map { name, half in
      """
      static inline bytes\(width) bytes\(width)_interleave_\(name)(bytes\(width) a, bytes\(width) b) {
        return \(prefix)_unpack\(half)_epi8(a, b);
      }
      static inline bytes\(width) bytes\(width)_widen_\(name)(bytes\(width) a) {
        return \(prefix)_unpack\(half)_epi8(a, \(prefix)_setzero_\(whole)());
      }
      static inline bytes\(width) bytes\(width)_widen_signed_\(name)(bytes\(width) a) {
        return \(prefix)_srai_epi16(\(prefix)_unpack\(half)_epi8(a, a), 8);
      }

      """
    }
    return halves.joined() + """
      static inline quads\(width) quads\(width)_of_signed_pairs(bytes\(width) a, bytes\(width) b) {
        const bytes\(width) low = bytes\(width)_interleave_low(a, b);
        const bytes\(width) high = bytes\(width)_interleave_high(a, b);
        return (quads\(width)){{bytes\(width)_widen_signed_low(low), bytes\(width)_widen_signed_high(low),
            bytes\(width)_widen_signed_low(high), bytes\(width)_widen_signed_high(high)}};
      }
      static inline bytes\(width) bytes\(width)_dot_pairs(bytes\(width) sum, bytes\(width) u,
                                             bytes\(width) s) {
        return \(prefix)_add_epi32(sum, \(prefix)_madd_epi16(u, s));
      }

      """
  }

  private var floats: String {
    let compare =
      width == 64
      ? """
      static inline __mmask16 floats64_lt(floats64 a, floats64 b) {
        return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
      }
      static inline floats64 floats64_select(__mmask16 m, floats64 a, floats64 b) {
        return _mm512_mask_blend_ps(m, b, a);
      }

      """
      : """
      static inline floats\(width) floats\(width)_lt(floats\(width) a, floats\(width) b) {
        return \(prefix)_cmp_ps(a, b, _CMP_LT_OQ);
      }
      static inline floats\(width) floats\(width)_select(floats\(width) m, floats\(width) a,
                                             floats\(width) b) {
        return \(prefix)_blendv_ps(b, a, m);
      }

      """
    let binary = ["mul", "min", "max"].map { name in
      """
      static inline floats\(width) floats\(width)_\(name)(floats\(width) a, floats\(width) b) {
        return \(prefix)_\(name)_ps(a, b);
      }

      """
    }
    return compare + binary.joined() + """
      static inline floats\(width) floats\(width)_fma(floats\(width) a, floats\(width) b,
                                          floats\(width) c) {
        return \(prefix)_fmadd_ps(a, b, c);
      }

      """
  }

  private var arithmetic: String {
    """
    static inline floats\(width) bytes\(width)_scaled(bytes\(width) sum, bytes\(width) factor) {
      return \(prefix)_mul_ps(\(prefix)_cvtepi32_ps(sum), \(prefix)_cast\(whole)_ps(factor));
    }
    static inline floats\(width) bytes\(width)_scaled_plus(bytes\(width) sum, bytes\(width) factor,
        bytes\(width) r, bytes\(width) zero, floats\(width) m) {
      return \(prefix)_fmadd_ps(\(prefix)_cvtepi32_ps(\(prefix)_sub_epi32(r, zero)), m,
          bytes\(width)_scaled(sum, factor));
    }
    static inline bytes\(width) bytes\(width)_round(floats\(width) v) {
      return \(prefix)_cvtps_epi32(v);
    }
    static inline bytes\(width) bytes\(width)_round_to(floats\(width) v, floats\(width) last) {
      return \(prefix)_cvtps_epi32(\(prefix)_min_ps(v, last));
    }
    static inline bytes\(width) bytes\(width)_words(bytes\(width) a, bytes\(width) b,
                                       bytes\(width) zero) {
      return \(prefix)_adds_epi16(\(prefix)_packs_epi32(a, b), zero);
    }
    static inline bytes\(width) bytes\(width)_narrow(bytes\(width) first, bytes\(width) last) {
      return \(prefix)_packus_epi16(first, last);
    }
    static inline bytes\(width) bytes\(width)_clamp(bytes\(width) b, bytes\(width) low,
                                       bytes\(width) high) {
      return \(prefix)_min_epu8(\(prefix)_max_epu8(b, low), high);
    }

    """
  }

  private var columns: String {
    let load = (0..<4).map {
      "const bytes\(width) n\($0) = bytes\(width)_load((const uint8_t *)p + \($0 * width));"
    }
    let parts: String
    switch width {
    case 16: parts = "  return (quads16){{n0, n1, n2, n3}};"
    case 32:
      parts = """
          return (quads32){{_mm256_permute2x128_si256(n0, n2, 0x20),
              _mm256_permute2x128_si256(n0, n2, 0x31), _mm256_permute2x128_si256(n1, n3, 0x20),
              _mm256_permute2x128_si256(n1, n3, 0x31)}};
        """
    default:
      parts = """
          const bytes64 a = _mm512_shuffle_i32x4(n0, n1, 0x44), b = _mm512_shuffle_i32x4(n0, n1, 0xee);
          const bytes64 c = _mm512_shuffle_i32x4(n2, n3, 0x44), d = _mm512_shuffle_i32x4(n2, n3, 0xee);
          return (quads64){{_mm512_shuffle_i32x4(a, c, 0x88), _mm512_shuffle_i32x4(a, c, 0xdd),
              _mm512_shuffle_i32x4(b, d, 0x88), _mm512_shuffle_i32x4(b, d, 0xdd)}};
        """
    }
    return """
      static inline quads\(width) quads\(width)_columns(const void *p) {
        \(load.joined(separator: "\n  "))
      \(parts)
      }

      """
  }
}
