import KernelIR
import QuantMath
import Tensors

/// What a convolution's result buffer must hold, computed from the definition, element by element.
struct ConvolutionReference {
  let input: ImageGeometry
  let output: ImageGeometry
  let window: ConvolutionWindow
  let groups: Int
  let epilogue: Epilogue
  /// ONNX's order: `[output channel][input channel of the group][ky][kx]`.
  let weights: [Int8]
  let start: [Int32]

  /// The result's buffer; the bytes that `buffer` holds before stay where no element lies.
  func run(_ bytes: [UInt8], residual: [UInt8]?, into buffer: [UInt8]) -> [UInt8] {
    var result = haloFilled(buffer, output)
    for n in 0..<output.batch {
      for y in 0..<output.height {
        for x in 0..<output.width {
          for c in 0..<output.channels {
            let acc = sum(bytes, n, y, x, c)
            store(acc, residual, n, y, x, c, &result)
          }
        }
      }
    }
    return result
  }

  private func sum(_ bytes: [UInt8], _ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Int32 {
    let depth = input.channels / groups
    let first = c / (output.channels / groups) * depth
    var acc = Int64(start[c])
    for ky in 0..<window.kernel.y {
      for kx in 0..<window.kernel.x {
        let row = y * window.stride.y + ky * window.dilation.y - window.padding.y
        let pixel = x * window.stride.x + kx * window.dilation.x - window.padding.x
        var index = (c * depth * window.kernel.y + ky) * window.kernel.x + kx
        for k in 0..<depth {
          acc += Int64(input.value(bytes, n, row, pixel, first + k)) * Int64(weights[index])
          index += window.taps
        }
      }
    }
    return Int32(acc)
  }

  private func store(
    _ acc: Int32, _ residual: [UInt8]?, _ n: Int, _ y: Int, _ x: Int, _ c: Int,
    _ result: inout [UInt8]
  ) {
    let at = output.offset(n, y, x, c)
    var term: Residual?
    if let added = epilogue.residual, let residual {
      term = Residual(
        value: added.geometry.value(residual, n, y, x, c), zeroPoint: added.zeroPoint,
        multiplier: added.multiplier)
    }
    switch epilogue {
    case .requantize(let multipliers, let zeroPoint, let bounds, _, let activation):
      if let activation {
        var real = Float(acc) * multipliers[c]
        if let term {
          real = Float(term.value - term.zeroPoint).fma(term.multiplier, real)
        }
        let step = min(
          max(
            activation.value(at: real) * activation.multiplier,
            Float(bounds.lowerBound - zeroPoint)),
          Float(bounds.upperBound - zeroPoint))
        output.set(Int32(step.rounded(.toNearestOrEven)) + zeroPoint, in: &result, n, y, x, c)
        return
      }
      output.set(
        requantize(
          acc, multiplier: multipliers[c], residual: term, zeroPoint: zeroPoint, bounds: bounds),
        in: &result, n, y, x, c)
    case .float(let scales, let bounds, _, let activation):
      var value = Float(acc) * scales[c]
      if let term { value = Float(term.value - term.zeroPoint).fma(term.multiplier, value) }
      if let activation { value = activation.value(at: value) }
      if let bounds { value = min(max(value, bounds.lowerBound), bounds.upperBound) }
      for byte in 0..<4 {
        result[at + byte] = UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32(byte)))
      }
    }
  }
}

extension Epilogue.Activation {
  /// The function as section 5 of `Documentation/Quantization.md` has it.
  fileprivate func value(at x: Float) -> Float {
    func clipped(_ y: Float) -> Float {
      let raised = y < 0 ? 0 : y
      return raised > 1 ? 1 : raised
    }
    switch function {
    case .leakyRelu: return x < 0 ? alpha * x : x
    case .hardSigmoid: return clipped(alpha.fma(x, beta))
    case .hardSwish: return x * clipped((Float(1) / 6).fma(x, 0.5))
    default: preconditionFailure("\(function.rawValue) in an epilogue")
    }
  }
}

extension Float {
  /// `self · factor + addend`, rounded once.
  fileprivate func fma(_ factor: Float, _ addend: Float) -> Float {
    addend.addingProduct(self, factor)
  }
}

extension ImageGeometry {
  /// The stored integer of element (n, y, x, c).
  func value(_ bytes: [UInt8], _ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Int32 {
    let at = offset(n, y, x, c)
    guard element == .i16 else { return Int32(bytes[at]) }
    return Int32(Int16(truncatingIfNeeded: Int(bytes[at]) | Int(bytes[at + 1]) << 8))
  }

  /// Stores an integer that fits.
  func set(_ value: Int32, in bytes: inout [UInt8], _ n: Int, _ y: Int, _ x: Int, _ c: Int) {
    let at = offset(n, y, x, c)
    guard element == .i16 else {
      bytes[at] = UInt8(value)
      return
    }
    let word = UInt16(bitPattern: Int16(value))
    bytes[at] = UInt8(truncatingIfNeeded: word)
    bytes[at + 1] = UInt8(word >> 8)
  }
}

/// `buffer` with the halo of `geometry` filled, channels outside of it untouched.
func haloFilled(_ buffer: [UInt8], _ geometry: ImageGeometry) -> [UInt8] {
  var result = buffer
  let halo = geometry.halo
  guard !halo.isEmpty else { return result }
  for n in 0..<geometry.batch {
    for y in -halo.top..<geometry.height + halo.bottom {
      for x in -halo.left..<geometry.width + halo.right
      where y < 0 || y >= geometry.height || x < 0 || x >= geometry.width {
        let first = geometry.offset(n, y, x, 0)
        for i in 0..<geometry.channelBytes { result[first + i] = geometry.haloByte }
      }
    }
  }
  return result
}
