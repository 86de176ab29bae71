import Targets

/// The C functions that multiply quads of bytes: four unsigned bytes, broadcast to all lanes, with four
/// signed bytes in each lane.
///
/// | function | lane by lane |
/// |---|---|
/// | `vi_dot_quad(acc, a, w)` | `acc + Σ a.byte[i] · w.byte[i]`, a unsigned, w signed, exact |
enum BroadcastQuadPrelude {
  static func text(for target: CPUTarget) -> String {
    switch target.integerDot {
    case .words: words
    case .bytes: target.vectorBytes == 64 ? bytes64 : bytes32
    case .none: plain
    }
  }

  /// Instructions of one `vi_dot_quad` that the lint counts.
  static func dotsPerVector(_ target: CPUTarget) -> Int { target.integerDot == .words ? 2 : 1 }

  /// Even and odd bytes as words.
  private static let words = """
    static inline vi vi_dot_quad(vi acc, vi a, vi w) {
      const vi even = _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8), odd = _mm256_srai_epi16(w, 8);
      const vi a_even = _mm256_and_si256(a, _mm256_set1_epi16(255));
      const vi a_odd = _mm256_srli_epi16(a, 8);
      return _mm256_add_epi32(acc, _mm256_add_epi32(_mm256_madd_epi16(a_even, even),
                                                    _mm256_madd_epi16(a_odd, odd)));
    }

    """

  private static let bytes64 = """
    static inline vi vi_dot_quad(vi acc, vi a, vi w) { return _mm512_dpbusd_epi32(acc, a, w); }

    """

  private static let bytes32 = """
    static inline vi vi_dot_quad(vi acc, vi a, vi w) { return qc_dpbusd256(acc, a, w); }

    """

  private static let plain = """
    static inline vi vi_dot_quad(vi acc, vi a, vi w) {
      const vi byte = vi_set1(255);
      vi sum = vi_mul(vi_and(a, byte), vi_sra(vi_sll(w, 24), 24));
      sum = vi_add(sum, vi_mul(vi_and(vi_srl(a, 8), byte), vi_sra(vi_sll(w, 16), 24)));
      sum = vi_add(sum, vi_mul(vi_and(vi_srl(a, 16), byte), vi_sra(vi_sll(w, 8), 24)));
      return vi_add(acc, vi_add(sum, vi_mul(vi_srl(a, 24), vi_sra(w, 24))));
    }

    """
}
