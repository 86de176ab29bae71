import Targets

/// The C functions that multiply pairs of operands: two of one lane as two words.
///
/// | function | lane by lane |
/// |---|---|
/// | `vi_pairs_u8(p, q)`, `vi_pairs_s8(p, q)` | low word from VL bytes at p, high word from q |
/// | `vi_pairs_i16(p, q)` | low word from VL words at p, high word from q |
/// | `vi_widen_s8(p)` | the next two of 2 VL bytes at p, as words |
/// | `vi_dot_pairs(acc, a, b)` | `acc + a.low * b.low + a.high * b.high`, exact |
enum PairPrelude {
  static func text(for target: CPUTarget) -> String {
    switch target.integerDot {
    case .words: words("_mm256_add_epi32(acc, _mm256_madd_epi16(a, b))")
    case .bytes: target.vectorBytes == 64 ? bytes : words("qc_dpwssd256(acc, a, b)")
    case .none: plain
    }
  }

  /// 256-bit vectors; `dot` is the value of `vi_dot_pairs`.
  private static func words(_ dot: String) -> String {
    """
    static inline __m128i qc_interleave(const void *p, const void *q) {
      return _mm_unpacklo_epi8(_mm_loadl_epi64(p), _mm_loadl_epi64(q));
    }
    static inline vi vi_pairs_u8(const void *p, const void *q) {
      return _mm256_cvtepu8_epi16(qc_interleave(p, q));
    }
    static inline vi vi_pairs_s8(const void *p, const void *q) {
      return _mm256_cvtepi8_epi16(qc_interleave(p, q));
    }
    static inline vi vi_pairs_i16(const void *p, const void *q) {
      const __m128i a = _mm_loadu_si128(p), b = _mm_loadu_si128(q);
      return _mm256_set_m128i(_mm_unpackhi_epi16(a, b), _mm_unpacklo_epi16(a, b));
    }
    static inline vi vi_widen_s8(const void *p) {
      return _mm256_cvtepi8_epi16(_mm_loadu_si128(p));
    }
    static inline vi vi_dot_pairs(vi acc, vi a, vi b) { return \(dot); }

    """
  }

  private static let bytes = """
    static inline __m256i qc_interleave(const void *p, const void *q) {
      const __m128i a = _mm_loadu_si128(p), b = _mm_loadu_si128(q);
      return _mm256_set_m128i(_mm_unpackhi_epi8(a, b), _mm_unpacklo_epi8(a, b));
    }
    static inline vi vi_pairs_u8(const void *p, const void *q) {
      return _mm512_cvtepu8_epi16(qc_interleave(p, q));
    }
    static inline vi vi_pairs_s8(const void *p, const void *q) {
      return _mm512_cvtepi8_epi16(qc_interleave(p, q));
    }
    static inline vi vi_pairs_i16(const void *p, const void *q) {
      const vi a = _mm512_cvtepu16_epi32(_mm256_loadu_si256(p));
      const vi b = _mm512_cvtepu16_epi32(_mm256_loadu_si256(q));
      return vi_or(a, vi_sll(b, 16));
    }
    static inline vi vi_widen_s8(const void *p) {
      return _mm512_cvtepi8_epi16(_mm256_loadu_si256(p));
    }
    static inline vi vi_dot_pairs(vi acc, vi a, vi b) { return _mm512_dpwssd_epi32(acc, a, b); }

    """

  private static let plain = """
    static inline vi vi_pairs_u8(const void *p, const void *q) {
      return vi_or(vi_load_u8(p), vi_sll(vi_load_u8(q), 16));
    }
    static inline vi vi_pairs_s8(const void *p, const void *q) {
      return vi_or(vi_and(vi_load_s8(p), vi_set1(0xffff)), vi_sll(vi_load_s8(q), 16));
    }
    static inline vi vi_pairs_i16(const void *p, const void *q) {
      return vi_or(vi_and(vi_load_i16(p), vi_set1(0xffff)), vi_sll(vi_load_i16(q), 16));
    }
    static inline vi vi_dot_pairs(vi acc, vi a, vi b) {
      const vi low = vi_mul(vi_sra(vi_sll(a, 16), 16), vi_sra(vi_sll(b, 16), 16));
      return vi_add(acc, vi_add(low, vi_mul(vi_sra(a, 16), vi_sra(b, 16))));
    }

    """
}
