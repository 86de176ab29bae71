extension FloatPrelude {
  /// Truncation, remainders of floats and integers, and integer division that never traps: a
  /// division by zero gives 0, and the smallest integer over -1 wraps.
  static let remainders = """
    QF int32_t qi_constant(float bits) {
      int32_t value;
      __builtin_memcpy(&value, &bits, 4);
      return value;
    }
    /* Towards zero; what lies beyond 64 bits saturates, NaN gives 0. */
    QF int64_t qi_truncate(float x) {
      if (x != x) return 0;
      if (x >= 0x1p63f) return INT64_MAX;
      return x <= -0x1p63f ? INT64_MIN : (int64_t)x;
    }
    QF int64_t qi_div(int64_t a, int64_t b) {
      return b == 0 ? 0 : b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
    }
    QF int64_t qi_rem(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }
    /* By squaring, wrapping; a negative exponent gives 0 but for bases of magnitude 1. */
    static inline int64_t qi_pow(int64_t base, int64_t exponent) {
      if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent & 1 ? -1 : 1) : 0;
      uint64_t product = 1, factor = (uint64_t)base;
      for (; exponent > 0; exponent >>= 1, factor *= factor) {
        if (exponent & 1) product *= factor;
      }
      return (int64_t)product;
    }
    QF int64_t qi_mod(int64_t a, int64_t b) {
      const int64_t r = qi_rem(a, b);
      return r != 0 && (r < 0) != (b < 0) ? r + b : r;
    }
    /* The exact remainder with the sign of x: each step of the long division is exact in double. */
    static inline float qf_fmod_1(float x, float y) {
      const float infinity = __builtin_inff();
      if (!(x < infinity && x > -infinity) || y != y || y == 0) return __builtin_nanf("");
      double a = x < 0 ? -(double)x : x;
      const double b = y < 0 ? -(double)y : y;
      if (a < b) return x;
      while (a >= b) {
        uint64_t high, low;
        __builtin_memcpy(&high, &a, 8);
        __builtin_memcpy(&low, &b, 8);
        /* b, scaled by the power of two that gives it a's exponent */
        const uint64_t bits = (high & 0x7ff0000000000000u) | (low & 0x000fffffffffffffu);
        double t;
        __builtin_memcpy(&t, &bits, 8);
        a -= t > a ? 0.5 * t : t;
      }
      return __builtin_copysignf((float)a, x);
    }
    QF qf qf_fmod(qf x, qf y) {
      float a[16], b[16];
      qf_store(a, x);
      qf_store(b, y);
      for (int i = 0; i < 16; ++i) a[i] = qf_fmod_1(a[i], b[i]);
      return qf_load(a);
    }
    /* The remainder with the sign of y. */
    QF qf qf_mod(qf x, qf y) {
      const qf r = qf_fmod(x, y);
      return qf_select((r != 0) & ((r < 0) ^ (y < 0)), r + y, r);
    }

    """
}
