import KernelIR

/// The last step of a softmax, as C.
struct SoftmaxResult {
  let kind: FloatSoftmaxKernel.Kind

  /// The result is made of the operand, not of its exponentials.
  var isLog: Bool { kind == .log }

  /// Declares what all elements of a row share.
  func factor(sum: String) -> String {
    isLog ? "const qf l = qf_log(\(sum));" : "const qf scale = 1 / \(sum);"
  }

  func value(x: String, exponential: String, maximum: String) -> String {
    switch kind {
    case .plain: "\(exponential) * scale"
    case .log: "(\(x) - \(maximum)) - l"
    case .safe: "qf_number(\(exponential) * scale)"
    }
  }
}
