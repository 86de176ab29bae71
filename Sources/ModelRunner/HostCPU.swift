import QuantcRuntime

/// What the runtime can use of this machine.
package enum HostCPU {
  /// Whether processor and operating system run the kernel variant of that name.
  package static func supports(variant: String) -> Bool { qc_host_supports(variant) != 0 }

  /// Version of the runtime that is linked in.
  package static var runtimeVersion: String { String(cString: qc_runtime_version()) }
}
