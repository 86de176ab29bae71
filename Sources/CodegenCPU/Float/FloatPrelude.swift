import QuantMath
import Targets

/// The C functions that stand above every float kernel: vectors of 16 lanes on every target, which
/// the compiler splits into the target's registers.
///
/// Sixteen lanes are the definition's own lanes of a reduction, and a column panel of a matrix
/// product, so that one text serves all targets. `qf`, `qi` and `qb` hold 16 f32, int32 and bytes;
/// truth values are `qi` with lanes all ones or zero. The functions of one element follow in
/// ``functions``.
enum FloatPrelude {
  static func text(for target: CPUTarget) -> String {
    types + (target.hasFMA ? hardwareFMA : emulatedFMA) + arithmetic + trees
      + functions(for: target) + remainders + movement
  }

  private static let types = """
    /* Vectors stay within the object; an expression may compare a value with itself; a loop that
       is not unrolled is slower, not wrong. */
    #pragma clang diagnostic ignored "-Wpsabi"
    #pragma clang diagnostic ignored "-Wtautological-compare"
    #pragma clang diagnostic ignored "-Wpass-failed"
    #define QF static inline __attribute__((always_inline))
    #define QF_UNROLL _Pragma("clang loop unroll(full)")
    typedef float qf __attribute__((ext_vector_type(16)));
    typedef float qf8 __attribute__((ext_vector_type(8)));
    typedef float qf4 __attribute__((ext_vector_type(4)));
    typedef float qf2 __attribute__((ext_vector_type(2)));
    typedef int32_t qi __attribute__((ext_vector_type(16)));
    typedef uint32_t qu __attribute__((ext_vector_type(16)));
    typedef uint8_t qb __attribute__((ext_vector_type(16)));
    typedef double qd __attribute__((ext_vector_type(16)));
    typedef int64_t ql __attribute__((ext_vector_type(16)));

    QF qf qf_set(float a) { return (qf)a; }
    QF qi qf_bits(qf a) { return (qi)a; }
    QF qf qf_from_bits(qi a) { return (qf)a; }
    QF qf qf_select(qi m, qf a, qf b) {
      return qf_from_bits((qf_bits(a) & m) | (qf_bits(b) & ~m));
    }
    QF qf qf_load(const void *p) {
      qf a;
      __builtin_memcpy(&a, p, 64);
      return a;
    }
    QF void qf_store(void *p, qf a) { __builtin_memcpy(p, &a, 64); }
    /* The first n lanes; the others are `fill`. */
    QF qf qf_load_n(const void *p, uint32_t n, float fill) {
      if (n >= 16) return qf_load(p);
      float lanes[16];
      qf_store(lanes, qf_set(fill));
      for (uint32_t i = 0; i < n; ++i) __builtin_memcpy(&lanes[i], (const char *)p + 4 * i, 4);
      return qf_load(lanes);
    }
    QF void qf_store_n(void *p, qf a, uint32_t n) {
      if (n >= 16) {
        qf_store(p, a);
        return;
      }
      float lanes[16];
      qf_store(lanes, a);
      for (uint32_t i = 0; i < n; ++i) __builtin_memcpy((char *)p + 4 * i, &lanes[i], 4);
    }
    /* n lanes that lie `stride` bytes apart. */
    QF qf qf_load_strided(const char *p, intptr_t stride, uint32_t n) {
      float lanes[16];
      qf_store(lanes, qf_set(0));
      for (uint32_t i = 0; i < n; ++i) __builtin_memcpy(&lanes[i], p + (intptr_t)i * stride, 4);
      return qf_load(lanes);
    }
    QF void qf_store_strided(char *p, qf a, intptr_t stride, uint32_t n) {
      float lanes[16];
      qf_store(lanes, a);
      for (uint32_t i = 0; i < n; ++i) __builtin_memcpy(p + (intptr_t)i * stride, &lanes[i], 4);
    }
    /* Truth values are stored as bytes 0 and 1. */
    QF qi qf_load_bool(const char *p, intptr_t stride, uint32_t n) {
      uint8_t lanes[16] = {0};
      for (uint32_t i = 0; i < n; ++i) lanes[i] = (uint8_t)p[(intptr_t)i * stride];
      qb a;
      __builtin_memcpy(&a, lanes, 16);
      return __builtin_convertvector(a, qi) != 0;
    }
    QF void qf_store_bool(char *p, qi a, intptr_t stride, uint32_t n) {
      const qb bytes = __builtin_convertvector(a & 1, qb);
      uint8_t lanes[16];
      __builtin_memcpy(lanes, &bytes, 16);
      for (uint32_t i = 0; i < n; ++i) p[(intptr_t)i * stride] = (char)lanes[i];
    }

    """

  private static let hardwareFMA = """
    QF qf qf_fma(qf a, qf b, qf c) { return __builtin_elementwise_fma(a, b, c); }

    """

  /// The product of two f32 is exact in double; the sum with the third is rounded to odd, after
  /// which the second rounding, to f32, gives the correctly rounded result.
  private static let emulatedFMA = """
    static __attribute__((noinline)) qf qf_fma(qf a, qf b, qf c) {
      const qd p = __builtin_convertvector(a, qd) * __builtin_convertvector(b, qd);
      const qd d = __builtin_convertvector(c, qd);
      const qd s = p + d;
      const qd t = s - p;
      const qd error = (p - (s - t)) + (d - t); /* exact; NaN beside an infinity */
      const ql bits = (ql)s;
      const ql inexact = (error < 0) | (error > 0);
      const ql away = ((error > 0) == (s > 0));
      const ql even = (bits & 1) == 0;
      const ql odd = bits + (inexact & even & ((away & 2) - 1));
      return __builtin_convertvector((qd)odd, qf);
    }

    """

  private static let arithmetic = """
    QF qf qf_sqrt(qf a) { return __builtin_elementwise_sqrt(a); }
    QF qf qf_abs(qf a) { return qf_from_bits(qf_bits(a) & 0x7fffffff); }
    QF qf qf_with_sign(qf a, qf sign) {
      return qf_from_bits((qf_bits(a) & 0x7fffffff) | (qf_bits(sign) & (int32_t)0x80000000));
    }
    QF qf qf_raise(qf x, qf lower) { return qf_select(x < lower, lower, x); }
    QF qf qf_lower(qf x, qf upper) { return qf_select(x > upper, upper, x); }
    /* To integers, halves to even; the sign of zero is kept. */
    QF qf qf_round(qf x) {
      const qf r = (qf_abs(x) + 0x1p23f) - 0x1p23f;
      return qf_with_sign(qf_select(qf_abs(x) < 0x1p23f, r, qf_abs(x)), x);
    }
    QF qf qf_floor(qf x) {
      const qf r = qf_round(x);
      return qf_with_sign(qf_select(r > x, r - 1, r), x);
    }
    QF qf qf_ceil(qf x) {
      const qf r = qf_round(x);
      return qf_with_sign(qf_select(r < x, r + 1, r), x);
    }
    /* Joins lane l with l + 8, then + 4, + 2, + 1. */
    #define QF_TREE(name, type, join)                                                            \\
      QF float name(type v) {                                                                    \\
        const qf8 a = v.lo, b = v.hi, ab = join(a, b);                                           \\
        const qf4 c = ab.lo, d = ab.hi, cd = join(c, d);                                         \\
        const qf2 e = cd.lo, f = cd.hi, ef = join(e, f);                                         \\
        return join(ef.x, ef.y);                                                                 \\
      }
    #define QF_ADD(a, b) ((a) + (b))
    #define QF_MUL(a, b) ((a) * (b))
    #define QF_MAX(a, b) ((b) > (a) ? (b) : (a))
    #define QF_MIN(a, b) ((b) < (a) ? (b) : (a))
    QF_TREE(qf_tree_add, qf, QF_ADD)
    QF_TREE(qf_tree_mul, qf, QF_MUL)
    QF_TREE(qf_tree_max, qf, QF_MAX)
    QF_TREE(qf_tree_min, qf, QF_MIN)

    """

  /// Four trees cost little more than one.
  private static let trees = """
    /* The trees of four vectors, that of v[r] in lane 4 * r. */
    #define QF_PAIR(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
    #define QF_TREES(name, join)                                                                 \\
      QF qf name(const qf v[4]) {                                                                \\
        qf w[2];                                                                                 \\
        QF_UNROLL for (int i = 0; i < 2; ++i) {                                                  \\
          const qf a = v[2 * i], b = v[2 * i + 1];                                               \\
          const qf c = QF_PAIR(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);    \\
          const qf d =                                                                           \\
              QF_PAIR(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);       \\
          w[i] = join(c, d);                                                                     \\
        }                                                                                        \\
        const qf a = w[0], b = w[1];                                                             \\
        const qf c = QF_PAIR(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);    \\
        const qf d = QF_PAIR(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);  \\
        const qf e = join(c, d);                                                                 \\
        const qf f = QF_PAIR(e, e, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);        \\
        const qf h = join(e, f);                                                                 \\
        return join(h, QF_PAIR(h, h, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));     \\
      }
    QF_TREES(qf_trees_add, QF_ADD)
    QF_TREES(qf_trees_max, QF_MAX)

    """
}
