extension VectorPrelude {
  /// 256-bit vectors with AVX2 and FMA.
  static let avx2 = """
    #include <immintrin.h>
    #define VL 8
    typedef __m256 vf;
    typedef __m256i vi;
    static inline vf vf_set1(float a) { return _mm256_set1_ps(a); }
    static inline vi vi_set1(int32_t a) { return _mm256_set1_epi32(a); }
    static inline vf vf_load(const void *p) { return _mm256_loadu_ps(p); }
    static inline vi vi_load(const void *p) { return _mm256_loadu_si256(p); }
    static inline void vf_store(void *p, vf a) { _mm256_storeu_ps(p, a); }
    static inline void vi_store(void *p, vi a) { _mm256_storeu_si256(p, a); }
    /* All ones in the first n lanes. */
    static inline vi vi_first(uint32_t n) {
      return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    }
    static inline vf vf_load_n(const void *p, uint32_t n) { return _mm256_maskload_ps(p, vi_first(n)); }
    static inline vi vi_load_n(const void *p, uint32_t n) {
      return _mm256_maskload_epi32(p, vi_first(n));
    }
    static inline void vf_store_n(void *p, vf a, uint32_t n) { _mm256_maskstore_ps(p, vi_first(n), a); }
    static inline void vi_store_n(void *p, vi a, uint32_t n) {
      _mm256_maskstore_epi32(p, vi_first(n), a);
    }
    static inline vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
    static inline vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
    static inline vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
    static inline vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
    static inline vf vf_sqrt(vf a) { return _mm256_sqrt_ps(a); }
    static inline vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
    static inline vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
    static inline vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
    static inline vi vi_bits(vf a) { return _mm256_castps_si256(a); }
    static inline vf vf_bits(vi a) { return _mm256_castsi256_ps(a); }
    static inline vi vf_lt(vf a, vf b) { return vi_bits(_mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
    static inline vi vf_le(vf a, vf b) { return vi_bits(_mm256_cmp_ps(a, b, _CMP_LE_OQ)); }
    static inline vi vf_eq(vf a, vf b) { return vi_bits(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)); }
    static inline vi vf_unordered(vf a, vf b) { return vi_bits(_mm256_cmp_ps(a, b, _CMP_UNORD_Q)); }
    static inline vi vi_select(vi m, vi a, vi b) { return _mm256_blendv_epi8(b, a, m); }
    static inline vf vf_select(vi m, vf a, vf b) { return _mm256_blendv_ps(b, a, vf_bits(m)); }
    static inline vf vf_from_vi(vi a) { return _mm256_cvtepi32_ps(a); }
    static inline vi vi_round(vf a) { return _mm256_cvtps_epi32(a); }
    static inline vi vi_add(vi a, vi b) { return _mm256_add_epi32(a, b); }
    static inline vi vi_sub(vi a, vi b) { return _mm256_sub_epi32(a, b); }
    static inline vi vi_mul(vi a, vi b) { return _mm256_mullo_epi32(a, b); }
    static inline vi vi_and(vi a, vi b) { return _mm256_and_si256(a, b); }
    static inline vi vi_or(vi a, vi b) { return _mm256_or_si256(a, b); }
    static inline vi vi_xor(vi a, vi b) { return _mm256_xor_si256(a, b); }
    static inline vi vi_min(vi a, vi b) { return _mm256_min_epi32(a, b); }
    static inline vi vi_max(vi a, vi b) { return _mm256_max_epi32(a, b); }
    static inline vi vi_eq(vi a, vi b) { return _mm256_cmpeq_epi32(a, b); }
    static inline vi vi_gt(vi a, vi b) { return _mm256_cmpgt_epi32(a, b); }
    #define vi_sll(a, n) _mm256_slli_epi32(a, n)
    #define vi_srl(a, n) _mm256_srli_epi32(a, n)
    #define vi_sra(a, n) _mm256_srai_epi32(a, n)
    static inline vi vi_load_u8(const void *p) { return _mm256_cvtepu8_epi32(_mm_loadl_epi64(p)); }
    static inline vi vi_load_s8(const void *p) { return _mm256_cvtepi8_epi32(_mm_loadl_epi64(p)); }
    /* The eight bytes that vi_store_u8 writes. */
    static inline __m128i qc_narrow(vi a) {
      const __m128i words =
          _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
      return _mm_packus_epi16(words, words);
    }
    static inline void vi_store_u8(void *p, vi a) { _mm_storel_epi64(p, qc_narrow(a)); }
    static inline uint64_t qc_load_bytes(const uint8_t *p, uint32_t n) {
      uint64_t bytes = 0;
      for (uint32_t i = 0; i < n; ++i) bytes |= (uint64_t)p[i] << (8 * i);
      return bytes;
    }
    static inline vi vi_load_u8_n(const void *p, uint32_t n) {
      return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((int64_t)qc_load_bytes(p, n)));
    }
    static inline vi vi_load_s8_n(const void *p, uint32_t n) {
      return _mm256_cvtepi8_epi32(_mm_cvtsi64_si128((int64_t)qc_load_bytes(p, n)));
    }
    static inline void vi_store_u8_n(void *p, vi a, uint32_t n) {
      uint64_t bytes = (uint64_t)_mm_cvtsi128_si64(qc_narrow(a));
      for (uint32_t i = 0; i < n; ++i, bytes >>= 8) ((uint8_t *)p)[i] = (uint8_t)bytes;
    }
    static inline __m128i qc_load_words(const uint16_t *p, uint32_t n) {
      uint16_t words[8] = {0};
      for (uint32_t i = 0; i < n; ++i) words[i] = p[i];
      return _mm_loadu_si128((const __m128i *)words);
    }
    static inline __m128i qc_narrow_words(vi a) {
      return _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    }
    static inline vi vi_load_i16(const void *p) {
      return _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)p));
    }
    static inline vi vi_load_i16_n(const void *p, uint32_t n) {
      return _mm256_cvtepi16_epi32(qc_load_words(p, n));
    }
    static inline void vi_store_i16(void *p, vi a) {
      _mm_storeu_si128((__m128i *)p, qc_narrow_words(a));
    }
    static inline void vi_store_i16_n(void *p, vi a, uint32_t n) {
      uint16_t words[8];
      _mm_storeu_si128((__m128i *)words, qc_narrow_words(a));
      for (uint32_t i = 0; i < n; ++i) ((uint16_t *)p)[i] = words[i];
    }
    static inline vi vi_set1_bytes(uint8_t a) { return _mm256_set1_epi8((char)a); }
    static inline vi vi_min_u8(vi a, vi b) { return _mm256_min_epu8(a, b); }
    static inline vi vi_max_u8(vi a, vi b) { return _mm256_max_epu8(a, b); }
    /* Small lanes of a as words, in pairs. */
    static inline vi vi_words(vi a) { return _mm256_packs_epi32(a, a); }
    /* The lanes of a, b, c, d, plus the words that each lane has, as bytes: saturated, in order. */
    static inline vi vi_narrow4(vi a, vi b, vi c, vi d, vi words) {
      const vi low = _mm256_adds_epi16(_mm256_packs_epi32(a, b), words);
      const vi high = _mm256_adds_epi16(_mm256_packs_epi32(c, d), words);
      return _mm256_permutevar8x32_epi32(
          _mm256_packus_epi16(low, high), _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    }
    /* The same bytes, those of a lane together: lane r holds a[r], b[r], c[r], d[r]. */
    static inline vi vi_narrow4_lanes(vi a, vi b, vi c, vi d, vi words) {
      const vi low = _mm256_adds_epi16(_mm256_packs_epi32(a, b), words);
      const vi high = _mm256_adds_epi16(_mm256_packs_epi32(c, d), words);
      const vi order = _mm256_setr_epi32(0x0c080400, 0x0d090501, 0x0e0a0602, 0x0f0b0703, 0x0c080400,
          0x0d090501, 0x0e0a0602, 0x0f0b0703);
      return _mm256_shuffle_epi8(_mm256_packus_epi16(low, high), order);
    }
    /* Half or quarter number i of a. */
    #define vi_store_half(p, a, i) \
      _mm_storeu_si128((__m128i *)(p), _mm256_extracti128_si256(a, i))
    #define vi_store_quarter(p, a, i) \
      qc_store_quarter(p, _mm256_extracti128_si256(a, (i) / 2), (i) % 2)
    #define vi_store_quarter_n(p, a, i, n) \
      qc_store_quarter_n(p, _mm256_extracti128_si256(a, (i) / 2), (i) % 2, n)
    static inline void qc_store_quarter(void *p, __m128i a, int high) {
      if (high) _mm_storeh_pd((double *)p, _mm_castsi128_pd(a));
      else _mm_storel_epi64((__m128i *)p, a);
    }
    static inline void qc_store_quarter_n(void *p, __m128i a, int high, uint32_t n) {
      uint64_t bytes = (uint64_t)(high ? _mm_extract_epi64(a, 1) : _mm_cvtsi128_si64(a));
      for (uint32_t i = 0; i < n; ++i, bytes >>= 8) ((uint8_t *)p)[i] = (uint8_t)bytes;
    }
    static inline float qc_fma(float a, float b, float c) {
      return _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(a), _mm_set_ss(b), _mm_set_ss(c)));
    }

    """
}
