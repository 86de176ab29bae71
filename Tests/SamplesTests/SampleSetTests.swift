import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Samples

@Suite("sample sets")
struct SampleSetTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try NPY.write(
      Tensor(.u8, Shape([4, 2]), [0, 1, 2, 3, 4, 5, 6, 7] as [UInt8]), to: folder.path("a.npy"))
    try NPY.write(
      Tensor(.u8, Shape([2, 2]), [8, 9, 10, 11] as [UInt8]), to: folder.path("b.npy"))
    try NPY.write(
      Tensor.int64s([0, 1, 2, -1, 1, 0], [6]), to: folder.path("y.npy"))
    try NPY.write(Tensor.int64s([1, 2, 1, 2, 1, 2], [6]), to: folder.path("n.npy"))
    try NPY.write(
      Tensor(.i16, Shape([7]), [1, 2, 3, 4, 5, 6, 7] as [Int16]), to: folder.path("s.npy"))
  }

  func dataset(_ split: String, root: String? = nil) throws -> String {
    let rootKey = root.map { #""root": "\#($0)","# } ?? ""
    return try folder.write(
      "dataset.json",
      #"{"schema_version": 1, "name": "m", \#(rootKey) "splits": {"dev": \#(split)}}"#)
  }

  @Test func `arguments name inputs and files`() throws {
    let set = try SampleSet(arguments: ["x=\(folder.path("a.npy"))"])
    #expect(set.count == 4)
    #expect(set.inputs.map(\.name) == ["x"])
    #expect(try set.inputs[0].column.sample(at: 3).elements(UInt8.self) == [6, 7])
  }

  @Test func `an archive gives inputs by its names`() throws {
    let path = folder.path("x.npz")
    try NPZTests.bytes(NPZTests.stored).write(to: URL(fileURLWithPath: path))
    let one = try SampleSet(arguments: ["b=\(path)"])
    #expect(one.inputs.map(\.name) == ["b"])
    let error = #expect(throws: Diagnostic.self) { try SampleSet(arguments: [path]) }
    #expect(error?.message == "1 samples, but 'a' has 3")
  }

  @Test(arguments: ["x", "x=", "=a.npy", "a.npy", ""])
  func `an argument of another form is a usage error`(_ argument: String) {
    let error = #expect(throws: Diagnostic.self) { try SampleSet(arguments: [argument]) }
    #expect(error?.code == .usage)
  }

  @Test func `an input given twice is a usage error`() {
    let argument = "x=\(folder.path("a.npy"))"
    let error = #expect(throws: Diagnostic.self) {
      try SampleSet(arguments: [argument, argument])
    }
    #expect(error?.code == .usage)
  }

  @Test func `a data set joins files, fills, labels and cuts`() throws {
    let path = try dataset(
      """
      {"inputs": {"x": {"file": ["a.npy", "b.npy"], "convert": {"scale": 2}},
                  "z": {"fill": 1, "like": "x"},
                  "state": {"fill": 0, "shape": [2, 1], "feedback": "next"}},
       "samples": {"first": 3, "count": 2}, "labels": {"file": "y.npy", "offset": 1},
       "metric": {"name": "top1"}}
      """)
    let set = try SampleSet(dataset: path, split: "dev", environment: [:])
    #expect(set.count == 2)
    #expect(set.inputs.map(\.name) == ["state", "x", "z"])
    #expect(set.labels == .classes([[], [2]]))
    #expect(set.feedback == ["state": "next"])
    let bound = try BoundSamples(
      set,
      inputs: [
        ModelInput(name: "x", element: .f32, dims: [nil, 2]),
        ModelInput(name: "z", element: .i64, dims: [nil, 2]),
        ModelInput(name: "state", element: .f32, dims: [2, 1]),
      ])
    let run = try bound.run(1)
    #expect(run["x"]?.floats == [16, 18])
    #expect(run["z"]?.elements(Int64.self) == [1, 1])
    #expect(run["state"]?.floats == [0, 0])
    #expect(bound.notes.isEmpty)
  }

  @Test func `lengths cut the samples, so that shapes differ`() throws {
    let path = try dataset(
      """
      {"inputs": {"x": {"file": ["a.npy", "b.npy"], "lengths": {"file": "n.npy", "cut": true}},
                  "m": {"fill": 1, "like": "x"}}}
      """)
    let set = try SampleSet(dataset: path, split: "dev", environment: [:])
    #expect(set.lengths == ["x": [1, 2, 1, 2, 1, 2]])
    let bound = try BoundSamples(
      set,
      inputs: [
        ModelInput(name: "x", element: .u8, dims: [nil, nil]),
        ModelInput(name: "m", element: .u8, dims: [nil, nil]),
      ])
    #expect(try bound.run(0)["x"]?.shape.dims == [1, 1])
    #expect(try bound.run(3)["x"]?.elements(UInt8.self) == [6, 7])
    #expect(try bound.run(2)["m"]?.shape.dims == [1, 1])
  }

  @Test func `windows cut a signal, with zeros before its start`() throws {
    let path = try dataset(
      #"{"inputs": {"x": {"file": "s.npy", "windows": {"length": 3, "before": 2}}}}"#)
    let set = try SampleSet(dataset: path, split: "dev", environment: [:])
    #expect(set.count == 2)
    let column = set.inputs[0].column
    #expect(try column.sample(at: 0).elements(Int16.self) == [0, 0, 1, 2, 3])
    #expect(try column.sample(at: 1).elements(Int16.self) == [2, 3, 4, 5, 6])
  }

  @Test func `the root and the environment lead to the files`() throws {
    let split = #"{"inputs": {"x": {"file": "a.npy"}, "w": {"file": "./a.npy"}}}"#
    let path = try dataset(split, root: "${HERE}")
    let set = try SampleSet(
      dataset: path, split: "dev", environment: ["HERE": folder.root])
    #expect(set.count == 4)
    let error = #expect(throws: Diagnostic.self) {
      try SampleSet(dataset: path, split: "dev", environment: [:])
    }
    #expect(error?.code == .malformedDataset)
    #expect(error?.message.contains("HERE is not set") == true)
    #expect(error?.file == path)
  }

  @Test(arguments: [
    (#"{"inputs": {"x": {"file": "none.npy"}}}"#, DiagnosticCode.unreadableFile),
    (#"{"inputs": {"x": {"file": ["a.npy", "y.npy"]}}}"#, .wrongArray),
    (#"{"inputs": {"x": {"file": "a.npy"}}, "labels": {"file": "y.npy"}}"#, .wrongArray),
    (#"{"inputs": {"x": {"file": "a.npy"}}, "metric": {"name": "top1"}}"#, .malformedDataset),
    (#"{"inputs": {"x": {"fill": 1, "shape": [1]}}}"#, .malformedDataset),
    (#"{"inputs": {"x": {"file": "a.npy"}, "z": {"fill": 1, "like": "q"}}}"#, .malformedDataset),
    (
      #"{"inputs": {"x": {"file": "a.npy"}}, "samples": {"first": 3, "count": 2}}"#,
      .malformedDataset
    ),
    (#"{"inputs": {"x": {"file": "a.npy"}, "z": {"file": "b.npy"}}}"#, .wrongArray),
    (#"{"inputs": {"x": {"file": "a.npy", "lengths": {"file": "n.npy"}}}}"#, .wrongArray),
    (
      #"{"inputs": {"x": {"file": "a.npy", "convert": {"layout": "nhwc_to_nchw"}}}}"#,
      .malformedDataset
    ),
  ])
  func `a data set that does not fit its files is refused`(
    _ split: String, _ code: DiagnosticCode
  ) throws {
    let path = try dataset(split)
    let error = #expect(throws: Diagnostic.self) {
      try SampleSet(dataset: path, split: "dev", environment: [:])
    }
    #expect(error?.code == code, "\(error?.description ?? "")")
    #expect(error?.file != nil)
  }
}
