import KernelIR
import Targets

/// The whole C text of one variant's object.
package enum KernelSource {
  /// The text of `specs`, which has no duplicates, for `target`; the order stays. `notes` says for a
  /// kernel which ops use it: the comment above it.
  package static func text(
    _ specs: [KernelSpec], _ target: CPUTarget, notes: [KernelSpec: String] = [:]
  ) -> String {
    var out = CSource()
    out.comment("Kernels for \(target.name), made by quantc.")
    out.line(VectorPrelude.text(for: target))
    out.line(PairPrelude.text(for: target))
    out.line(TilePrelude.text(for: target))
    out.line(LookupPrelude.text(for: target))
    out.line(imagePrelude)
    out.line(BytePrelude.text(for: target))
    if target.integerDot == .words { out.line(halvesPrelude + widenPrelude + rowPairPrelude) }
    if specs.contains(where: { WindowDepthwise.takes($0, target) }) {
      out.line(QuadPrelude.text(for: target))
    }
    if specs.contains(where: { $0.family == .winograd }) {
      out.line(WinogradPrelude.text(for: target))
    }
    let floatFamilies = floatKernelEmitters.map(\.family)
    if specs.contains(where: { floatFamilies.contains($0.family) }) {
      out.line(FloatPrelude.text(for: target))
    }
    if specs.contains(where: { $0.family == .attention }) {
      out.line(BroadcastQuadPrelude.text(for: target))
    }
    var records: [ArgumentLayout] = []
    for spec in specs {
      let emitter = KernelEmitter.of(spec.family)
      if !records.contains(emitter.arguments) {
        records.append(emitter.arguments)
        out.line(emitter.arguments.declaration)
      }
      out.comment(notes[spec] ?? spec.family.name)
      emitter.emit(spec, target, &out)
    }
    return out.text
  }
}
