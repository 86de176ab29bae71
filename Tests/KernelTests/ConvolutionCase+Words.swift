import KernelIR
import Tensors

extension ConvolutionCase {
  /// Every other awkward shape with some of its operands, or its result, in 16 bits.
  static let words: [ConvolutionCase] = stride(from: 0, to: all.count, by: 2).map { index in
    let test = all[index]
    var words = test
    let form = forms[index / 2 % forms.count]
    (words.element, words.resultElement, words.residualElement) = form
    words.name += ", \(form.0.rawValue) and \(form.2.rawValue) to \(form.1.rawValue)"
    if words.element == .i16 {
      words.multiplier /= 128
      words.fillsHalo = true
    }
    return words
  }

  private static let forms: [(ElementType, ElementType, ElementType)] = [
    (.i16, .i16, .i16), (.i16, .u8, .u8), (.u8, .i16, .u8), (.i16, .i16, .u8), (.u8, .u8, .i16),
  ]
}

extension Epilogue {
  /// The same with a 16-bit result, whose steps are smaller.
  var ofWords: Epilogue {
    guard case .requantize(let multipliers, _, let bounds, let residual, let activation) = self
    else { return self }
    return .requantize(
      multipliers: multipliers.map { $0 * 16 }, zeroPoint: 0,
      bounds: bounds == 0...255 ? -32768...32767 : -20000...30000,
      residual: residual.map {
        Residual(
          geometry: $0.geometry, zeroPoint: $0.zeroPoint,
          multiplier: activation == nil ? $0.multiplier * 16 : $0.multiplier)
      },
      activation: activation.map {
        Activation($0.function, alpha: $0.alpha, beta: $0.beta, multiplier: $0.multiplier * 16)
      })
  }
}
