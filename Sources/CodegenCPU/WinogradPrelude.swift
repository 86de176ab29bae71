import KernelIR
import Targets

/// The C functions of `winograd` kernels: the one-dimensional transforms of F(4, 3) and F(2, 3), one of
/// them for each axis, and vectors of N words for them.
///
/// The points are 0, 1, -1, 2, -2 and infinity, numbers 0, 1, 2 and 5 of them for F(2, 3). The values of
/// weights there are multiplied by 24, the last one by 12, so that they are integers.
///
/// | function | value |
/// |---|---|
/// | `wordsN_of_u8(p)`, `wordsN_of_s8(p)`, `wordsN_store(p, a)` | N bytes as words; N words to memory |
/// | `wordsN_pixels6(d, t)`, `wordsN_pixels4(d, t)` | as many transformed pixels of six, of four |
/// | `wordsN_weights(g, t)` | six transformed weights of three |
/// | `qc_winograd_results4(m, y)`, `qc_winograd_results2(m, y)` | 24 times four results of six sums of products, two of four |
/// | `qc_winograd_value(y)` | the sum of which y is 576 times, modulo 2³² |
struct WinogradPrelude {
  /// Words of a vector.
  let width: Int

  /// The widths that `target` has, the widest first.
  static func widths(of target: CPUTarget) -> [Int] {
    [32, 16, 8].filter { 2 * $0 <= target.vectorBytes }
  }

  static func text(for target: CPUTarget) -> String {
    widths(of: target).map { WinogradPrelude(width: $0).text }.joined() + results
  }

  private var text: String {
    """
    typedef int16_t words\(width) __attribute__((vector_size(\(2 * width))));
    typedef uint8_t words\(width)_u8 __attribute__((vector_size(\(width))));
    typedef int8_t words\(width)_s8 __attribute__((vector_size(\(width))));
    static inline words\(width) words\(width)_of_u8(const void *p) {
      words\(width)_u8 a;
      __builtin_memcpy(&a, p, sizeof a);
      return __builtin_convertvector(a, words\(width));
    }
    static inline words\(width) words\(width)_of_s8(const void *p) {
      words\(width)_s8 a;
      __builtin_memcpy(&a, p, sizeof a);
      return __builtin_convertvector(a, words\(width));
    }
    static inline void words\(width)_store(void *p, words\(width) a) {
      __builtin_memcpy(p, &a, sizeof a);
    }
    static inline void words\(width)_pixels6(const words\(width) d[6], words\(width) t[6]) {
      const words\(width) a = d[4] - d[2] * 4, b = d[1] * 4 - d[3];
      const words\(width) c = d[4] - d[2], e = (d[3] - d[1]) * 2;
      t[0] = c + (d[0] - d[2]) * 4;
      t[1] = a - b;
      t[2] = a + b;
      t[3] = c + e;
      t[4] = c - e;
      t[5] = d[5] - d[3] - e * 2;
    }
    static inline void words\(width)_pixels4(const words\(width) d[4], words\(width) t[4]) {
      t[0] = d[0] - d[2];
      t[1] = d[1] + d[2];
      t[2] = d[2] - d[1];
      t[3] = d[3] - d[1];
    }
    static inline void words\(width)_weights(const words\(width) g[3], words\(width) t[6]) {
      const words\(width) outer = g[0] + g[2], inner = g[1] * 2, far = g[0] + g[2] * 4;
      t[0] = g[0] * 6;
      t[1] = (outer + g[1]) * 4;
      t[2] = (outer - g[1]) * 4;
      t[3] = far + inner;
      t[4] = far - inner;
      t[5] = g[2] * 12;
    }

    """
  }

  /// 576 is 9 · 64, and 9 · 954437177 is 1 modulo 2³².
  private static let results = """
    static inline void qc_winograd_results4(const vi m[6], vi y[4]) {
      const vi s = vi_add(m[1], m[2]), p = vi_sub(m[1], m[2]);
      const vi t = vi_add(m[3], m[4]), q = vi_sub(m[3], m[4]);
      y[0] = vi_add(vi_sub(m[0], s), t);
      y[1] = vi_sub(vi_add(q, q), p);
      y[2] = vi_sub(vi_sll(t, 2), s);
      y[3] = vi_sub(vi_sll(vi_add(vi_sll(q, 2), m[5]), 1), p);
    }
    static inline void qc_winograd_results2(const vi m[4], vi y[2]) {
      const vi s = vi_add(m[1], m[2]), p = vi_sub(m[1], m[2]);
      y[0] = vi_add(vi_sll(m[0], 2), vi_add(vi_add(s, s), s));
      y[1] = vi_add(vi_add(m[3], m[3]), vi_add(vi_add(p, p), p));
    }
    static inline vi qc_winograd_value(vi y) {
      return vi_sra(vi_mul(y, vi_set1(954437177)), 6);
    }

    """
}
