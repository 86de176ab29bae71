// Unsafe pointers: the library stays open for the process's life, so its functions never dangle.

import CReference
import Diagnostics
import Foundation
import Toolchain

/// A file of CReference compiled anew, after a change of its text or of a header.
struct MutatedReference {
  /// One place of the C, and what stands there instead.
  struct Change: Sendable {
    let name: String
    let file: String
    let find: String
    let replacement: String
  }

  private let library: UnsafeMutableRawPointer

  /// - Throws: `QC6003` when the changed text does not compile, `QC9000` when the place is not there.
  init(compiling source: String, _ change: Change) throws {
    let files = FileManager.default
    let original = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/CReference").standardizedFileURL
    let folder = files.temporaryDirectory.appendingPathComponent("creference-\(UUID().uuidString)")
    defer { try? files.removeItem(at: folder) }
    try files.copyItem(at: original, to: folder)
    let changed = folder.appendingPathComponent(change.file)
    let text = try String(contentsOf: changed, encoding: .utf8)
    guard text.contains(change.find) else {
      throw Diagnostic(.internalError, "no '\(change.find)'", file: change.file)
    }
    try text.replacing(change.find, with: change.replacement)
      .write(to: changed, atomically: false, encoding: .utf8)
    let object = folder.appendingPathComponent("mutated.so").path
    _ = try ToolRun(
      CToolchain.find().clang,
      [
        "-std=c11", "-O2", "-ffp-contract=off", "-fPIC", "-shared", "-fuse-ld=lld",
        "-I\(folder.path)/include", "-o", object, "\(folder.path)/\(source)", "-lm",
      ])
    guard let library = dlopen(object, RTLD_NOW | RTLD_LOCAL) else {
      throw Diagnostic(.toolchainFailed, String(cString: dlerror()))
    }
    self.library = library
  }

  private func function(_ name: String) throws -> UnsafeMutableRawPointer {
    guard let address = dlsym(library, name) else {
      throw Diagnostic(.toolchainFailed, "no function", at: name)
    }
    return address
  }

  /// `qr_requantize` with a multiplier and a residual of its own for each sum.
  func requantized(
    _ acc: [Int32], _ multipliers: [Float], residual: [UInt8], zeroPoint: Int32,
    multiplier: Float, store: qr_store
  ) throws -> [Int32] {
    typealias Function =
      @convention(c) (
        Int64, Int64, Int64, UnsafePointer<Int32>?, UnsafePointer<Float>?, qr_residual, qr_store,
        UnsafeMutablePointer<Int32>?
      ) -> Void
    let call = unsafeBitCast(try function("qr_requantize"), to: Function.self)
    var result = [Int32](repeating: 0, count: acc.count)
    residual.map { Int32($0) }.withUnsafeBufferPointer { values in
      call(
        1, Int64(acc.count), 1, acc, multipliers,
        qr_residual(
          values: values.baseAddress, zero_point: zeroPoint, multiplier: multiplier), store,
        &result)
    }
    return result
  }

  /// `qr_quantize` with one scale.
  func quantized(_ x: [Float], scale: Float, store: qr_store) throws -> [Int32] {
    typealias Function =
      @convention(c) (
        Int64, Int64, Int64, UnsafePointer<Float>?, UnsafePointer<Float>?,
        UnsafePointer<qr_store>?, UnsafeMutablePointer<Int32>?
      ) -> Void
    let call = unsafeBitCast(try function("qr_quantize"), to: Function.self)
    var result = [Int32](repeating: 0, count: x.count)
    call(1, 1, Int64(x.count), x, [scale], [store], &result)
    return result
  }
}
