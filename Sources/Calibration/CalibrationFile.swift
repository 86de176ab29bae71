/// The JSON form of a calibration table; `Documentation/Calibration.md` describes it.
struct CalibrationFile: Codable {
  static let schemaVersion = 1

  let schemaVersion: Int
  let contentHash: String
  let modelHash: String
  let dataHash: String
  let sampleCount: Int
  let samples: [SampleRun]
  let inputs: [Input]
  let tensors: [TensorRecord]

  enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case contentHash = "content_sha256"
    case modelHash = "model_sha256"
    case dataHash = "data_sha256"
    case sampleCount = "sample_count"
    case samples, inputs, tensors
  }

  /// Samples of consecutive indices.
  struct SampleRun: Codable {
    let first: Int
    let hashes: [String]
    /// The indices of those that were left out.
    let skipped: [Int]

    enum CodingKeys: String, CodingKey {
      case first
      case hashes = "sha256"
      case skipped
    }
  }

  struct Input: Codable {
    let name: String
    /// Smallest and largest extent of each axis; `null` where the rank differed.
    let extents: [[Int]]?
  }

  struct TensorRecord: Codable {
    let name: String
    let finiteCount: UInt64
    let zeroCount: UInt64
    let nanCount: UInt64
    let infinityCount: UInt64
    /// `[min, max]`; `null` without a finite value.
    let range: [Float]?
    let histogram: Histogram?
    /// Of each sample in the order of `samples`; `null` where a sample had no finite value.
    let sampleMinima: [Float?]
    let sampleMaxima: [Float?]
    let channels: Channels?
    /// Missing where a convolution did not make the tensor, or would need too many numbers.
    let products: Products?
    /// Missing where none was measured.
    let gains: [Gain]?

    enum CodingKeys: String, CodingKey {
      case name, range, histogram, channels, products, gains
      case finiteCount = "finite_count"
      case zeroCount = "zero_count"
      case nanCount = "nan_count"
      case infinityCount = "infinity_count"
      case sampleMinima = "sample_min"
      case sampleMaxima = "sample_max"
    }
  }

  struct Gain: Codable {
    let sample: Int
    let gain: Double
  }

  struct Histogram: Codable {
    /// Bin `k` is `[k * 2^exponent, (k + 1) * 2^exponent)`.
    let exponent: Int
    let lowestBin: Int
    /// From `lowest_bin` on; `-n` stands for `n` empty bins.
    let counts: [Int64]

    enum CodingKeys: String, CodingKey {
      case exponent, counts
      case lowestBin = "lowest_bin"
    }
  }

  /// Sums are decimal integers, in units of 2^-48.
  struct Products: Codable {
    let groupCount: Int
    let size: Int
    let count: UInt64
    let sums: [String]
    let products: [String]

    enum CodingKeys: String, CodingKey {
      case size, count
      case groupCount = "group_count"
      case sums = "sum_2e48"
      case products = "product_2e48"
    }
  }

  struct Channels: Codable {
    let axis: Int
    /// `null` for a channel without a finite value.
    let minima: [Float?]
    let maxima: [Float?]
    /// Decimal integers, in units of 2^-48.
    let sums: [String]
    let finiteCounts: [UInt64]
    /// The channels that were always 0, for the reader's eye.
    let dead: [Int]

    enum CodingKeys: String, CodingKey {
      case axis, dead
      case minima = "min"
      case maxima = "max"
      case sums = "sum_2e48"
      case finiteCounts = "finite_count"
    }
  }
}
