import Diagnostics
import GraphIR
import Tensors

/// Pooling; over one axis, it becomes pooling over two.
let poolingRules: [ImportRule] = [
  ImportRule("MaxPool") { importer throws(Diagnostic) in
    guard !importer.isRead(1) else {
      throw Diagnostic(
        .unsupportedAttribute, "MaxPool with its second output, the indices, is not supported")
    }
    importer.attributes.ignore("storage_order")
    try importer.importPool(.max)
  },
  ImportRule("AveragePool") { importer throws(Diagnostic) in
    try importer.importPool(.average)
  },
  ImportRule("GlobalAveragePool") { importer throws(Diagnostic) in
    try importer.importGlobalPool(.average)
  },
  ImportRule("GlobalMaxPool") { importer throws(Diagnostic) in
    try importer.importGlobalPool(.max)
  },
]

extension Importer {
  fileprivate mutating func importPool(_ kind: Pooling.Kind) throws(Diagnostic) {
    let x = try operand(0)
    guard let kernel = try attributes.ints("kernel_shape") else {
      throw Diagnostic(.invalidAttribute, "\(node.opType) needs the attribute 'kernel_shape'")
    }
    let ceilMode = try attributes.bool("ceil_mode", default: false)
    let countsPad =
      kind == .average ? try attributes.bool("count_include_pad", default: false) : false
    let window = try WindowAttributes(
      &attributes, kernel: kernel, extents: Array(shape(x).dims.dropFirst(2)))
    try emitPool(kind, x, window, ceilMode: ceilMode, countsPad: countsPad)
  }

  /// One window over all that follows the channels.
  fileprivate mutating func importGlobalPool(_ kind: Pooling.Kind) throws(Diagnostic) {
    let x = try operand(0)
    let extents = Array(shape(x).dims.dropFirst(2))
    guard !extents.isEmpty else { return setResult(x) }
    let window = try WindowAttributes(&attributes, kernel: extents, extents: extents)
    try emitPool(kind, x, window, ceilMode: false, countsPad: false)
  }

  private mutating func emitPool(
    _ kind: Pooling.Kind, _ x: ValueID, _ window: WindowAttributes, ceilMode: Bool, countsPad: Bool
  ) throws(Diagnostic) {
    let isLine = window.kernel.count == 1
    let used = isLine ? window.withLeadingAxis : window
    let pooling = try Pooling(
      kind, kernel: used.kernel, strides: used.strides, pads: used.pads,
      dilations: used.dilations, ceilMode: ceilMode, countIncludesPad: countsPad)
    guard isLine else { return try emitResult(.pool(pooling), [x]) }
    var dims = shape(x).dims
    dims.insert(1, at: 2)
    let result = try emit(.pool(pooling), [try emitReshape(x, dims)])
    var line = shape(result).dims
    line.remove(at: 2)
    try emitResult(.reshape(Reshape(try Shape(line))), [result])
  }
}
