// Unsafe pointers: `pointer` is one hold on a C model, given up exactly once, by `deinit`.

import Diagnostics
import QuantcRuntime

/// A hold on a model of the runtime.
struct ModelHandle: ~Copyable {
  typealias Open = (inout qc_model_options, inout OpaquePointer?, inout qc_error) -> qc_status

  let pointer: OpaquePointer

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
    pointer = model
  }

  deinit { qc_model_close(pointer) }
}
