import Diagnostics
import GraphIR
import KernelIR
import Tensors

extension Lowering {
  /// `q.matmul` with constant weights: a 1x1 convolution over the rows.
  mutating func lower(_ matMul: QuantizedMatMul, _ id: ValueID) throws(Diagnostic) {
    let operands = graph.operands(of: id)
    let rhs = graph.shape(of: operands[1])
    guard rhs.rank == 2, graph.constant(operands[1]) != nil else {
      throw Diagnostic(
        .unsupportedKernel, "a quantized matrix product of two activations", at: location(id),
        hint: "keep it in float: --keep-float '\(graph[id].name)'")
    }
    let (depth, columns) = (rhs[0], rhs[1])
    let weights = try quantizedWeights(operands[1], channelAxis: 1)
    let rows = graph.shape(of: id).elementCount / max(columns, 1)
    let lhs = try matrixOperand(operands[0], rows: rows, columns: depth)
    let packed = transposedWeights(weights.values, depth: depth, columns: columns, lhs.order)
    let bias =
      matMul.hasBias
      ? try biasValues(operands[2]) : [Int32](repeating: 0, count: columns)
    guard
      let start = ConvolutionKernel.startValues(
        bias: bias, weights: packed,
        input: storedElement(operands[0]),
        inputZeroPoint: Lowering.storedZeroPoint(graph.type(of: operands[0])))
    else { throw overflow(id) }
    var inputs = [lhs.view]
    var residual: ResidualOperand?
    if matMul.epilogue.hasResidual, let operand = operands.last {
      let matrix = try matrixOperand(operand, rows: rows, columns: columns, anyOrder: false)
      inputs.append(matrix.view)
      residual = ResidualOperand(type: graph.type(of: operand), geometry: matrix.geometry)
    }
    let output = allocateMatrix(id)
    let epilogue = try epilogue(
      matMul.epilogue, inputScale: graph.type(of: operands[0]).quantization?.scale ?? 1,
      weightScales: weights.scales(count: columns), residual: residual)
    let kernel = ConvolutionKernel(
      input: lhs.geometry, output: output, window: .pixel, epilogue: epilogue)
    try emit(kernel.call(weights: packed, start: start), inputs, makes: id)
  }

  struct MatrixOperand {
    let view: View
    let geometry: ImageGeometry
    /// The logical column that each stored column is; `nil` when they are the same.
    let order: [Int]?
  }

  /// The value as `[rows, columns]` with contiguous columns; with `anyOrder` these may lie in
  /// another order, which the weights then follow.
  mutating func matrixOperand(
    _ id: ValueID, rows: Int, columns: Int, anyOrder: Bool = true
  ) throws(Diagnostic) -> MatrixOperand {
    let view = try view(id)
    if !isInput(view) {
      if let geometry = view.matrix(rows: rows, columns: columns) {
        return MatrixOperand(view: view, geometry: geometry, order: nil)
      }
      if anyOrder, let permuted = permutedRow(view, rows: rows, columns: columns) {
        return permuted
      }
    }
    let copy = isInput(view) ? try copied(view, named: id) : try rowMajor(view, named: id)
    guard let geometry = copy.matrix(rows: rows, columns: columns) else {
      throw Diagnostic(.internalError, "no matrix of \(id)", at: location(id))
    }
    return MatrixOperand(view: copy, geometry: geometry, order: nil)
  }

  /// Rows whose columns are all there, but in the order of an image: what a flattened NHWC image
  /// is to a matrix product.
  private func permutedRow(_ view: View, rows: Int, columns: Int) -> MatrixOperand? {
    guard let shape = try? Shape([rows, columns]), let layout = view.layout.reshaped(to: shape),
      layout.axes[0].count <= 1
    else { return nil }
    var offsets = [0]
    for factor in layout.axes[1] {
      offsets = offsets.flatMap { base in (0..<factor.extent).map { base + $0 * factor.stride } }
    }
    guard offsets.sorted() == (0..<columns).map({ $0 * view.elementBytes }) else { return nil }
    var order = [Int](repeating: 0, count: columns)
    for (column, offset) in offsets.enumerated() { order[offset / view.elementBytes] = column }
    let pitch = layout.axes[0].first?.stride ?? columns * view.elementBytes
    guard pitch >= columns * view.elementBytes else { return nil }
    let geometry = ImageGeometry(
      element: view.element, batch: 1, height: 1, width: rows, channels: columns, halo: .none,
      haloByte: 0, pixelPitch: pitch, rowPitch: rows * pitch, imagePitch: rows * pitch,
      origin: layout.origin)
    return MatrixOperand(view: view, geometry: geometry, order: order)
  }

  /// `[k][n]` to `[n][k]`, the k in stored order.
  private func transposedWeights(
    _ weights: [Int8], depth: Int, columns: Int, _ order: [Int]?
  ) -> [Int8] {
    var result = [Int8](repeating: 0, count: weights.count)
    for k in 0..<depth {
      let source = (order?[k] ?? k) * columns
      for column in 0..<columns { result[column * depth + k] = weights[source + column] }
    }
    return result
  }
}
