import Diagnostics

/// A `dataset.json` as it stands: the schema of `Documentation/DatasetSchema.md`.
struct DatasetFile: Hashable, Sendable {
  let name: String
  let root: String?
  let splits: [String: DatasetSplit]
}

/// The samples of one split and how their answers are scored.
struct DatasetSplit: Hashable, Sendable {
  /// Model input name to where its samples come from.
  let inputs: [String: DatasetInput]
  /// The samples to use; `nil` for all.
  let samples: Range<Int>?
  let labels: LabelFile?
  let metric: MetricDescription?
  /// Model output name to a `.npy` of its values by another runtime.
  let expected: [String: String]

  struct LabelFile: Hashable, Sendable {
    let file: String
    let offset: Int
  }
}

/// Where the samples of one model input come from.
struct DatasetInput: Hashable, Sendable {
  enum Source: Hashable, Sendable {
    /// Arrays joined along axis 0, the sample axis.
    case files([String])
    /// Every sample is this value.
    case fill(Double, shape: FillShape)
  }

  enum FillShape: Hashable, Sendable {
    /// The shape of another input's sample.
    case like(String)
    case dims([Int])
  }

  struct Windows: Hashable, Sendable {
    let length: Int
    let before: Int
  }

  struct Lengths: Hashable, Sendable {
    let file: String
    let cut: Bool
  }

  let source: Source
  let convert: Preprocessing
  let windows: Windows?
  let lengths: Lengths?
  /// The model output that the next sample takes.
  let feedback: String?
}

/// How a sample is prepared, in the order of `Documentation/DatasetSchema.md`.
struct Preprocessing: Hashable, Sendable {
  struct Crop: Hashable, Sendable {
    let top: Int
    let left: Int
    let height: Int
    let width: Int
  }

  struct Pad: Hashable, Sendable {
    let height: Int
    let width: Int
    /// In the stored type.
    let value: Double
  }

  /// One number, or one for each entry of the last axis.
  enum Factors: Hashable, Sendable {
    case one(Float)
    case each([Float])
  }

  enum Gain: Hashable, Sendable {
    case scale(Factors)
    case std(Factors)
  }

  var crop: Crop?
  var pad: Pad?
  var reversesChannels = false
  var toFloat = false
  var mean: Factors?
  var gain: Gain?
  var toChannelsFirst = false

  /// Whether the elements become float32, asked for or implied.
  var makesFloats: Bool { toFloat || mean != nil || gain != nil }
  /// Whether a step needs samples of rank 3: height, width, channels.
  var needsImages: Bool { crop != nil || pad != nil || reversesChannels || toChannelsFirst }
}
