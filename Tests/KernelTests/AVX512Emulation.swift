/// The AVX-512 intrinsics that the generators use, in C for a machine without them.
///
/// Macros replace the names after the real header is read, so the generated text stays as it is.
enum AVX512Emulation {
  static let header: String = types + float + integer + bytes + inLanes + narrow + "\n"

  private static let types = """
    #include <immintrin.h>
    #include <stdint.h>
    #define QE static inline __attribute__((always_inline, unused))
    typedef float qe_f __attribute__((vector_size(64)));
    typedef int32_t qe_i __attribute__((vector_size(64)));
    typedef int16_t qe_h __attribute__((vector_size(64)));
    typedef uint8_t qe_b __attribute__((vector_size(64)));
    typedef int32_t qe_q __attribute__((vector_size(16)));
    #define EACH for (int i = 0; i < 16; ++i)

    """

  private static let float = """
    QE __m512 qe_set1_ps(float a) { qe_f r; EACH r[i] = a; return (__m512)r; }
    QE __m512 qe_loadu_ps(const void *p) { qe_f r; __builtin_memcpy(&r, p, 64); return (__m512)r; }
    QE void qe_storeu_ps(void *p, __m512 a) { __builtin_memcpy(p, &a, 64); }
    QE __m512 qe_maskz_loadu_ps(uint16_t m, const void *p) {
      qe_f r; EACH r[i] = m >> i & 1 ? ((const float *)p)[i] : 0; return (__m512)r; }
    QE void qe_mask_storeu_ps(void *p, uint16_t m, __m512 a) {
      EACH if (m >> i & 1) ((float *)p)[i] = ((qe_f)a)[i]; }
    QE __m512 qe_add_ps(__m512 a, __m512 b) { return (__m512)((qe_f)a + (qe_f)b); }
    QE __m512 qe_sub_ps(__m512 a, __m512 b) { return (__m512)((qe_f)a - (qe_f)b); }
    QE __m512 qe_mul_ps(__m512 a, __m512 b) { return (__m512)((qe_f)a * (qe_f)b); }
    QE __m512 qe_div_ps(__m512 a, __m512 b) { return (__m512)((qe_f)a / (qe_f)b); }
    QE __m512 qe_sqrt_ps(__m512 a) { return (__m512)__builtin_elementwise_sqrt((qe_f)a); }
    QE __m512 qe_fmadd_ps(__m512 a, __m512 b, __m512 c) {
      qe_f r; EACH r[i] = _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(a[i]), _mm_set_ss(b[i]),
        _mm_set_ss(c[i]))); return (__m512)r; }
    QE __m512 qe_min_ps(__m512 a, __m512 b) {
      qe_f r; EACH r[i] = a[i] < b[i] ? a[i] : b[i]; return (__m512)r; }
    QE __m512 qe_max_ps(__m512 a, __m512 b) {
      qe_f r; EACH r[i] = a[i] > b[i] ? a[i] : b[i]; return (__m512)r; }
    QE uint16_t qe_cmp_ps_mask(__m512 a, __m512 b, int op) {
      uint16_t m = 0;
      EACH m |= (uint16_t)((op == _CMP_LT_OQ ? a[i] < b[i] : op == _CMP_LE_OQ ? a[i] <= b[i] :
        op == _CMP_EQ_OQ ? a[i] == b[i] : a[i] != a[i] || b[i] != b[i]) << i);
      return m; }
    QE __m512 qe_mask_blend_ps(uint16_t m, __m512 a, __m512 b) {
      qe_f r; EACH r[i] = m >> i & 1 ? b[i] : a[i]; return (__m512)r; }
    QE __m512 qe_cvtepi32_ps(__m512i a) {
      return (__m512)__builtin_convertvector((qe_i)a, qe_f); }
    QE __m512i qe_cvtps_epi32(__m512 a) {
      qe_i r; EACH r[i] = _mm_cvtss_si32(_mm_set_ss(a[i])); return (__m512i)r; }
    #define _mm512_set1_ps qe_set1_ps
    #define _mm512_loadu_ps qe_loadu_ps
    #define _mm512_storeu_ps qe_storeu_ps
    #define _mm512_maskz_loadu_ps qe_maskz_loadu_ps
    #define _mm512_mask_storeu_ps qe_mask_storeu_ps
    #define _mm512_add_ps qe_add_ps
    #define _mm512_sub_ps qe_sub_ps
    #define _mm512_mul_ps qe_mul_ps
    #define _mm512_div_ps qe_div_ps
    #define _mm512_sqrt_ps qe_sqrt_ps
    #define _mm512_fmadd_ps qe_fmadd_ps
    #define _mm512_min_ps qe_min_ps
    #define _mm512_max_ps qe_max_ps
    #undef _mm512_cmp_ps_mask
    #define _mm512_cmp_ps_mask qe_cmp_ps_mask
    #define _mm512_mask_blend_ps qe_mask_blend_ps
    #define _mm512_cvtepi32_ps qe_cvtepi32_ps
    #define _mm512_cvtps_epi32 qe_cvtps_epi32
    #define _mm512_castps_si512(a) ((__m512i)(a))
    #define _mm512_castsi512_ps(a) ((__m512)(a))

    """

  private static let integer = """
    QE __m512i qe_setzero(void) { return (__m512i)(qe_i){0}; }
    QE __m512i qe_set1_epi32(int32_t a) { qe_i r; EACH r[i] = a; return (__m512i)r; }
    QE __m512i qe_loadu(const void *p) { qe_i r; __builtin_memcpy(&r, p, 64); return (__m512i)r; }
    QE void qe_storeu(void *p, __m512i a) { __builtin_memcpy(p, &a, 64); }
    QE __m512i qe_maskz_loadu_epi32(uint16_t m, const void *p) {
      qe_i r; EACH r[i] = m >> i & 1 ? ((const int32_t *)p)[i] : 0; return (__m512i)r; }
    QE void qe_mask_storeu_epi32(void *p, uint16_t m, __m512i a) {
      EACH if (m >> i & 1) ((int32_t *)p)[i] = ((qe_i)a)[i]; }
    QE __m512i qe_maskz_set1_epi32(uint16_t m, int32_t a) {
      qe_i r; EACH r[i] = m >> i & 1 ? a : 0; return (__m512i)r; }
    QE uint16_t qe_movepi32_mask(__m512i a) {
      uint16_t m = 0; EACH m |= (uint16_t)((((qe_i)a)[i] < 0) << i); return m; }
    QE __m512i qe_mask_blend_epi32(uint16_t m, __m512i a, __m512i b) {
      qe_i r; EACH r[i] = m >> i & 1 ? ((qe_i)b)[i] : ((qe_i)a)[i]; return (__m512i)r; }
    typedef uint32_t qe_u __attribute__((vector_size(64)));
    QE __m512i qe_add_epi32(__m512i a, __m512i b) { return (__m512i)((qe_u)a + (qe_u)b); }
    QE __m512i qe_sub_epi32(__m512i a, __m512i b) { return (__m512i)((qe_u)a - (qe_u)b); }
    QE __m512i qe_mullo_epi32(__m512i a, __m512i b) { return (__m512i)((qe_u)a * (qe_u)b); }
    QE __m512i qe_and(__m512i a, __m512i b) { return (__m512i)((qe_u)a & (qe_u)b); }
    QE __m512i qe_or(__m512i a, __m512i b) { return (__m512i)((qe_u)a | (qe_u)b); }
    QE __m512i qe_xor(__m512i a, __m512i b) { return (__m512i)((qe_u)a ^ (qe_u)b); }
    QE __m512i qe_min_epi32(__m512i a, __m512i b) {
      qe_i r; EACH r[i] = ((qe_i)a)[i] < ((qe_i)b)[i] ? ((qe_i)a)[i] : ((qe_i)b)[i];
      return (__m512i)r; }
    QE __m512i qe_max_epi32(__m512i a, __m512i b) {
      qe_i r; EACH r[i] = ((qe_i)a)[i] > ((qe_i)b)[i] ? ((qe_i)a)[i] : ((qe_i)b)[i];
      return (__m512i)r; }
    QE uint16_t qe_cmpeq(__m512i a, __m512i b) {
      uint16_t m = 0; EACH m |= (uint16_t)((((qe_i)a)[i] == ((qe_i)b)[i]) << i); return m; }
    QE uint16_t qe_cmpgt(__m512i a, __m512i b) {
      uint16_t m = 0; EACH m |= (uint16_t)((((qe_i)a)[i] > ((qe_i)b)[i]) << i); return m; }
    #define _mm512_setzero_si512 qe_setzero
    #define _mm512_set1_epi32 qe_set1_epi32
    #define _mm512_loadu_si512 qe_loadu
    #define _mm512_storeu_si512 qe_storeu
    #define _mm512_maskz_loadu_epi32 qe_maskz_loadu_epi32
    #define _mm512_mask_storeu_epi32 qe_mask_storeu_epi32
    #define _mm512_maskz_set1_epi32 qe_maskz_set1_epi32
    #define _mm512_movepi32_mask qe_movepi32_mask
    #define _mm512_mask_blend_epi32 qe_mask_blend_epi32
    #define _mm512_add_epi32 qe_add_epi32
    #define _mm512_sub_epi32 qe_sub_epi32
    #define _mm512_mullo_epi32 qe_mullo_epi32
    #define _mm512_and_si512 qe_and
    #define _mm512_or_si512 qe_or
    #define _mm512_xor_si512 qe_xor
    #define _mm512_min_epi32 qe_min_epi32
    #define _mm512_max_epi32 qe_max_epi32
    #undef _mm512_cmpeq_epi32_mask
    #define _mm512_cmpeq_epi32_mask qe_cmpeq
    #undef _mm512_cmpgt_epi32_mask
    #define _mm512_cmpgt_epi32_mask qe_cmpgt
    #undef _mm512_slli_epi32
    #define _mm512_slli_epi32(a, n) ((__m512i)((qe_u)(a) << (n)))
    #undef _mm512_srli_epi32
    #define _mm512_srli_epi32(a, n) ((__m512i)((qe_u)(a) >> (n)))
    #undef _mm512_srai_epi32
    #define _mm512_srai_epi32(a, n) ((__m512i)((qe_i)(a) >> (n)))

    """

  private static let bytes = """
    QE __m512i qe_cvtepu8_epi32(__m128i a) {
      qe_i r; uint8_t b[16]; __builtin_memcpy(b, &a, 16); EACH r[i] = b[i]; return (__m512i)r; }
    QE __m512i qe_cvtepi8_epi32(__m128i a) {
      qe_i r; int8_t b[16]; __builtin_memcpy(b, &a, 16); EACH r[i] = b[i]; return (__m512i)r; }
    QE __m128i qe_maskz_loadu_epi8(uint16_t m, const void *p) {
      uint8_t b[16]; EACH b[i] = m >> i & 1 ? ((const uint8_t *)p)[i] : 0;
      __m128i r; __builtin_memcpy(&r, b, 16); return r; }
    QE __m128i qe_cvtusepi32_epi8(__m512i a) {
      uint8_t b[16]; EACH b[i] = ((qe_u)a)[i] > 255 ? 255 : (uint8_t)((qe_u)a)[i];
      __m128i r; __builtin_memcpy(&r, b, 16); return r; }
    QE __m512i qe_dpbusd(__m512i c, __m512i a, __m512i b) {
      qe_i r = (qe_i)c; uint8_t u[64]; int8_t s[64];
      __builtin_memcpy(u, &a, 64); __builtin_memcpy(s, &b, 64);
      for (int i = 0; i < 64; ++i) r[i / 4] += u[i] * s[i];
      return (__m512i)r; }
    QE __m512i qe_cvtepu8_epi16(__m256i a) {
      qe_h r; uint8_t b[32]; __builtin_memcpy(b, &a, 32);
      for (int i = 0; i < 32; ++i) r[i] = b[i]; return (__m512i)r; }
    QE __m512i qe_cvtepi8_epi16(__m256i a) {
      qe_h r; int8_t b[32]; __builtin_memcpy(b, &a, 32);
      for (int i = 0; i < 32; ++i) r[i] = b[i]; return (__m512i)r; }
    QE __m512i qe_cvtepi16_epi32(__m256i a) {
      qe_i r; int16_t b[16]; __builtin_memcpy(b, &a, 32); EACH r[i] = b[i]; return (__m512i)r; }
    QE __m512i qe_cvtepu16_epi32(__m256i a) {
      qe_i r; uint16_t b[16]; __builtin_memcpy(b, &a, 32); EACH r[i] = b[i]; return (__m512i)r; }
    QE __m256i qe_cvtsepi32_epi16(__m512i a) {
      int16_t b[16];
      EACH b[i] = (int16_t)(((qe_i)a)[i] < -32768 ? -32768 : ((qe_i)a)[i] > 32767 ? 32767
        : ((qe_i)a)[i]);
      __m256i r; __builtin_memcpy(&r, b, 32); return r; }
    QE __m256i qe_maskz_loadu_epi16(uint16_t m, const void *p) {
      int16_t b[16]; EACH b[i] = m >> i & 1 ? ((const int16_t *)p)[i] : 0;
      __m256i r; __builtin_memcpy(&r, b, 32); return r; }
    QE void qe_mask_storeu_epi16(void *p, uint16_t m, __m256i a) {
      int16_t b[16]; __builtin_memcpy(b, &a, 32);
      EACH if (m >> i & 1) ((int16_t *)p)[i] = b[i]; }
    QE __m512i qe_permutex2var_epi8(__m512i a, __m512i index, __m512i b) {
      qe_b r; for (int i = 0; i < 64; ++i) { const uint8_t k = ((qe_b)index)[i] & 127;
        r[i] = k < 64 ? ((qe_b)a)[k] : ((qe_b)b)[k - 64]; }
      return (__m512i)r; }
    QE uint64_t qe_movepi8_mask(__m512i a) {
      uint64_t m = 0; for (int i = 0; i < 64; ++i) m |= (uint64_t)(((qe_b)a)[i] >> 7) << i;
      return m; }
    QE __m512i qe_mask_blend_epi8(uint64_t m, __m512i a, __m512i b) {
      qe_b r; for (int i = 0; i < 64; ++i) r[i] = m >> i & 1 ? ((qe_b)b)[i] : ((qe_b)a)[i];
      return (__m512i)r; }
    QE __m512i qe_maskz_loadu_bytes(uint64_t m, const void *p) {
      qe_b r; for (int i = 0; i < 64; ++i) r[i] = m >> i & 1 ? ((const uint8_t *)p)[i] : 0;
      return (__m512i)r; }
    QE __m512i qe_dpwssd(__m512i c, __m512i a, __m512i b) {
      qe_i r = (qe_i)c;
      for (int i = 0; i < 32; ++i) r[i / 2] += (int32_t)((qe_h)a)[i] * ((qe_h)b)[i];
      return (__m512i)r; }
    QE __m512i qe_packs_epi32(__m512i a, __m512i b) {
      qe_h r;
      for (int i = 0; i < 32; ++i) {
        const int32_t v = ((qe_i)(i & 4 ? b : a))[i / 8 * 4 + i % 4];
        r[i] = (int16_t)(v < -32768 ? -32768 : v > 32767 ? 32767 : v); }
      return (__m512i)r; }
    QE __m512i qe_adds_epi16(__m512i a, __m512i b) {
      qe_h r;
      for (int i = 0; i < 32; ++i) {
        const int32_t v = ((qe_h)a)[i] + ((qe_h)b)[i];
        r[i] = (int16_t)(v < -32768 ? -32768 : v > 32767 ? 32767 : v); }
      return (__m512i)r; }
    QE __m512i qe_packus_epi16(__m512i a, __m512i b) {
      qe_b r;
      for (int i = 0; i < 64; ++i) {
        const int16_t v = ((qe_h)(i & 8 ? b : a))[i / 16 * 8 + i % 8];
        r[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); }
      return (__m512i)r; }
    QE __m512i qe_permutexvar_epi32(__m512i n, __m512i a) {
      qe_i r; EACH r[i] = ((qe_i)a)[((qe_i)n)[i] & 15]; return (__m512i)r; }
    QE __m512i qe_broadcast_i32x4(__m128i a) {
      qe_i r; EACH r[i] = ((qe_q)a)[i & 3]; return (__m512i)r; }
    QE __m512i qe_shuffle_epi8(__m512i a, __m512i n) {
      qe_b r;
      for (int i = 0; i < 64; ++i) {
        const uint8_t from = ((qe_b)n)[i];
        r[i] = from & 128 ? 0 : ((qe_b)a)[i / 16 * 16 + from % 16]; }
      return (__m512i)r; }
    QE __m512i qe_min_epu8(__m512i a, __m512i b) {
      qe_b r;
      for (int i = 0; i < 64; ++i) {
        const uint8_t x = ((qe_b)a)[i], y = ((qe_b)b)[i];
        r[i] = x < y ? x : y; }
      return (__m512i)r; }
    QE __m512i qe_max_epu8(__m512i a, __m512i b) {
      qe_b r;
      for (int i = 0; i < 64; ++i) {
        const uint8_t x = ((qe_b)a)[i], y = ((qe_b)b)[i];
        r[i] = x > y ? x : y; }
      return (__m512i)r; }
    QE __m256i qe_extracti64x4(__m512i a, int n) {
      __m256i r; __builtin_memcpy(&r, (const char *)&a + 32 * n, 32); return r; }
    QE __m128i qe_extracti32x4(__m512i a, int n) {
      __m128i r; __builtin_memcpy(&r, (const char *)&a + 16 * n, 16); return r; }
    #define _mm512_packs_epi32 qe_packs_epi32
    #define _mm512_adds_epi16 qe_adds_epi16
    #define _mm512_packus_epi16 qe_packus_epi16
    #define _mm512_permutexvar_epi32 qe_permutexvar_epi32
    #define _mm512_broadcast_i32x4 qe_broadcast_i32x4
    #define _mm512_shuffle_epi8 qe_shuffle_epi8
    #define _mm512_min_epu8 qe_min_epu8
    #define _mm512_max_epu8 qe_max_epu8
    #undef _mm512_extracti64x4_epi64
    #define _mm512_extracti64x4_epi64 qe_extracti64x4
    #undef _mm512_extracti32x4_epi32
    #define _mm512_extracti32x4_epi32 qe_extracti32x4
    #define _mm512_cvtepu8_epi32 qe_cvtepu8_epi32
    #define _mm512_cvtepi8_epi32 qe_cvtepi8_epi32
    #define _mm512_cvtepu8_epi16 qe_cvtepu8_epi16
    #define _mm512_cvtepi8_epi16 qe_cvtepi8_epi16
    #define _mm512_cvtepi16_epi32 qe_cvtepi16_epi32
    #define _mm512_cvtepu16_epi32 qe_cvtepu16_epi32
    #define _mm512_cvtsepi32_epi16 qe_cvtsepi32_epi16
    #define _mm256_maskz_loadu_epi16 qe_maskz_loadu_epi16
    #define _mm256_mask_storeu_epi16 qe_mask_storeu_epi16
    #define _mm_maskz_loadu_epi8 qe_maskz_loadu_epi8
    #define _mm512_cvtusepi32_epi8 qe_cvtusepi32_epi8
    #define _mm512_permutex2var_epi8 qe_permutex2var_epi8
    #define _mm512_movepi8_mask qe_movepi8_mask
    #define _mm512_mask_blend_epi8 qe_mask_blend_epi8
    #define _mm512_maskz_loadu_epi8 qe_maskz_loadu_bytes
    #define _mm512_dpbusd_epi32 qe_dpbusd
    #define _mm512_dpwssd_epi32 qe_dpwssd

    """

  /// What works on each 128-bit lane alone, from its AVX2 form; and lanes as wholes.
  private static let inLanes = """
    #define QE_HALVES(name) QE __m512i qe_##name(__m512i a, __m512i b) { \\
      __m256i x[2], y[2]; __builtin_memcpy(x, &a, 64); __builtin_memcpy(y, &b, 64); \\
      for (int i = 0; i < 2; ++i) x[i] = _mm256_##name(x[i], y[i]); \\
      __builtin_memcpy(&a, x, 64); return a; }
    QE_HALVES(unpacklo_epi8) QE_HALVES(unpackhi_epi8)
    QE_HALVES(unpacklo_epi16) QE_HALVES(unpackhi_epi16)
    QE __m512i qe_set1_epi8(char a) { qe_b r; for (int i = 0; i < 64; ++i) r[i] = (uint8_t)a;
      return (__m512i)r; }
    QE __m512i qe_set1_epi16(int16_t a) { qe_h r; for (int i = 0; i < 32; ++i) r[i] = a;
      return (__m512i)r; }
    QE __m512i qe_shuffle_i32x4(__m512i a, __m512i b, int order) {
      __m128i x[4], y[4], r[4]; __builtin_memcpy(x, &a, 64); __builtin_memcpy(y, &b, 64);
      for (int i = 0; i < 4; ++i) r[i] = (i < 2 ? x : y)[order >> 2 * i & 3];
      __builtin_memcpy(&a, r, 64); return a; }
    #define _mm512_unpacklo_epi8 qe_unpacklo_epi8
    #define _mm512_unpackhi_epi8 qe_unpackhi_epi8
    #define _mm512_unpacklo_epi16 qe_unpacklo_epi16
    #define _mm512_unpackhi_epi16 qe_unpackhi_epi16
    #define _mm512_set1_epi8 qe_set1_epi8
    #define _mm512_set1_epi16 qe_set1_epi16
    #undef _mm512_shuffle_i32x4
    #define _mm512_shuffle_i32x4 qe_shuffle_i32x4

    """

  /// AVX-512 VL: the forms for 128 and 256 bits.
  private static let narrow = """
    #define QE_DOT(type, bits) QE type qe_dpbusd##bits(type c, type a, type b) { \\
      int32_t r[bits / 32]; uint8_t u[bits / 8]; int8_t s[bits / 8]; \\
      __builtin_memcpy(r, &c, bits / 8); __builtin_memcpy(u, &a, bits / 8); \\
      __builtin_memcpy(s, &b, bits / 8); \\
      for (int i = 0; i < bits / 8; ++i) r[i / 4] += u[i] * s[i]; \\
      __builtin_memcpy(&c, r, bits / 8); return c; }
    QE_DOT(__m128i, 128) QE_DOT(__m256i, 256)
    QE __m256i qe_dpwssd256(__m256i c, __m256i a, __m256i b) {
      return _mm256_add_epi32(c, _mm256_madd_epi16(a, b)); }
    #define QE_STORE(type, bits) QE void qe_store##bits(void *p, uint64_t m, type a) { \\
      uint8_t b[bits / 8]; __builtin_memcpy(b, &a, bits / 8); \\
      for (int i = 0; i < bits / 8; ++i) if (m >> i & 1) ((uint8_t *)p)[i] = b[i]; }
    QE_STORE(__m128i, 128) QE_STORE(__m256i, 256) QE_STORE(__m512i, 512)
    #undef _mm_dpbusd_epi32
    #define _mm_dpbusd_epi32 qe_dpbusd128
    #undef _mm256_dpbusd_epi32
    #define _mm256_dpbusd_epi32 qe_dpbusd256
    #undef _mm256_dpwssd_epi32
    #define _mm256_dpwssd_epi32 qe_dpwssd256
    #define _mm_mask_storeu_epi8 qe_store128
    #define _mm256_mask_storeu_epi8 qe_store256
    #define _mm512_mask_storeu_epi8 qe_store512

    """
}
