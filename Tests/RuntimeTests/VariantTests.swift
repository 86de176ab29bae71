import Diagnostics
import Foundation
import ModelRunner
import Packaging
import Targets
import Tensors
import Testing

@Suite("choosing a variant")
struct VariantTests {
  @Test func `the best variant that the processor runs is taken`() throws {
    let best = HostCPU.supports(variant: "avx2") ? "avx2" : "portable"
    #expect(try LoadedModel(bytes: TestProgram.package()).variant == best)
    #expect(HostCPU.supports(variant: "portable"))
    #expect(!HostCPU.supports(variant: "imaginary"))
  }

  @Test func `a variant can be forced by name`() throws {
    let model = try LoadedModel(bytes: TestProgram.package(), variant: "portable")
    #expect(model.variant == "portable")
    let outputs = try model.makeContext().run([TestProgram.tensor()])
    #expect(outputs[0].floats == TestProgram.expected)
  }

  @Test(arguments: [("imaginary", "cannot run"), ("avx512vnni", "has no kernel variant")])
  func `a variant that is absent or cannot run is refused politely`(
    name: String, reason: String
  ) throws {
    let bytes = try TestProgram.package()
    let failure = #expect(throws: Diagnostic.self) {
      _ = try LoadedModel(bytes: bytes, variant: name).variant
    }
    #expect(failure?.code == .foreignArchitecture)
    #expect(failure?.message.contains(reason) == true)
  }

  @Test func `a package without a variant for this processor is refused politely`() throws {
    let object = try TestKernels.object()
    let writer = PackageWriter(
      program: try TestProgram.make(), architecture: .x86_64,
      variants: [PackageWriter.Variant(name: "imaginary", rank: 0, object: object)],
      manifest: Data())
    let bytes = try writer.bytes()
    let failure = #expect(throws: Diagnostic.self) { _ = try LoadedModel(bytes: bytes).variant }
    #expect(failure?.code == .foreignArchitecture)
  }
}
