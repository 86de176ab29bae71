extension FloatPrelude {
  /// Copies and the 8 x 8 transposition of 32-bit elements.
  static let movement = """
    typedef uint32_t qm8 __attribute__((ext_vector_type(8)));
    QF void qm_copy(char *to, const char *from, size_t bytes) {
      size_t i = 0;
      for (; i + 64 <= bytes; i += 64) qf_store(to + i, qf_load(from + i));
      for (; i + 8 <= bytes; i += 8) __builtin_memcpy(to + i, from + i, 8);
      for (; i < bytes; ++i) to[i] = from[i];
    }
    /* Repeats the eight bytes of `pattern`. */
    QF void qm_fill(char *to, uint64_t pattern, size_t bytes) {
      size_t i = 0;
      for (; i + 8 <= bytes; i += 8) __builtin_memcpy(to + i, &pattern, 8);
      for (; i < bytes; ++i) to[i] = (char)(pattern >> (8 * (i & 7)));
    }
    QF qm8 qm_load(const char *p) {
      qm8 a;
      __builtin_memcpy(&a, p, 32);
      return a;
    }
    #define QM_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
    #define QM_PAIRS_HIGH(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
    #define QM_FOURS(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
    #define QM_FOURS_HIGH(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
    #define QM_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
    #define QM_HALVES_HIGH(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
    /* to[i][j] = from[j][i] for i, j < 8; steps in bytes from row to row. */
    QF void qm_transpose(const char *from, intptr_t from_step, char *to, intptr_t to_step) {
      qm8 a[8], b[8], c[8];
      QF_UNROLL for (int i = 0; i < 8; ++i) a[i] = qm_load(from + i * from_step);
      QF_UNROLL for (int i = 0; i < 8; i += 2) {
        b[i] = QM_PAIRS(a[i], a[i + 1]);
        b[i + 1] = QM_PAIRS_HIGH(a[i], a[i + 1]);
      }
      QF_UNROLL for (int i = 0; i < 8; i += 4) {
        c[i] = QM_FOURS(b[i], b[i + 2]);
        c[i + 1] = QM_FOURS_HIGH(b[i], b[i + 2]);
        c[i + 2] = QM_FOURS(b[i + 1], b[i + 3]);
        c[i + 3] = QM_FOURS_HIGH(b[i + 1], b[i + 3]);
      }
      QF_UNROLL for (int i = 0; i < 4; ++i) {
        const qm8 low = QM_HALVES(c[i], c[i + 4]), high = QM_HALVES_HIGH(c[i], c[i + 4]);
        __builtin_memcpy(to + i * to_step, &low, 32);
        __builtin_memcpy(to + (i + 4) * to_step, &high, 32);
      }
    }

    """
}
