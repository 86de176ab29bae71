// Unsafe pointers: the runtime gets an unretained pointer to the visitor, which outlives the run
// because `attach` takes the callback away before it returns.

import Diagnostics
import Foundation
import QuantcRuntime
import Tensors

/// Receives the tapped values of one run and turns them into tensors.
final class TapVisitor {
  private let taps: [Port]
  private let visit: (Int, Tensor) throws(Diagnostic) -> Void
  /// The first thing that went wrong; nothing is visited after it.
  private var failure: Diagnostic?

  init(taps: [Port], visit: @escaping (Int, Tensor) throws(Diagnostic) -> Void) {
    self.taps = taps
    self.visit = visit
  }

  /// Runs `body` while the visitor sees the taps of `context`; returns what went wrong.
  func attach(
    to context: OpaquePointer, _ body: () throws(Diagnostic) -> Void
  ) -> Diagnostic? {
    let user = Unmanaged.passUnretained(self).toOpaque()
    _ = qc_context_set_tap(
      context,
      { user, index, tap, first in
        guard let user, let tap, let first else { return }
        let visitor = Unmanaged<TapVisitor>.fromOpaque(user).takeUnretainedValue()
        visitor.take(Int(index), tap, first)
      }, user)
    defer { _ = qc_context_set_tap(context, nil, nil) }
    do throws(Diagnostic) {
      try body()
    } catch {
      return error
    }
    return failure
  }

  private func take(_ index: Int, _ tap: UnsafePointer<qc_tap>, _ first: UnsafeRawPointer) {
    guard failure == nil else { return }
    let type = taps[index].type
    var bytes = Data(count: type.byteCount)
    bytes.withUnsafeMutableBytes { qc_tap_copy(tap, first, $0.baseAddress) }
    do throws(Diagnostic) {
      try visit(index, try Tensor(type.element, type.shape, bytes: bytes))
    } catch {
      failure = error
    }
  }
}
