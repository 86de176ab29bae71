// Unsafe pointers: `address` is that of one hold on a C model, given up exactly once, by `deinit`. It is
// kept as a number because the model is immutable: any thread may read it and make contexts of it.

import Diagnostics
import QuantcRuntime

/// A hold on a model of the runtime.
struct ModelHandle: ~Copyable, Sendable {
  typealias Open = (inout qc_model_options, inout OpaquePointer?, inout qc_error) -> qc_status

  private let address: UInt

  /// Opens a model with `variant`, or with the best one when it is `nil`.
  init(variant: String?, open: Open) throws(Diagnostic) {
    var model: OpaquePointer?
    var error = qc_error()
    var options = qc_model_options()
    if let variant {
      _ = variant.withCString { text in
        options.variant = text
        return open(&options, &model, &error)
      }
    } else {
      _ = open(&options, &model, &error)
    }
    guard let model else { throw Diagnostic(error) }
    address = UInt(bitPattern: model)
  }

  /// The model, which lives as long as the handle.
  var pointer: OpaquePointer? { OpaquePointer(bitPattern: address) }

  deinit { qc_model_close(pointer) }
}
