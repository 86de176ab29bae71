/// One function for machines with AVX2 and FMA and one for all others, chosen when the program is
/// loaded. Where fma is no instruction it is the C library's, which is exact.
#ifndef QR_CLONES_H
#define QR_CLONES_H

#if defined(__x86_64__)
#define QR_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define QR_CLONES
#endif

#define QR_INLINE static inline __attribute__((always_inline))

/// a * b + c, rounded once.
QR_INLINE float qr_fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

/// Rounded to an integer, halves to even.
QR_INLINE float qr_rne(float t) { return __builtin_roundevenf(t); }

#endif
