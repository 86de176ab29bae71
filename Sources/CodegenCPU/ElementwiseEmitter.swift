import KernelIR
import Targets
import Tensors

/// Writes an `add`, `mul` or `lut` kernel.
func emitElementwise(_ spec: KernelSpec, _ target: CPUTarget, _ out: inout CSource) {
  let isTable = spec.family == .table
  if !isTable { emitRun(spec, into: &out) }
  out.kernel(spec.symbol, ElementwiseKernel.layout) { out in
    out.line("const uint8_t *lhs = (const uint8_t *)buffers[0] + g->lhs_origin;")
    out.line(
      isTable
        ? "const qc_table table = qc_make_table(buffers[1]);"
        : "const uint8_t *rhs = (const uint8_t *)buffers[1] + g->rhs_origin;")
    out.line("uint8_t *output = buffers[2];")
    if spec["split"] == TileSplit.pixels.rawValue {
      let block = TileSplit.pixelBlock
      out.line(
        """
        const uint32_t x = begin * \(block), x1 = qc_min(g->pixels, end * \(block));
        const uint8_t *a = lhs + (size_t)x * g->lhs_pixel_pitch;
        \(rhsPointer(spec, ["x * g->rhs_pixel_pitch"]))
        uint8_t *p = output + g->output_origin + (size_t)x * g->output_pixel_pitch;
        """)
      emitPixels(spec, count: "x1 - x", into: &out)
    } else {
      out.halo(channelBytes: spec.resultBytes)
      out.rowTiles { out in
        out.line(
          """
          const uint8_t *a = lhs + (size_t)image * g->lhs_image_pitch + (size_t)y * g->lhs_row_pitch;
          \(rhsPointer(spec, ["image * g->rhs_image_pitch", "y * g->rhs_row_pitch"]))
          """)
        emitPixels(spec, count: "g->pixels", into: &out)
        out.line("qc_fill_halo(&halo, p, y);")
      }
    }
  }
}

private func broadcast(_ spec: KernelSpec) -> ElementwiseKernel.Broadcast? {
  guard spec.family != .table else { return nil }
  return ElementwiseKernel.Broadcast(rawValue: spec["broadcast"])
}

/// Declares the right operand `b`, which moves along the given axes, image first; a table has none.
private func rhsPointer(_ spec: KernelSpec, _ axes: [String]) -> String {
  let offset: String
  switch broadcast(spec) {
  case nil: return ""
  case .channel, .scalar: offset = ""
  case .image: offset = axes.count == 2 ? " + (size_t)\(axes[0])" : ""
  case .some(.none): offset = axes.map { " + (size_t)\($0)" }.joined()
  }
  return "const uint8_t *b = rhs\(offset);"
}

/// `count` elements from `a` and `b` to `to`.
private func run(
  _ spec: KernelSpec, _ a: String, _ b: String, _ to: String, _ count: String
) -> String {
  spec.family == .table
    ? "qc_look_up(&table, \(a), \(to), \(count));"
    : "\(spec.symbol)_run(g, \(a), \(b), \(to), \(count));"
}

/// `count` pixels at a, b and p: as one run where nothing lies between them, else pixel by pixel.
private func emitPixels(_ spec: KernelSpec, count: String, into out: inout CSource) {
  let isWhole = [nil, .some(.none), .scalar].contains(broadcast(spec))
  let sameShape = broadcast(spec) == .some(.none)
  if isWhole {
    func isDense(_ side: String, _ bytes: Int) -> String {
      "g->\(side)_pixel_pitch == g->channels * \(bytes)"
    }
    let sides =
      [isDense("lhs", spec.operandBytes(0)), isDense("output", spec.resultBytes)]
      + (sameShape ? [isDense("rhs", spec.operandBytes(1))] : [])
    out.block("if (\(sides.joined(separator: " && ")))") { out in
      out.line(run(spec, "a", "b", "p", "(\(count)) * g->channels"))
    }
    out.block("else") { out in emitPixelLoop(spec, count: count, sameShape: sameShape, into: &out) }
  } else {
    emitPixelLoop(spec, count: count, sameShape: false, into: &out)
  }
}

private func emitPixelLoop(
  _ spec: KernelSpec, count: String, sameShape: Bool, into out: inout CSource
) {
  out.block("for (uint32_t i = 0; i < \(count); ++i)") { out in
    out.line(
      run(
        spec, "a + (size_t)i * g->lhs_pixel_pitch",
        "b\(sameShape ? " + (size_t)i * g->rhs_pixel_pitch" : "")",
        "p + (size_t)i * g->output_pixel_pitch", "g->channels"))
  }
}

/// `S_run`: `count` neighbouring elements.
private func emitRun(_ spec: KernelSpec, into out: inout CSource) {
  out.block(
    """
    static inline void \(spec.symbol)_run(const qc_elementwise_args *g, const uint8_t *a,
        const uint8_t *b, uint8_t *to, uint32_t count)
    """
  ) { out in
    out.line(
      """
      const vi za = vi_set1(g->lhs_zero_point), zb = vi_set1(g->rhs_zero_point);
      const vi zero = vi_set1(g->zero_point);
      const vf ma = vf_set1(g->lhs_multiplier), mb = vf_set1(g->rhs_multiplier);
      const vf low = vf_set1((float)(g->qmin - g->zero_point));
      const vf high = vf_set1((float)(g->qmax - g->zero_point));
      """)
    let isScalar = broadcast(spec) == .scalar
    let load = (0..<2).map { "vi_load_\(spec.operands[$0].storageName)" }
    let store = "vi_store_\((spec.operands.last ?? .u8).storageName)"
    if isScalar { out.line("const vi vb = vi_sub(vi_set1(\(scalar(spec))), zb);") }
    out.line("uint32_t i = 0;")
    for (header, suffix, count) in [
      ("for (; i + VL <= count; i += VL)", "", ""), ("if (i < count)", "_n", ", count - i"),
    ] {
      out.block(header) { out in
        func at(_ operand: String, _ index: Int) -> String {
          "\(load[index])\(suffix)(\(operand) + i * \(spec.operandBytes(index))\(count))"
        }
        out.line("const vi va = vi_sub(\(at("a", 0)), za);")
        if !isScalar { out.line("const vi vb = vi_sub(\(at("b", 1)), zb);") }
        out.line(
          spec.family == .add
            ? "const vf v = vf_fma(vf_from_vi(vb), mb, vf_mul(vf_from_vi(va), ma));"
            : "const vf v = vf_mul(vf_from_vi(vi_mul(va, vb)), ma);")
        out.line("const vi q = vi_add(vi_round(vf_max(vf_min(v, high), low)), zero);")
        out.line("\(store)\(suffix)(to + i * \(spec.resultBytes), q\(count));")
      }
    }
    if spec.family == .multiply { out.line("(void)mb;") }
  }
  out.blank()
}

/// The C expression of the only element at `b`.
private func scalar(_ spec: KernelSpec) -> String {
  spec.operands[1] == .i16 ? "*(const int16_t *)b" : "b[0]"
}

extension KernelSpec {
  fileprivate func operandBytes(_ index: Int) -> Int { operands[index].bitWidth / 8 }
  fileprivate var resultBytes: Int { (operands.last?.bitWidth ?? 8) / 8 }
}
