import Calibration
import Diagnostics
import Foundation
import GraphIR
import Samples
import Tensors

extension FloatModel {
  /// How a model is going to be run.
  package struct Plan: Sendable {
    /// Threads that run samples at the same time.
    package let workers: Int
    /// Threads that run one sample.
    package let threads: Int
    /// The number of samples of each shape.
    private let runs: [[String: Shape]: Int]
    private let sensitivitySamples: Int
    /// Of each shape the indices of samples that sensitivity may be measured with.
    private let measured: [[String: Shape]: [Int]]

    /// One sample after another.
    package init() {
      workers = 1
      threads = 1
      runs = [:]
      sensitivitySamples = 0
      measured = [:]
    }

    /// All processors: side by side where no sample needs the results of another one.
    ///
    /// - Parameters:
    ///   - samples: all of them.
    ///   - range: those that are run.
    ///   - inOrder: whether they are run one after another in any case.
    ///   - sensitivitySamples: as of the ``CalibrationRun``.
    /// - Throws: `QC4002` when a sample does not fit.
    package init(
      _ samples: BoundSamples, _ range: Range<Int>, inOrder: Bool = false,
      sensitivitySamples: Int = 0
    ) throws(Diagnostic) {
      let processors = ProcessInfo.processInfo.activeProcessorCount
      let isParallel = samples.feedback.isEmpty && !inOrder
      workers = isParallel ? processors : 1
      threads = isParallel ? 1 : processors
      self.sensitivitySamples = samples.feedback.isEmpty ? sensitivitySamples : 0
      var runs: [[String: Shape]: Int] = [:]
      var measured: [[String: Shape]: [Int]] = [:]
      for index in range {
        let shapes = try samples.shapes(ofRun: index)
        runs[shapes, default: 0] += 1
        if index < self.sensitivitySamples { measured[shapes, default: []].append(index) }
      }
      self.runs = runs
      self.measured = measured
    }

    /// How often the graph of these input shapes is run, and how often those of all shapes would be, if
    /// they were like it: once for each sample, and for those that the sensitivity is measured with
    /// once for each value.
    func runCounts(of graph: Graph, _ shapes: [String: Shape]) -> (ofShapes: Int, ofAll: Int) {
      let sensitivity = SensitivityPlan(graph)
      let count = sensitivity.sampleCount(requested: sensitivitySamples)
      func total(_ samples: Int, _ indices: [Int]) -> Int {
        samples + indices.count { $0 < count } * sensitivity.values.count
      }
      return (
        total(runs[shapes] ?? 1, measured[shapes] ?? []),
        total(max(1, runs.values.reduce(0, +)), measured.values.flatMap { $0 })
      )
    }
  }
}
