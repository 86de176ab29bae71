extension VectorPrelude {
  /// 128-bit vectors by the compiler's own vector extension: any machine, exact fma included.
  static let plain = """
    #define VL 4
    typedef float vf __attribute__((vector_size(16)));
    typedef int32_t vi __attribute__((vector_size(16)));
    typedef uint32_t vu __attribute__((vector_size(16)));
    static inline vf vf_set1(float a) { return (vf){a, a, a, a}; }
    static inline vi vi_set1(int32_t a) { return (vi){a, a, a, a}; }
    static inline vf vf_load(const void *p) {
      vf a;
      __builtin_memcpy(&a, p, 16);
      return a;
    }
    static inline vi vi_load(const void *p) {
      vi a;
      __builtin_memcpy(&a, p, 16);
      return a;
    }
    static inline void vf_store(void *p, vf a) { __builtin_memcpy(p, &a, 16); }
    static inline void vi_store(void *p, vi a) { __builtin_memcpy(p, &a, 16); }
    static inline vf vf_load_n(const void *p, uint32_t n) {
      vf a = {0, 0, 0, 0};
      for (uint32_t i = 0; i < n; ++i) a[i] = ((const float *)p)[i];
      return a;
    }
    static inline vi vi_load_n(const void *p, uint32_t n) {
      vi a = {0, 0, 0, 0};
      for (uint32_t i = 0; i < n; ++i) a[i] = ((const int32_t *)p)[i];
      return a;
    }
    static inline void vf_store_n(void *p, vf a, uint32_t n) {
      for (uint32_t i = 0; i < n; ++i) ((float *)p)[i] = a[i];
    }
    static inline void vi_store_n(void *p, vi a, uint32_t n) {
      for (uint32_t i = 0; i < n; ++i) ((int32_t *)p)[i] = a[i];
    }
    static inline vf vf_add(vf a, vf b) { return a + b; }
    static inline vf vf_sub(vf a, vf b) { return a - b; }
    static inline vf vf_mul(vf a, vf b) { return a * b; }
    static inline vf vf_div(vf a, vf b) { return a / b; }
    static inline vf vf_sqrt(vf a) { return __builtin_elementwise_sqrt(a); }
    /* a * b is exact in double; the sum is rounded to odd there, so that the last rounding is the
       only one that counts. */
    static inline float qc_fma(float a, float b, float c) {
      const double product = (double)a * (double)b, addend = (double)c;
      double sum = product + addend;
      const double back = sum - product;
      const double error = (product - (sum - back)) + (addend - back);
      uint64_t bits;
      __builtin_memcpy(&bits, &sum, 8);
      if ((bits & 1) == 0 && error != 0 && sum - sum == 0) {
        bits += (error > 0) == (sum > 0) ? 1 : (uint64_t)-1;
        __builtin_memcpy(&sum, &bits, 8);
      }
      return (float)sum;
    }
    static inline vf vf_fma(vf a, vf b, vf c) {
      return (vf){qc_fma(a[0], b[0], c[0]), qc_fma(a[1], b[1], c[1]), qc_fma(a[2], b[2], c[2]),
                  qc_fma(a[3], b[3], c[3])};
    }
    static inline vi vi_bits(vf a) { return (vi)a; }
    static inline vf vf_bits(vi a) { return (vf)a; }
    static inline vi vi_select(vi m, vi a, vi b) { return (m & a) | (~m & b); }
    static inline vf vf_select(vi m, vf a, vf b) { return (vf)vi_select(m, (vi)a, (vi)b); }
    static inline vi vf_lt(vf a, vf b) { return a < b; }
    static inline vi vf_le(vf a, vf b) { return a <= b; }
    static inline vi vf_eq(vf a, vf b) { return a == b; }
    static inline vi vf_unordered(vf a, vf b) { return (a != a) | (b != b); }
    static inline vf vf_min(vf a, vf b) { return vf_select(a < b, a, b); }
    static inline vf vf_max(vf a, vf b) { return vf_select(a > b, a, b); }
    static inline vf vf_from_vi(vi a) { return __builtin_convertvector(a, vf); }
    /* Adding 1.5 * 2^23 leaves an integer in the low bits, rounded half to even. */
    static inline vi vi_round(vf a) { return (vi)(a + 12582912.0f) - 0x4b400000; }
    static inline vi vi_add(vi a, vi b) { return (vi)((vu)a + (vu)b); }
    static inline vi vi_sub(vi a, vi b) { return (vi)((vu)a - (vu)b); }
    static inline vi vi_mul(vi a, vi b) { return (vi)((vu)a * (vu)b); }
    static inline vi vi_and(vi a, vi b) { return a & b; }
    static inline vi vi_or(vi a, vi b) { return a | b; }
    static inline vi vi_xor(vi a, vi b) { return a ^ b; }
    static inline vi vi_eq(vi a, vi b) { return a == b; }
    static inline vi vi_gt(vi a, vi b) { return a > b; }
    static inline vi vi_min(vi a, vi b) { return vi_select(a < b, a, b); }
    static inline vi vi_max(vi a, vi b) { return vi_select(a > b, a, b); }
    #define vi_sll(a, n) ((vi)((vu)(a) << (n)))
    #define vi_srl(a, n) ((vi)((vu)(a) >> (n)))
    #define vi_sra(a, n) ((vi)(a) >> (n))
    static inline vi vi_load_u8(const void *p) {
      const uint8_t *b = p;
      return (vi){b[0], b[1], b[2], b[3]};
    }
    static inline vi vi_load_s8(const void *p) {
      const int8_t *b = p;
      return (vi){b[0], b[1], b[2], b[3]};
    }
    static inline vi vi_load_u8_n(const void *p, uint32_t n) {
      vi a = {0, 0, 0, 0};
      for (uint32_t i = 0; i < n; ++i) a[i] = ((const uint8_t *)p)[i];
      return a;
    }
    static inline vi vi_load_s8_n(const void *p, uint32_t n) {
      vi a = {0, 0, 0, 0};
      for (uint32_t i = 0; i < n; ++i) a[i] = ((const int8_t *)p)[i];
      return a;
    }
    static inline void vi_store_u8_n(void *p, vi a, uint32_t n) {
      const vi b = vi_min(vi_max(a, vi_set1(0)), vi_set1(255));
      for (uint32_t i = 0; i < n; ++i) ((uint8_t *)p)[i] = (uint8_t)b[i];
    }
    static inline void vi_store_u8(void *p, vi a) { vi_store_u8_n(p, a, 4); }
    static inline vi vi_load_i16_n(const void *p, uint32_t n) {
      vi a = {0, 0, 0, 0};
      for (uint32_t i = 0; i < n; ++i) a[i] = ((const int16_t *)p)[i];
      return a;
    }
    static inline vi vi_load_i16(const void *p) { return vi_load_i16_n(p, 4); }
    static inline void vi_store_i16_n(void *p, vi a, uint32_t n) {
      const vi b = vi_min(vi_max(a, vi_set1(-32768)), vi_set1(32767));
      for (uint32_t i = 0; i < n; ++i) ((int16_t *)p)[i] = (int16_t)b[i];
    }
    static inline void vi_store_i16(void *p, vi a) { vi_store_i16_n(p, a, 4); }

    """
}
