extension VectorPrelude {
  /// 512-bit vectors with AVX-512 F, BW, DQ and VL.
  static let avx512 = """
    #include <immintrin.h>
    #define VL 16
    typedef __m512 vf;
    typedef __m512i vi;
    static inline vf vf_set1(float a) { return _mm512_set1_ps(a); }
    static inline vi vi_set1(int32_t a) { return _mm512_set1_epi32(a); }
    static inline vf vf_load(const void *p) { return _mm512_loadu_ps(p); }
    static inline vi vi_load(const void *p) { return _mm512_loadu_si512(p); }
    static inline void vf_store(void *p, vf a) { _mm512_storeu_ps(p, a); }
    static inline void vi_store(void *p, vi a) { _mm512_storeu_si512(p, a); }
    /* One bit for each of the first n lanes. */
    static inline __mmask16 qc_first(uint32_t n) { return (__mmask16)((1u << n) - 1); }
    static inline vi vi_mask(__mmask16 m) { return _mm512_maskz_set1_epi32(m, -1); }
    static inline vf vf_load_n(const void *p, uint32_t n) {
      return _mm512_maskz_loadu_ps(qc_first(n), p);
    }
    static inline vi vi_load_n(const void *p, uint32_t n) {
      return _mm512_maskz_loadu_epi32(qc_first(n), p);
    }
    static inline void vf_store_n(void *p, vf a, uint32_t n) {
      _mm512_mask_storeu_ps(p, qc_first(n), a);
    }
    static inline void vi_store_n(void *p, vi a, uint32_t n) {
      _mm512_mask_storeu_epi32(p, qc_first(n), a);
    }
    static inline vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
    static inline vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
    static inline vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
    static inline vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
    static inline vf vf_sqrt(vf a) { return _mm512_sqrt_ps(a); }
    static inline vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
    static inline vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
    static inline vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
    static inline vi vi_bits(vf a) { return _mm512_castps_si512(a); }
    static inline vf vf_bits(vi a) { return _mm512_castsi512_ps(a); }
    static inline vi vf_lt(vf a, vf b) { return vi_mask(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ)); }
    static inline vi vf_le(vf a, vf b) { return vi_mask(_mm512_cmp_ps_mask(a, b, _CMP_LE_OQ)); }
    static inline vi vf_eq(vf a, vf b) { return vi_mask(_mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ)); }
    static inline vi vf_unordered(vf a, vf b) {
      return vi_mask(_mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q));
    }
    static inline vi vi_select(vi m, vi a, vi b) {
      return _mm512_mask_blend_epi32(_mm512_movepi32_mask(m), b, a);
    }
    static inline vf vf_select(vi m, vf a, vf b) {
      return _mm512_mask_blend_ps(_mm512_movepi32_mask(m), b, a);
    }
    static inline vf vf_from_vi(vi a) { return _mm512_cvtepi32_ps(a); }
    static inline vi vi_round(vf a) { return _mm512_cvtps_epi32(a); }
    static inline vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
    static inline vi vi_sub(vi a, vi b) { return _mm512_sub_epi32(a, b); }
    static inline vi vi_mul(vi a, vi b) { return _mm512_mullo_epi32(a, b); }
    static inline vi vi_and(vi a, vi b) { return _mm512_and_si512(a, b); }
    static inline vi vi_or(vi a, vi b) { return _mm512_or_si512(a, b); }
    static inline vi vi_xor(vi a, vi b) { return _mm512_xor_si512(a, b); }
    static inline vi vi_min(vi a, vi b) { return _mm512_min_epi32(a, b); }
    static inline vi vi_max(vi a, vi b) { return _mm512_max_epi32(a, b); }
    static inline vi vi_eq(vi a, vi b) { return vi_mask(_mm512_cmpeq_epi32_mask(a, b)); }
    static inline vi vi_gt(vi a, vi b) { return vi_mask(_mm512_cmpgt_epi32_mask(a, b)); }
    #define vi_sll(a, n) _mm512_slli_epi32(a, n)
    #define vi_srl(a, n) _mm512_srli_epi32(a, n)
    #define vi_sra(a, n) _mm512_srai_epi32(a, n)
    static inline vi vi_load_u8(const void *p) {
      return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p));
    }
    static inline vi vi_load_s8(const void *p) {
      return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p));
    }
    static inline vi vi_load_u8_n(const void *p, uint32_t n) {
      return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(qc_first(n), p));
    }
    static inline vi vi_load_s8_n(const void *p, uint32_t n) {
      return _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(qc_first(n), p));
    }
    static inline void vi_store_u8(void *p, vi a) {
      const vi low = _mm512_max_epi32(a, _mm512_setzero_si512());
      _mm_storeu_si128((__m128i *)p, _mm512_cvtusepi32_epi8(low));
    }
    static inline void vi_store_u8_n(void *p, vi a, uint32_t n) {
      const vi low = _mm512_max_epi32(a, _mm512_setzero_si512());
      _mm_mask_storeu_epi8(p, qc_first(n), _mm512_cvtusepi32_epi8(low));
    }
    static inline vi vi_load_i16(const void *p) {
      return _mm512_cvtepi16_epi32(_mm256_loadu_si256((const __m256i *)p));
    }
    static inline vi vi_load_i16_n(const void *p, uint32_t n) {
      return _mm512_cvtepi16_epi32(_mm256_maskz_loadu_epi16(qc_first(n), p));
    }
    static inline void vi_store_i16(void *p, vi a) {
      _mm256_storeu_si256((__m256i *)p, _mm512_cvtsepi32_epi16(a));
    }
    static inline void vi_store_i16_n(void *p, vi a, uint32_t n) {
      _mm256_mask_storeu_epi16(p, qc_first(n), _mm512_cvtsepi32_epi16(a));
    }
    static inline vi vi_set1_bytes(uint8_t a) {
      return _mm512_set1_epi32((int32_t)(a * 0x01010101u));
    }
    static inline vi vi_min_u8(vi a, vi b) { return _mm512_min_epu8(a, b); }
    static inline vi vi_max_u8(vi a, vi b) { return _mm512_max_epu8(a, b); }
    /* Small lanes of a as words, in pairs. */
    static inline vi vi_words(vi a) { return _mm512_packs_epi32(a, a); }
    /* The lanes of a, b, c, d, plus the words that each lane has, as bytes: saturated, in order. */
    static inline vi vi_narrow4(vi a, vi b, vi c, vi d, vi words) {
      static const int32_t order[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
      const vi low = _mm512_adds_epi16(_mm512_packs_epi32(a, b), words);
      const vi high = _mm512_adds_epi16(_mm512_packs_epi32(c, d), words);
      return _mm512_permutexvar_epi32(vi_load(order), _mm512_packus_epi16(low, high));
    }
    /* The same bytes, those of a lane together: lane r holds a[r], b[r], c[r], d[r]. */
    static inline vi vi_narrow4_lanes(vi a, vi b, vi c, vi d, vi words) {
      static const uint8_t order[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
      const vi low = _mm512_adds_epi16(_mm512_packs_epi32(a, b), words);
      const vi high = _mm512_adds_epi16(_mm512_packs_epi32(c, d), words);
      const __m128i bytes = _mm_loadu_si128((const __m128i *)order);
      return _mm512_shuffle_epi8(
          _mm512_packus_epi16(low, high), _mm512_broadcast_i32x4(bytes));
    }
    /* Half or quarter number i of a. */
    #define vi_store_half(p, a, i) \
      _mm256_storeu_si256((__m256i *)(p), _mm512_extracti64x4_epi64(a, i))
    #define vi_store_quarter(p, a, i) \
      _mm_storeu_si128((__m128i *)(p), _mm512_extracti32x4_epi32(a, i))
    #define vi_store_quarter_n(p, a, i, n) \
      _mm_mask_storeu_epi8(p, qc_first(n), _mm512_extracti32x4_epi32(a, i))
    static inline float qc_fma(float a, float b, float c) {
      return _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(a), _mm_set_ss(b), _mm_set_ss(c)));
    }

    """
}
