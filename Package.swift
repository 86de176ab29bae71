// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("MemberImportVisibility"),
]
let cSettings: [CSetting] = [
  .unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off"])
]
/// The interpreter's hot loops are compiled with optimization in every configuration.
let optimized: [CSetting] = [.unsafeFlags(["-O3"])]

/// The fuzz target needs a sanitizer's runtime: it is built by `make fuzz` alone.
let fuzzTargets: [Target] =
  Context.environment["QUANTC_FUZZ"] == nil
  ? []
  : [
    .executableTarget(
      name: "fuzz-onnx", dependencies: ["Diagnostics", "GraphIR", "ONNXFrontend"],
      path: "Tests/Fuzz/ONNX", swiftSettings: swiftSettings)
  ]

let package = Package(
  name: "quantc",
  dependencies: [
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .target(name: "Diagnostics", dependencies: [], swiftSettings: swiftSettings),
    .systemLibrary(
      name: "CZstd", path: "Sources/CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]
    ),
    .target(name: "CReference", dependencies: [], cSettings: cSettings + optimized),
    .target(
      name: "QuantcRuntime", dependencies: [], cSettings: cSettings,
      linkerSettings: [
        .linkedLibrary("zstd"), .linkedLibrary("sodium"),
        .linkedLibrary("pthread", .when(platforms: [.linux])),
      ]),
    .target(name: "Tensors", dependencies: ["Diagnostics"], swiftSettings: swiftSettings),
    .target(
      name: "QuantMath", dependencies: ["Diagnostics", "Tensors"], swiftSettings: swiftSettings),
    .target(
      name: "Targets", dependencies: ["Diagnostics", "Tensors"], swiftSettings: swiftSettings),
    .target(name: "Toolchain", dependencies: ["Diagnostics"], swiftSettings: swiftSettings),
    .target(
      name: "ModelRunner", dependencies: ["Diagnostics", "Tensors", "QuantcRuntime"],
      swiftSettings: swiftSettings),
    .target(
      name: "GraphIR", dependencies: ["Diagnostics", "Tensors", "QuantMath"],
      swiftSettings: swiftSettings),
    .target(
      name: "KernelIR", dependencies: ["Diagnostics", "Tensors", "QuantMath", "Targets"],
      swiftSettings: swiftSettings),
    .target(
      name: "Samples", dependencies: ["Diagnostics", "Tensors"], swiftSettings: swiftSettings),
    .target(
      name: "ONNXFrontend",
      dependencies: [
        "Diagnostics", "Tensors", "QuantMath", "GraphIR",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ], swiftSettings: swiftSettings),
    .target(
      name: "Interpreter",
      dependencies: ["Diagnostics", "Tensors", "QuantMath", "GraphIR", "CReference"],
      swiftSettings: swiftSettings),
    .target(
      name: "Canonicalization",
      dependencies: ["Diagnostics", "Tensors", "QuantMath", "GraphIR", "Interpreter"],
      swiftSettings: swiftSettings),
    .target(
      name: "Calibration",
      dependencies: [
        "Diagnostics", "Tensors", "QuantMath", "GraphIR", "Interpreter", "Samples", "CReference",
        "QuantcRuntime",
      ], swiftSettings: swiftSettings),
    .target(
      name: "Quantization", dependencies: ["Diagnostics", "Tensors", "QuantMath", "GraphIR"],
      swiftSettings: swiftSettings),
    .target(
      name: "Fusion", dependencies: ["Diagnostics", "Tensors", "QuantMath", "GraphIR"],
      swiftSettings: swiftSettings),
    .target(
      name: "Scheduling",
      dependencies: ["Diagnostics", "Tensors", "QuantMath", "Targets", "GraphIR", "KernelIR"],
      swiftSettings: swiftSettings),
    .target(
      name: "CodegenCPU",
      dependencies: ["Diagnostics", "Tensors", "QuantMath", "Targets", "Toolchain", "KernelIR"],
      swiftSettings: swiftSettings),
    .target(
      name: "Packaging",
      dependencies: ["Diagnostics", "Tensors", "Targets", "KernelIR", "QuantcRuntime", "CZstd"],
      swiftSettings: swiftSettings),
    .target(
      name: "Evaluation",
      dependencies: ["Diagnostics", "Tensors", "QuantMath", "GraphIR", "Samples"],
      swiftSettings: swiftSettings),
    .target(
      name: "Pipeline",
      dependencies: [
        "Diagnostics", "Tensors", "QuantMath", "Targets", "Toolchain", "ModelRunner", "GraphIR",
        "KernelIR", "Samples", "ONNXFrontend", "Interpreter", "Canonicalization", "Calibration",
        "Quantization", "Fusion", "Scheduling", "CodegenCPU", "Packaging",
      ], swiftSettings: swiftSettings),
    .target(
      name: "QuantcCLI",
      dependencies: [
        "Diagnostics", "Tensors", "Targets", "GraphIR", "Samples", "ONNXFrontend",
        "Canonicalization", "Calibration", "Quantization", "Fusion", "CodegenCPU", "KernelIR",
        "ModelRunner", "Packaging", "Pipeline", "Evaluation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: swiftSettings),
    .executableTarget(name: "quantc", dependencies: ["QuantcCLI"], swiftSettings: swiftSettings),
    .executableTarget(
      name: "quantc-opt", dependencies: ["QuantcCLI"], swiftSettings: swiftSettings),
    .target(
      name: "TestSupport", dependencies: [], path: "Tests/TestSupport",
      swiftSettings: swiftSettings),
    .testTarget(
      name: "DiagnosticsTests", dependencies: ["Diagnostics"], swiftSettings: swiftSettings),
    .testTarget(
      name: "QuantMathTests", dependencies: ["Diagnostics", "Tensors", "QuantMath", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "GraphIRTests", dependencies: ["Diagnostics", "Tensors", "GraphIR"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "SamplesTests", dependencies: ["Diagnostics", "Tensors", "Samples", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ONNXFrontendTests",
      dependencies: [
        "Diagnostics", "Tensors", "GraphIR", "ONNXFrontend", "Interpreter",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"), "TestSupport",
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "Diagnostics", "Tensors", "GraphIR", "ONNXFrontend", "Interpreter", "Canonicalization",
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "InterpreterTests",
      dependencies: [
        "Diagnostics", "Tensors", "QuantMath", "Toolchain", "GraphIR", "Interpreter", "CReference",
        "TestSupport",
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "CalibrationTests",
      dependencies: [
        "Diagnostics", "Tensors", "QuantMath", "GraphIR", "Interpreter", "Samples", "Calibration",
        "TestSupport",
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "QuantizationTests",
      dependencies: [
        "Diagnostics", "Tensors", "QuantMath", "GraphIR", "Quantization", "Interpreter",
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "FusionTests",
      dependencies: ["Diagnostics", "Tensors", "QuantMath", "GraphIR", "Fusion", "Interpreter"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "GoldenTests",
      dependencies: [
        "Diagnostics", "Tensors", "GraphIR", "Canonicalization", "Quantization", "Fusion",
      ], exclude: ["Cases"], swiftSettings: swiftSettings),
    .testTarget(
      name: "SchedulingTests",
      dependencies: [
        "Diagnostics", "Tensors", "QuantMath", "Targets", "GraphIR", "KernelIR", "Scheduling",
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "KernelTests",
      dependencies: [
        "Diagnostics", "Tensors", "QuantMath", "Targets", "Toolchain", "KernelIR", "CodegenCPU",
        "CReference", "QuantcRuntime", "TestSupport",
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "RuntimeTests",
      dependencies: [
        "Diagnostics", "Tensors", "Targets", "KernelIR", "Toolchain", "QuantcRuntime",
        "ModelRunner", "Packaging", "TestSupport",
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "EvaluationTests",
      dependencies: ["Diagnostics", "Tensors", "Evaluation", "Samples", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "AccuracyTests",
      dependencies: [
        "Diagnostics", "Tensors", "Samples", "Pipeline", "Evaluation", "GraphIR", "Calibration",
        "Quantization", "Targets", "ModelRunner", "Interpreter", "Packaging",
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "PipelineTests",
      dependencies: [
        "Diagnostics", "Tensors", "Targets", "Toolchain", "ModelRunner", "GraphIR", "KernelIR",
        "Interpreter", "Canonicalization", "Calibration", "Quantization", "Fusion", "Scheduling",
        "CodegenCPU", "Packaging", "Pipeline", "TestSupport",
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "CLITests",
      dependencies: [
        "Diagnostics", "Tensors", "Samples", "ModelRunner", "quantc", "quantc-opt", "TestSupport",
      ], swiftSettings: swiftSettings),
  ] + fuzzTargets
)
