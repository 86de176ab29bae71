import Calibration
import CodegenCPU
import Diagnostics
import Foundation
import Fusion
import GraphIR
import KernelIR
import ONNXFrontend
import Packaging
import QuantMath
import Quantization
import Scheduling
import Targets
import Tensors
import Toolchain

/// From a model to a package: the stages in order.
package struct Builder: Sendable {
  package let source: SourceModel
  package let options: BuildOptions

  package init(_ source: SourceModel, _ options: BuildOptions) {
    self.source = source
    self.options = options
  }

  /// The graphs on the way, and the report on every quantize and dequantize.
  package struct Graphs: Sendable {
    package let canonical: Graph
    package let quantized: Graph
    package let fused: Graph
    /// A pass that was to be the last one has been reached.
    package let isStopped: Bool
  }

  package struct Result: Sendable {
    package let graphs: Graphs
    package let program: Program
    package let kernels: [KernelSpec]
    /// For each kernel the ops that use it.
    package let kernelNotes: [KernelSpec: String]
    package let objects: [KernelObject]
    package let report: ExplainReport
    package let package: Data
  }

  /// The graph stages: import, canonicalization, quantization, fusion.
  ///
  /// - Throws: `QC3001` when the recipe quantizes and there is no table, `QC3005` when the table is
  ///   of another model, and what the passes throw, naming the model's file.
  package func graphs() throws(Diagnostic) -> Graphs {
    do throws(Diagnostic) {
      var manager = PassManager(options: options.passes, print: options.print)
      var graph = try source.canonicalGraph(
        shapes: options.shapes, table: options.table, manager: &manager)
      let canonical = graph
      if options.recipe.precision != .float32 || graph.isQuantized {
        try manager.run(
          quantizationPasses(
            recipe: options.recipe, ranges: try ranges(for: graph),
            channels: channels(for: graph), moments: moments(for: graph),
            sensitivities: sensitivities(for: graph)),
          on: &graph)
      }
      let quantized = graph
      try manager.run(fusionPasses, on: &graph)
      try manager.checkNames()
      return Graphs(
        canonical: canonical, quantized: quantized, fused: graph, isStopped: manager.isStopped)
    } catch {
      throw error.inFile(source.path)
    }
  }

  private func ranges(for graph: Graph) throws(Diagnostic) -> RangeTable {
    if graph.isQuantized { return { _ in nil } }
    guard let table = options.table else {
      throw Diagnostic(
        .missingCalibration, "the model needs a calibration table to be quantized",
        hint: "run: quantc calibrate \(source.path) --input <name>=<samples.npy>, then build with "
          + "--calibration; or build with --precision float32")
    }
    try table.requireModel(source.hash)
    let ranges = try table.ranges(options.recipe.calibrationMethod)
    return { ranges[$0] }
  }

  private func channels(for graph: Graph) -> ChannelTable {
    guard !graph.isQuantized, let table = options.table else { return { _ in nil } }
    return { name in
      guard let channels = table.tensors[name]?.channelStatistics else { return nil }
      return ChannelRanges(
        minima: channels.minima, maxima: channels.maxima,
        means: (0..<channels.count).map { channels.mean($0) ?? 0 })
    }
  }

  private func moments(for graph: Graph) -> MomentTable {
    guard !graph.isQuantized, let table = options.table else { return { _ in nil } }
    return { name in
      guard let moments = table.tensors[name]?.products, moments.count > 0 else { return nil }
      let unit = 0x1p-48 / Double(moments.count)
      return TapMoments(
        groupCount: moments.groupCount, size: moments.size, count: Double(moments.count),
        means: moments.sums.map { Double($0) * unit },
        products: moments.products.map { Double($0) * unit })
    }
  }

  private func sensitivities(for graph: Graph) -> SensitivityTable {
    guard !graph.isQuantized, let table = options.table else { return { _ in nil } }
    return { name in
      guard let tensor = table.tensors[name], let extremes = tensor.extremes else { return nil }
      return Sensitivity(gain: tensor.medianGain, extremes: extremes) { params, bounds in
        tensor.meanSquaredError(
          scale: Double(params.scale), zeroPoint: params.zeroPoint, bounds: bounds)
      }
    }
  }

  /// The package and all that led to it.
  ///
  /// - Throws: what a stage throws; nothing has been written then.
  package func build() throws(Diagnostic) -> Result {
    let graphs = try graphs()
    do throws(Diagnostic) {
      let scheduled = try Scheduler.schedule(graphs.fused, for: fastestTarget())
      if options.passes.printsAfterAll || options.passes.printAfter.contains("schedule") {
        options.print("// after schedule\n")
        options.print(scheduled.description)
      }
      let toolchain = try CToolchain.find()
      let objects = try VariantCompiler(toolchain: toolchain, notes: scheduled.kernelNotes)
        .compile(scheduled.kernels, for: options.targets)
      let report = ExplainReport(graphs: graphs, scheduled: scheduled)
      let package = try package(scheduled, objects, report)
      return Result(
        graphs: graphs, program: scheduled.program, kernels: scheduled.kernels,
        kernelNotes: scheduled.kernelNotes, objects: objects,
        report: report, package: package)
    } catch {
      throw error.inFile(source.path)
    }
  }

  private func fastestTarget() throws(Diagnostic) -> CPUTarget {
    guard let target = CPUTarget.fastest(of: options.targets) else {
      throw Diagnostic(.internalError, "a build without a target")
    }
    return target
  }

  private func package(
    _ scheduled: ScheduledProgram, _ objects: [KernelObject], _ report: ExplainReport
  ) throws(Diagnostic) -> Data {
    let architecture = try fastestTarget().architecture
    let variants = objects.enumerated().map { index, object in
      PackageWriter.Variant(
        name: object.target.name, rank: objects.count - 1 - index, object: object.bytes)
    }
    let manifest = Manifest(
      source: source, options: options, program: scheduled.program, report: report)
    var documents = [
      PackageWriter.Document(.recipe, json: try options.recipe.json()),
      PackageWriter.Document(.explain, json: try PackageJSON.data(report)),
    ]
    if let table = options.table, !graphsAreFloat {
      documents.append(
        PackageWriter.Document(.calibration, json: try CalibrationSummary(table).encoded()))
    }
    return try PackageWriter(
      program: scheduled.program, architecture: architecture, variants: variants,
      manifest: try PackageJSON.data(manifest), documents: documents
    ).bytes()
  }

  private var graphsAreFloat: Bool { options.recipe.precision == .float32 }
}
