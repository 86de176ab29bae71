// Unsafe pointers: the runtime gets an unretained pointer to the visitor, which outlives the run
// because `attach` takes the callback away before it returns.

import Diagnostics
import Foundation
import QuantcRuntime
import Tensors

/// Receives the tapped values of one run, turns them into tensors, and puts others in their places.
final class TapVisitor {
  private let taps: [Port]
  /// The one tap that is visited; `nil`: all of them.
  private let wanted: Int?
  /// Returns what replaces the value; `nil` leaves it.
  private let visit: (Int, Tensor) throws(Diagnostic) -> Tensor?
  /// The first thing that went wrong; nothing is visited after it.
  private var failure: Diagnostic?

  init(
    taps: [Port], wanted: Int? = nil,
    visit: @escaping (Int, Tensor) throws(Diagnostic) -> Tensor?
  ) {
    self.taps = taps
    self.wanted = wanted
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
    guard failure == nil, wanted == nil || wanted == index else { return }
    let type = taps[index].type
    var bytes = Data(count: type.byteCount)
    bytes.withUnsafeMutableBytes { qc_tap_copy(tap, first, $0.baseAddress) }
    do throws(Diagnostic) {
      let tensor = try Tensor(type.element, type.shape, bytes: bytes)
      guard let replacement = try visit(index, tensor) else { return }
      guard replacement.element == type.element, replacement.shape == type.shape else {
        throw Diagnostic(
          .internalError,
          "\(type.shape) \(type.element.rawValue) is to be replaced by \(replacement.shape) "
            + replacement.element.rawValue, at: taps[index].name)
      }
      replacement.bytes.withUnsafeBytes { qc_tap_replace(tap, first, $0.baseAddress) }
    } catch {
      failure = error
    }
  }
}
