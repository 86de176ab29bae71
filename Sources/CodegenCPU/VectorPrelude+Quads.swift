extension VectorPrelude {
  /// What follows ``avx2`` where 256-bit vectors multiply quads of bytes: `qc_dpbusdN(sum, u, s)` is
  /// `sum + u[0] * s[0] + ... + u[3] * s[3]`, the bytes of each lane, u unsigned and s signed;
  /// `qc_dpwssd256(sum, a, b)` is `sum + a[0] * b[0] + a[1] * b[1]`, its signed words.
  static let quads256 = """
    /* VEX and EVEX encode the same product. */
    #ifdef __AVXVNNI__
    #define qc_dpbusd128 _mm_dpbusd_avx_epi32
    #define qc_dpbusd256 _mm256_dpbusd_avx_epi32
    #define qc_dpwssd256 _mm256_dpwssd_avx_epi32
    #else
    #define qc_dpbusd128 _mm_dpbusd_epi32
    #define qc_dpbusd256 _mm256_dpbusd_epi32
    #define qc_dpwssd256 _mm256_dpwssd_epi32
    #endif

    """
}
