import Tensors

/// The table of a function between two 8-bit types.
package enum LookupTable {
  /// Fills entry `byte` with the result's byte for the operand's byte.
  ///
  /// - Parameters:
  ///   - input: element type (i8 or u8) and per-tensor parameters of the operand.
  ///   - output: the same of the result.
  ///   - function: on real numbers, in the arithmetic of ``ReferenceMath``.
  /// - Returns: 256 bytes.
  package static func build(
    from input: (element: ElementType, params: QuantParams),
    to output: (element: ElementType, params: QuantParams), _ function: (Float) -> Float
  ) -> [UInt8] {
    let (isSigned, bounds) = (input.element == .i8, storageBounds(output.element))
    precondition(isSigned || input.element == .u8, "a table reads i8 or u8")
    return (UInt8.min...UInt8.max).map { byte in
      let q = isSigned ? Int32(Int8(bitPattern: byte)) : Int32(byte)
      let x = dequantize(q, scale: input.params.scale, zeroPoint: input.params.zeroPoint)
      let result = quantize(
        function(x), scale: output.params.scale, zeroPoint: output.params.zeroPoint,
        bounds: bounds)
      return UInt8(truncatingIfNeeded: result)
    }
  }

  private static func storageBounds(_ element: ElementType) -> ClosedRange<Int32> {
    precondition(element == .i8 || element == .u8, "a table holds i8 or u8")
    return element == .i8 ? -128...127 : 0...255
  }
}
