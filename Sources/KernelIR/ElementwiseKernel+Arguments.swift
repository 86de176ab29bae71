extension KernelFamily {
  package static let add = KernelFamily("add")
  package static let multiply = KernelFamily("mul")
  package static let table = KernelFamily("lut")
}

extension ElementwiseKernel {
  package static let layout = ArgumentLayout(
    "qc_elementwise_args",
    ArgumentLayout.Field.extents + ArgumentLayout.Field.image("lhs")
      + ArgumentLayout.Field.image("rhs") + ArgumentLayout.Field.image("output")
      + ArgumentLayout.Field.halo + [
        .init("lhs_zero_point", .i32, "subtracted from the left byte"),
        .init("rhs_zero_point", .i32, "subtracted from the right byte"),
        .init("lhs_multiplier", .f32, "left scale / result scale; of the product for mul"),
        .init("rhs_multiplier", .f32, "right scale / result scale"),
        .init("zero_point", .i32, "of the result, added after rounding"),
        .init("qmin", .i32, "smallest stored result"),
        .init("qmax", .i32, "largest stored result"),
      ])

  var arguments: ArgumentLayout.Values {
    let scaling: Scaling
    let multipliers: (lhs: Float, rhs: Float)
    switch kind {
    case .add(let value, let lhs, let rhs):
      (scaling, multipliers) = (value, (lhs, rhs))
    case .multiply(let value, let multiplier):
      (scaling, multipliers) = (value, (multiplier, 0))
    case .table:
      scaling = Scaling(lhsZeroPoint: 0, rhsZeroPoint: 0, zeroPoint: 0, bounds: 0...255)
      multipliers = (0, 0)
    }
    let values: ArgumentLayout.Values = [
      "lhs_zero_point": .i32(scaling.lhsZeroPoint), "rhs_zero_point": .i32(scaling.rhsZeroPoint),
      "lhs_multiplier": .f32(multipliers.lhs), "rhs_multiplier": .f32(multipliers.rhs),
      "zero_point": .i32(scaling.zeroPoint), "qmin": .i32(scaling.bounds.lowerBound),
      "qmax": .i32(scaling.bounds.upperBound),
    ]
    return output.extentArguments + lhs.arguments("lhs") + (rhs ?? lhs).arguments("rhs")
      + output.arguments("output") + output.haloArguments + values
  }
}
