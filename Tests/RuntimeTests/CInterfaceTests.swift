import Foundation
import QuantcRuntime
import Testing

@Suite("the C interface")
struct CInterfaceTests {
  /// A context on the test package, its model and its buffers, for the length of `body`.
  private func withContext(
    threads: UInt32 = 1,
    _ body: (OpaquePointer?, inout [qc_input], inout [qc_output]) throws -> Void
  ) throws {
    let bytes = try TestProgram.package()
    var model: OpaquePointer?
    var context: OpaquePointer?
    let opened = bytes.withUnsafeBytes {
      qc_model_open_memory($0.baseAddress, $0.count, nil, &model, nil)
    }
    #expect(opened == QC_OK)
    #expect(qc_context_create(model, threads, &context, nil) == QC_OK)
    let count = TestProgram.count * 4
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 64)
    memory.copyMemory(from: TestProgram.raw(TestProgram.input), byteCount: count)
    var inputs = [qc_input(bytes: memory, byte_count: count)]
    var outputs = [
      qc_output(bytes: memory + 1024, byte_count: count),
      qc_output(bytes: memory + 2048, byte_count: 4),
    ]
    try body(context, &inputs, &outputs)
    memory.deallocate()
    qc_context_destroy(context)
    qc_model_close(model)
  }

  @Test func `wrong counts, sizes and null pointers are refused`() throws {
    try withContext { context, inputs, outputs in
      var error = qc_error()
      #expect(qc_run(context, inputs, 0, outputs, 2, &error) == QC_INVALID_ARGUMENT)
      #expect(qc_run(context, inputs, 1, outputs, 1, &error) == QC_INVALID_ARGUMENT)
      #expect(qc_run(context, nil, 1, outputs, 2, &error) == QC_INVALID_ARGUMENT)
      #expect(qc_run(nil, inputs, 1, outputs, 2, &error) == QC_INVALID_ARGUMENT)
      #expect(qc_run(context, inputs, 1, outputs, 2, nil) == QC_OK)
      inputs[0].byte_count -= 1
      #expect(qc_run(context, inputs, 1, outputs, 2, &error) == QC_WRONG_SIZE)
      #expect(error.status == QC_WRONG_SIZE)
      inputs[0].byte_count += 1
      outputs[1].byte_count = 8
      #expect(qc_run(context, inputs, 1, outputs, 2, &error) == QC_WRONG_SIZE)
      outputs[1] = qc_output(bytes: nil, byte_count: 4)
      #expect(qc_run(context, inputs, 1, outputs, 2, &error) == QC_INVALID_ARGUMENT)
      #expect(qc_context_benchmark(context, inputs, 1, outputs, 2, 1, nil, nil) != QC_OK)
      #expect(qc_context_profile(context, inputs, 1, outputs, 2, 0, nil, nil) != QC_OK)
    }
  }

  @Test func `null models, contexts and packages are refused or ignored`() {
    var error = qc_error()
    var handle: OpaquePointer?
    #expect(qc_model_open(nil, nil, &handle, &error) == QC_INVALID_ARGUMENT)
    #expect(qc_model_open("model.qpk", nil, nil, &error) == QC_INVALID_ARGUMENT)
    #expect(qc_model_open_memory(nil, 8, nil, &handle, &error) == QC_INVALID_ARGUMENT)
    #expect(qc_model_open_memory(nil, 0, nil, &handle, &error) == QC_MALFORMED_PACKAGE)
    #expect(qc_context_create(nil, 1, &handle, &error) == QC_INVALID_ARGUMENT)
    #expect(qc_package_section_count(nil) == 0)
    #expect(qc_model_input_count(nil) == 0 && qc_model_step(nil, 0) == nil)
    qc_model_close(nil)
    qc_context_destroy(nil)
    qc_package_close(nil)
  }

  @Test func `inputs and outputs may lie at any address that fits their elements`() throws {
    try withContext(threads: 2) { context, inputs, outputs in
      let base = UnsafeMutableRawPointer.allocate(byteCount: 1024, alignment: 64)
      defer { base.deallocate() }
      for shift in stride(from: 4, to: 64, by: 4) {
        base.advanced(by: shift).copyMemory(
          from: TestProgram.raw(TestProgram.input), byteCount: TestProgram.count * 4)
        inputs[0].bytes = UnsafeRawPointer(base + shift)
        outputs[0].bytes = base + 512 + shift
        #expect(qc_run(context, inputs, 1, outputs, 2, nil) == QC_OK)
        let result = UnsafeRawPointer(base + 512 + shift)
        let floats = (0..<TestProgram.count).map {
          result.load(fromByteOffset: $0 * 4, as: Float.self)
        }
        #expect(floats == TestProgram.expected)
      }
    }
  }

  @Test func `a context that serves a call refuses another one`() throws {
    try withContext { context, inputs, outputs in
      /// What the callback needs and what it saw.
      final class Visit {
        var context: OpaquePointer?
        var inputs: [qc_input] = []
        var outputs: [qc_output] = []
        var statuses: [qc_status] = []
      }
      let visit = Visit()
      visit.context = context
      visit.inputs = inputs
      visit.outputs = outputs
      let user = Unmanaged.passUnretained(visit).toOpaque()
      let set = qc_context_set_tap(
        context,
        { user, _, _, _ in
          guard let user else { return }
          let visit = Unmanaged<Visit>.fromOpaque(user).takeUnretainedValue()
          visit.statuses.append(
            qc_run(visit.context, visit.inputs, 1, visit.outputs, 2, nil))
          visit.statuses.append(qc_context_set_tap(visit.context, nil, nil))
        }, user)
      #expect(set == QC_OK)
      #expect(qc_run(context, inputs, 1, outputs, 2, nil) == QC_OK)
      #expect(visit.statuses == [QC_BUSY, QC_BUSY, QC_BUSY, QC_BUSY])
      withExtendedLifetime(visit) {}
    }
  }

  @Test func `memory limits of the options are kept`() throws {
    let bytes = try TestProgram.package()
    var options = qc_model_options()
    options.memory_limit = 100
    var model: OpaquePointer?
    let status = bytes.withUnsafeBytes {
      qc_model_open_memory($0.baseAddress, $0.count, &options, &model, nil)
    }
    #expect(status == QC_OUT_OF_MEMORY)
    #expect(model == nil)
  }

  @Test func `every status has words, and SHA-256 is SHA-256`() {
    for status in 0...11 {
      let text = String(cString: qc_status_text(qc_status(rawValue: UInt32(status))))
      #expect(!text.isEmpty && text != "unknown status")
    }
    #expect(String(cString: qc_status_text(qc_status(rawValue: 99))) == "unknown status")
    // Source: FIPS 180-2, appendix B.1.
    var digest = [UInt8](repeating: 0, count: 32)
    qc_sha256("abc", 3, &digest)
    #expect(digest.prefix(4) == [0xba, 0x78, 0x16, 0xbf] && digest.last == 0xad)
    var parts = qc_sha256_state()
    var again = [UInt8](repeating: 0, count: 32)
    qc_sha256_start(&parts)
    qc_sha256_add(&parts, "a", 1)
    qc_sha256_add(&parts, nil, 0)
    qc_sha256_add(&parts, "bc", 2)
    qc_sha256_finish(&parts, &again)
    #expect(again == digest)
  }

  /// Single bytes go through libsodium, long runs through the processor's instructions.
  @Test func `SHA-256 does not depend on the parts that it is given`() {
    let bytes = (0..<1500).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 6) }
    for count in [0, 1, 55, 56, 63, 64, 65, 127, 128, 129, 191, 192, 193, 1000, 1500] {
      var single = qc_sha256_state()
      qc_sha256_start(&single)
      for byte in bytes.prefix(count) { qc_sha256_add(&single, [byte], 1) }
      var expected = [UInt8](repeating: 0, count: 32)
      qc_sha256_finish(&single, &expected)
      for part in [1, 63, 64, 65, 128, 200, 1500] {
        var parts = qc_sha256_state()
        qc_sha256_start(&parts)
        for start in stride(from: 0, to: count, by: part) {
          let slice = Array(bytes[start..<min(start + part, count)])
          qc_sha256_add(&parts, slice, slice.count)
        }
        var digest = [UInt8](repeating: 0, count: 32)
        qc_sha256_finish(&parts, &digest)
        #expect(digest == expected, "\(count) bytes in parts of \(part)")
      }
    }
  }
}
