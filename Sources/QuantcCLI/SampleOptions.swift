import ArgumentParser
import Diagnostics
import Samples

/// Where samples come from: arrays by input name, or a data set.
struct SampleOptions: ParsableArguments {
  @Option(
    name: .customLong("input"), parsing: .singleValue,
    help: ArgumentHelp(
      "Samples of one input along axis 0: name=array.npy, or arrays.npz whose names are inputs.",
      valueName: "name=file"))
  var inputs: [String] = []

  @Option(help: ArgumentHelp("A dataset.json that describes the samples.", valueName: "file"))
  var dataset: String?

  /// - Throws: `QC0001` when neither or both ways are used, and what reading the samples throws.
  func samples(split: String) throws(Diagnostic) -> SampleSet {
    switch (dataset, inputs.isEmpty) {
    case (let dataset?, true):
      return try SampleSet(dataset: dataset, split: split)
    case (nil, false):
      return try SampleSet(arguments: inputs)
    default:
      throw Diagnostic(
        .usage, "samples come from --input or from --dataset, one of them",
        hint: "--input <name>=<samples.npy>, or --dataset <dataset.json>")
    }
  }
}
