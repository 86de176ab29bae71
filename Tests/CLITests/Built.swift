import Foundation

/// What the commands make of the carried model, made once for all tests.
struct Built: Sendable {
  enum File: String {
    case table = "model.calib.json"
    /// With every variant of x86-64.
    case package = "model.qpk"
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let files: [File: Data]

  func contents(_ file: File) -> Data { files[file] ?? Data() }

  static let digits = Result { try Built() }

  private init() throws {
    let folder = try WorkFolder()
    for arguments in [
      ["calibrate", "model.onnx", "--input", "image=calib_x.npy", "-o", "model.calib.json"],
      [
        "build", "model.onnx", "--calibration", "model.calib.json", "-o", "model.qpk",
        "--target", "x86-64",
      ],
    ] {
      let outcome = try Quantc.run(arguments, in: folder.root)
      guard outcome.status == 0 else { throw Failure(description: outcome.messages) }
    }
    files = [
      .table: try folder.contents(File.table.rawValue),
      .package: try folder.contents(File.package.rawValue),
    ]
  }
}
