import ArgumentParser
import Diagnostics

/// `quantc`: the compiler's command line.
package struct QuantcCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "quantc",
    abstract: "Compile trained ONNX models into integer programs for small Linux machines.",
    discussion: """
      quantc calibrate model.onnx --input image=samples.npy -o model.calib.json
      quantc build     model.onnx --calibration model.calib.json -o model.qpk
      quantc run       model.qpk --input image=x.npy --output probs=y.npy
      quantc bench     model.qpk --threads 1

      Exit status: 0 success, 1 a requested check did not hold, 2 usage, 3 malformed model, \
      4 unsupported model, 5 calibration or quantization, 6 samples, 7 package, 8 toolchain, \
      9 output, 70 internal error. Documentation/Diagnostics.md explains every code.
      """,
    version: QuantcVersion.text,
    subcommands: [
      CalibrateCommand.self, BuildCommand.self, RunCommand.self, EvalCommand.self,
      BenchCommand.self, ExplainCommand.self, InspectCommand.self,
    ])

  package init() {}
}

/// The version of compiler and package manifest.
package enum QuantcVersion {
  package static let text = "0.1.0"
}
