import Canonicalization
import Diagnostics
import GraphIR
import ONNXFrontend
import Tensors
import Testing

/// Single ops of ONNX whose expansion becomes one op again.
@Suite("recognition of expanded ops")
struct RecognitionTests {
  @Test(
    .enabled(if: ModelFolder.url != nil, "no folder of models; set QUANTC_MODELS"),
    arguments: [
      "test_attention_4d", "test_attention_4d_gqa", "test_attention_4d_scaled",
      "test_attention_4d_attn_mask", "test_attention_4d_attn_mask_4d", "test_attention_4d_causal",
      "test_attention_4d_attn_mask_bool", "test_attention_4d_diff_heads_with_past_and_present",
      "test_attention_4d_gqa_causal", "test_attention_3d", "test_attention_3d_gqa",
      "test_attention_3d_gqa_attn_mask", "test_attention_local_window",
      "test_attention_4d_causal_nonpad_batch_prefill",
    ])
  func `Attention becomes one op, and gives what ONNX gives`(name: String) throws {
    let models = try #require(ModelFolder.url)
    let nodeCase = try #require(try NodeCase.all(in: models).first { $0.name == name })
    var mnemonics: [String] = []
    let outcome = nodeCase.run { graph throws(Diagnostic) in
      for pass in canonicalizationPasses { try pass.run(&graph) }
      mnemonics = graph.nodes.map(\.op.mnemonic)
    }
    guard case .passed = outcome else {
      Issue.record("\(name): \(outcome)")
      return
    }
    #expect(mnemonics.filter { $0 == "attention" }.count == 1)
    #expect(!mnemonics.contains("softmax"))
  }

  @Test(arguments: RotaryEmbedding.Pairing.allCases, [4, 8])
  func `a rotation that was written as ONNX becomes one op again`(
    pairing: RotaryEmbedding.Pairing, size: Int
  ) throws {
    var graph = Graph(name: "net", stage: .imported)
    let x = graph.appendInput("x", TensorType(.f32, try Shape([1, 3, 2, 8])))
    let angles = TensorType(.f32, try Shape([3, 1, size / 2]))
    let (cosines, sines) = (
      graph.appendInput("cosines", angles), graph.appendInput("sines", angles)
    )
    let rotary = try RotaryEmbedding(pairing, size: size)
    graph.appendOutput("y", try graph.append(.rotaryEmbedding(rotary), [x, cosines, sines]))
    var read = try ONNXModel(data: QDQWriter.data(graph)).graph()
    for pass in canonicalizationPasses { try pass.run(&read) }
    #expect(
      read.nodes.map(\.op) == [.input, .input, .input, .rotaryEmbedding(rotary)])
  }
}
