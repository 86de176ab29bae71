import KernelIR
import Targets
import Tensors

/// The C of an ``Epilogue``: from int32 vectors of neighbouring columns to stored results.
///
/// With `S` for the kernel's symbol it writes the struct `S_constants`, `S_broadcast(g)` which fills
/// one from the record, and
/// - `vf S_value(e, acc, factor, residual)`: the value before rounding or storing; the residual is
///   what ``residual(_:count:)`` loads,
/// - `S_store(e, value, out)` and `S_store_n(e, value, out, n)`,
/// - with AVX2 or AVX-512 and a u8 result `S_narrow(e, v0, v1, v2, v3)`: the bytes of four vectors, one
///   after the other,
/// - with AVX2 and a u8 result `S_store4(e, v0, v1, v2, v3, p0, p1, p2, p3)`: four pixels of eight
///   columns each, which lie in the order 0 1 4 5 2 3 6 7.
struct EpilogueEmitter {
  let spec: KernelSpec
  let target: CPUTarget
  let arguments: ArgumentLayout

  private var symbol: String { spec.symbol }
  var isFloat: Bool { spec.operands.last == .f32 }
  private var isByte: Bool { spec.operands.last == .u8 }
  var hasResidual: Bool { spec.residual != nil }
  /// Whether `S_store4` exists.
  var storesFour: Bool { isByte && target.integerDot == .words }
  /// Whether `S_narrow` exists.
  var narrows: Bool { isByte && target.hasFMA }
  private var clamp: Epilogue.Clamp? { isFloat ? nil : Epilogue.Clamp(rawValue: spec["clamp"]) }
  /// The zero point in lanes of 32 and of 16 bits; one that is 0 is a constant, whose addition the
  /// compiler leaves out.
  private var zeroPoint: String { spec.isUnshifted ? "vi_set1(0)" : "e->zero_point" }
  private var zeroWords: String { spec.isUnshifted ? "vi_set1(0)" : "e->zero_words" }
  /// Bytes of one column of the result.
  var columnBytes: Int { spec.operands.last.map { $0.bitWidth / 8 } ?? 1 }
  /// Bytes of one column of the residual.
  var residualBytes: Int { spec.residual.map { $0.bitWidth / 8 } ?? 1 }

  func emit(into out: inout CSource) {
    emitConstants(into: &out)
    emitValue(into: &out)
    emitStore(into: &out)
    if storesFour { emitStoreFour(into: &out) }
    if narrows { emitNarrow(into: &out) }
  }

  private func emitConstants(into out: inout CSource) {
    out.line(
      """
      typedef struct {
        vf low, high, residual_multiplier, alpha, beta, activation_multiplier;
        vi zero_point, residual_zero_point\(narrows ? ", zero_words, qmin, qmax" : "");
      } \(symbol)_constants;
      """)
    out.block(
      "static inline \(symbol)_constants \(symbol)_broadcast(const \(arguments.structName) *g)"
    ) { out in
      let bounds =
        isFloat
        ? "vf_set1(g->low), vf_set1(g->high)"
        : "vf_set1((float)(g->qmin - g->zero_point)), vf_set1((float)(g->qmax - g->zero_point))"
      out.line("return (\(symbol)_constants){\(bounds),")
      out.line("    vf_set1(g->residual_multiplier), vf_set1(g->alpha), vf_set1(g->beta),")
      out.line("    vf_set1(g->activation_multiplier), vi_set1(g->zero_point),")
      out.line("    vi_set1(g->residual_zero_point)\(narrows ? "," : "};")")
      if narrows {
        out.line("    vi_words(vi_set1(g->zero_point)), vi_set1_bytes((uint8_t)g->qmin),")
        out.line("    vi_set1_bytes((uint8_t)g->qmax)};")
      }
    }
  }

  /// The C expression of the residual's columns at `pointer`, widened; of `count` of them if given.
  func residual(_ pointer: String, count: String? = nil) -> String {
    guard let element = spec.residual else { return "vi_set1(0)" }
    let load = "vi_load_\(element.storageName)"
    return count.map { "\(load)_n(\(pointer), \($0))" } ?? "\(load)(\(pointer))"
  }

  private func emitValue(into out: inout CSource) {
    out.block(
      """
      static inline vf \(symbol)_value(const \(symbol)_constants *e, vi acc, vf factor,
          vi residual)
      """
    ) { out in
      out.line("vf v = vf_mul(vf_from_vi(acc), factor);")
      if hasResidual {
        out.line("const vf r = vf_from_vi(vi_sub(residual, e->residual_zero_point));")
        out.line("v = vf_fma(r, e->residual_multiplier, v);")
      }
      if let activation = spec.activation {
        out.line("v = \(ActivationEmitter.expression(activation, of: "v"));")
        if !isFloat { out.line("v = vf_mul(v, e->activation_multiplier);") }
      }
      out.line("return v;")
    }
  }

  private func emitStore(into out: inout CSource) {
    for (suffix, extra, count) in [("", "", ""), ("_n", ", uint32_t n", ", n")] {
      out.block(
        "static inline void \(symbol)_store\(suffix)(const \(symbol)_constants *e, vf v, uint8_t *out\(extra))"
      ) { out in
        if isFloat {
          if spec["clamp"] == 1 { out.line("v = vf_max(vf_min(v, e->high), e->low);") }
          out.line("vf_store\(suffix)(out, v\(count));")
        } else {
          if clamp != .saturation || !target.hasFMA {
            out.line("v = vf_max(vf_min(v, e->high), e->low);")
          }
          let store = "vi_store_\(isByte ? "u8" : "i16")\(suffix)"
          out.line("\(store)(out, vi_add(vi_round(v), \(zeroPoint))\(count));")
        }
      }
    }
  }

  private func emitNarrow(into out: inout CSource) {
    out.block(
      "static inline vi \(symbol)_narrow(const \(symbol)_constants *e, vf v0, vf v1, vf v2, vf v3)"
    ) { out in
      if clamp == .values {
        for v in 0..<4 { out.line("v\(v) = vf_max(vf_min(v\(v), e->high), e->low);") }
      }
      let words = (0..<4).map { "vi_round(v\($0))" }.joined(separator: ", ")
      out.line("const vi b = vi_narrow4(\(words),\n    \(zeroWords));")
      out.line(
        clamp == .bytes ? "return vi_max_u8(vi_min_u8(b, e->qmax), e->qmin);" : "return b;")
    }
  }

  /// What lies below `low` after the conversion, INT_MIN included, saturates to 0 and is raised to qmin
  /// as a byte.
  private func emitStoreFour(into out: inout CSource) {
    out.block(
      """
      static inline void \(symbol)_store4(const \(symbol)_constants *e, vf v0, vf v1, vf v2, vf v3,
          uint8_t *p0, uint8_t *p1, uint8_t *p2, uint8_t *p3)
      """
    ) { out in
      out.line(
        """
        const __m256i zero = _mm256_packs_epi32(\(zeroPoint), \(zeroPoint));
        const __m256i low = _mm256_cvtps_epi32(e->low);
        const __m256i a = _mm256_packs_epi32(_mm256_cvtps_epi32(vf_min(v0, e->high)),
            _mm256_cvtps_epi32(vf_min(v1, e->high)));
        const __m256i b = _mm256_packs_epi32(_mm256_cvtps_epi32(vf_min(v2, e->high)),
            _mm256_cvtps_epi32(vf_min(v3, e->high)));
        const __m256i qmin = _mm256_adds_epi16(_mm256_packs_epi32(low, low), zero);
        const __m256i bytes = _mm256_max_epu8(_mm256_packus_epi16(qmin, qmin),
            _mm256_packus_epi16(_mm256_adds_epi16(a, zero), _mm256_adds_epi16(b, zero)));
        const __m128i left = _mm256_castsi256_si128(bytes), right = _mm256_extracti128_si256(bytes, 1);
        const __m128i even = _mm_unpacklo_epi16(left, right), odd = _mm_unpackhi_epi16(left, right);
        _mm_storel_epi64((__m128i *)p0, even);
        _mm_storeh_pd((double *)p1, _mm_castsi128_pd(even));
        _mm_storel_epi64((__m128i *)p2, odd);
        _mm_storeh_pd((double *)p3, _mm_castsi128_pd(odd));
        """)
    }
  }
}

extension ElementType {
  /// What the vector functions that load and store activations of this type are called by.
  var storageName: String { self == .i16 ? "i16" : "u8" }
}
