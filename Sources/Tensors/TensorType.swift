/// What a value is: element type, static shape and, for quantized storage, its quantization.
package struct TensorType: Hashable, Sendable {
  package var element: ElementType
  package var shape: Shape
  package var quantization: QuantParams?

  package init(_ element: ElementType, _ shape: Shape, _ quantization: QuantParams? = nil) {
    self.element = element
    self.shape = shape
    self.quantization = quantization
  }

  package var byteCount: Int { element.byteCount(of: shape.elementCount) }
}
