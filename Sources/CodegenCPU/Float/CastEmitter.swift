import KernelIR
import Tensors

extension KernelEmitter {
  /// Emits `cast`: one element after the other.
  static let cast = KernelEmitter(.cast, CastKernel.layout) { spec, _, out in
    let (from, to) = (spec.operands[0], spec.operands[1])
    let isDense = spec["dense"] == 1
    out.kernel(spec.symbol, CastKernel.layout) { out in
      out.line("char *in = buffers[0], *out = buffers[1];")
      StridedWalk(layout: CastKernel.layout, operands: ["in", "out"]).emit(into: &out) { out in
        out.line("(void)in_step, (void)out_step;")
        out.block("for (uint32_t i = 0; i < count; ++i)") { out in
          let steps =
            isDense ? ("\(from.bitWidth / 8)", "\(to.bitWidth / 8)") : ("in_step", "out_step")
          out.line(
            """
            \(cType(from)) x;
            __builtin_memcpy(&x, in_p + (intptr_t)i * \(steps.0), sizeof x);
            const \(cType(to)) y = (\(cType(to)))(\(value(from, to)));
            __builtin_memcpy(out_p + (intptr_t)i * \(steps.1), &y, sizeof y);
            """)
        }
      }
    }
  }

  private static func value(_ from: ElementType, _ to: ElementType) -> String {
    if to == .bool { return "x != 0" }
    return from == .f32 && to != .f32 ? "qi_truncate(x)" : "x"
  }

  private static func cType(_ element: ElementType) -> String {
    switch element {
    case .f32: "float"
    case .i64: "int64_t"
    case .i32: "int32_t"
    case .i8: "int8_t"
    case .u8, .bool: "uint8_t"
    default: preconditionFailure("a cast of \(element)")
    }
  }
}
