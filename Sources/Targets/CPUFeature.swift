/// An instruction set extension that a device must report before a variant may run on it.
///
/// The raw value is the word in the package's manifest and in messages.
package enum CPUFeature: String, CaseIterable, Codable, Hashable, Sendable {
  // x86-64-v3.
  case avx2, fma, f16c, bmi2
  // x86-64-v4 and beyond it.
  case avx512f, avx512bw, avx512dq, avx512vl, avx512vbmi, avx512vnni
  case avxvnni
}
