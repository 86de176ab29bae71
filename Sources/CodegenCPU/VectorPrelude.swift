import Targets

/// The C vector functions that every generated object begins with: one interface, written once per
/// kind of target, so that a family is written once for all targets.
///
/// `vf` and `vi` hold `VL` f32 or int32 lanes; `VL` divides 16. Masks are `vi` with lanes all ones
/// or zero.
///
/// | function | lane by lane |
/// |---|---|
/// | `vf_set1 vf_load vf_store vf_load_n vf_store_n` | unaligned; `_n` touches the first n ≤ VL lanes, the others load as 0 |
/// | `vf_add vf_sub vf_mul vf_div vf_sqrt` | IEEE, rounded to nearest even |
/// | `vf_fma(a, b, c)` | `a * b + c`, rounded once, on every target |
/// | `vf_min(a, b)`, `vf_max(a, b)` | `a < b ? a : b`, `a > b ? a : b`: `b` when one is NaN |
/// | `vf_lt vf_le vf_eq vf_unordered` | masks |
/// | `vf_select(mask, a, b)`, `vi_select` | `mask ? a : b` |
/// | `vf_from_vi`, `vi_round` | int32 to f32; f32 to int32, half to even, for magnitudes ≤ 2²² |
/// | `vi_bits(f)`, `vf_bits(i)` | the same 32 bits |
/// | `vi_set1 vi_load vi_store vi_load_n vi_store_n` | |
/// | `vi_add vi_sub vi_mul vi_and vi_or vi_xor vi_min vi_max vi_eq vi_gt` | wrapping; masks |
/// | `vi_sll(v, n) vi_srl vi_sra` | shifts by a constant |
/// | `vi_load_u8 vi_load_s8 vi_load_u8_n vi_load_s8_n` | VL (or n) bytes, widened |
/// | `vi_store_u8 vi_store_u8_n` | saturated to 0...255, VL (or n) bytes |
/// | `qc_fma(a, b, c)` | the scalar of `vf_fma` |
package enum VectorPrelude {
  /// The C text for `target`.
  package static func text(for target: CPUTarget) -> String {
    let own: String
    switch (target.hasFMA, target.vectorBytes) {
    case (true, 64): own = avx512
    case (true, 32): own = avx2 + (target.integerDot == .bytes ? quads256 : "")
    default: own = plain
    }
    return "#include <stddef.h>\n#include <stdint.h>\n" + own
  }
}
