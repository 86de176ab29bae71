import Targets

/// The C functions of `q.lookup`: a table of 256 bytes, held as the variant's instructions want it.
///
/// | function | does |
/// |---|---|
/// | `qc_make_table(bytes)` | the `qc_table` of 256 bytes, which stay where they are |
/// | `qc_look_up(&table, from, to, count)` | `to[i] = bytes[from[i]]` |
enum LookupPrelude {
  static func text(for target: CPUTarget) -> String {
    switch (target.hasFMA, target.vectorBytes) {
    case (true, 64): quarters
    case (true, 32): rows
    default: plain
    }
  }

  /// `vpermi2b` looks up 7 bits in two registers; the eighth bit chooses between two of them.
  private static let quarters = """
    typedef struct { __m512i quarters[4]; } qc_table;
    static inline qc_table qc_make_table(const uint8_t *bytes) {
      const qc_table table = {{_mm512_loadu_si512(bytes), _mm512_loadu_si512(bytes + 64),
                               _mm512_loadu_si512(bytes + 128), _mm512_loadu_si512(bytes + 192)}};
      return table;
    }
    static inline __m512i qc_look_up_64(const qc_table *t, __m512i index) {
      const __m512i low = _mm512_permutex2var_epi8(t->quarters[0], index, t->quarters[1]);
      const __m512i high = _mm512_permutex2var_epi8(t->quarters[2], index, t->quarters[3]);
      return _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), low, high);
    }
    static inline void qc_look_up(const qc_table *t, const uint8_t *from, uint8_t *to, size_t count) {
      size_t i = 0;
      for (; i + 64 <= count; i += 64) {
        _mm512_storeu_si512(to + i, qc_look_up_64(t, _mm512_loadu_si512(from + i)));
      }
      if (i < count) {
        const __mmask64 rest = ((__mmask64)1 << (count - i)) - 1;
        const __m512i index = _mm512_maskz_loadu_epi8(rest, from + i);
        _mm512_mask_storeu_epi8(to + i, rest, qc_look_up_64(t, index));
      }
    }

    """

  /// `vpshufb` looks up 4 bits, and gives 0 where bit 7 is set. Row k of a half holds its bytes
  /// exclusive-ored with those of row k - 1, and the index less 16 k, saturated, is not negative in
  /// the rows up to its own: the sum of these rows is the byte.
  private static let rows = """
    typedef struct {
      __m256i rows[16];
      const uint8_t *bytes;
    } qc_table;
    static inline qc_table qc_make_table(const uint8_t *bytes) {
      qc_table table;
      table.bytes = bytes;
      for (int k = 0; k < 16; ++k) {
        __m128i row = _mm_loadu_si128((const __m128i *)(bytes + 16 * k));
        if (k & 7) {
          row = _mm_xor_si128(row, _mm_loadu_si128((const __m128i *)(bytes + 16 * (k - 1))));
        }
        table.rows[k] = _mm256_broadcastsi128_si256(row);
      }
      return table;
    }
    static inline __attribute__((always_inline)) void qc_look_up_vectors(
        const qc_table *t, const uint8_t *from, uint8_t *to, int vectors) {
      const __m256i step = _mm256_set1_epi8(16);
      __m256i index[4], sum[4];
      for (int j = 0; j < vectors; ++j) {
        index[j] = _mm256_loadu_si256((const __m256i *)(from + 32 * j));
        sum[j] = _mm256_shuffle_epi8(t->rows[0], index[j]);
      }
      _Pragma("clang loop unroll(full)") for (int k = 1; k < 16; ++k) {
        _Pragma("clang loop unroll(full)") for (int j = 0; j < vectors; ++j) {
          if (k == 8) {
            index[j] = _mm256_loadu_si256((const __m256i *)(from + 32 * j));
            index[j] = _mm256_xor_si256(index[j], _mm256_set1_epi8(-128));
          } else {
            index[j] = _mm256_subs_epi8(index[j], step);
          }
          sum[j] = _mm256_xor_si256(sum[j], _mm256_shuffle_epi8(t->rows[k], index[j]));
        }
      }
      for (int j = 0; j < vectors; ++j) _mm256_storeu_si256((__m256i *)(to + 32 * j), sum[j]);
    }
    static inline void qc_look_up(const qc_table *t, const uint8_t *from, uint8_t *to, size_t count) {
      size_t i = 0;
      for (; i + 128 <= count; i += 128) qc_look_up_vectors(t, from + i, to + i, 4);
      for (; i + 32 <= count; i += 32) qc_look_up_vectors(t, from + i, to + i, 1);
      for (; i < count; ++i) to[i] = t->bytes[from[i]];
    }

    """

  private static let plain = """
    typedef struct { const uint8_t *bytes; } qc_table;
    static inline qc_table qc_make_table(const uint8_t *bytes) {
      const qc_table table = {bytes};
      return table;
    }
    static inline void qc_look_up(const qc_table *t, const uint8_t *from, uint8_t *to, size_t count) {
      for (size_t i = 0; i < count; ++i) to[i] = t->bytes[from[i]];
    }

    """
}
