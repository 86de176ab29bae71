import KernelIR
import Targets

extension Lowering {
  /// The call of a dense convolution: `winograd` where it exists, is exact for these weights, and is
  /// predicted to gain enough over the direct one.
  func denseCall(_ direct: ConvolutionKernel, weights: [Int8], start: [Int32]) -> KernelCall {
    let call = direct.call(weights: weights, start: start)
    guard
      WinogradKernel.takes(input: direct.input, window: direct.window, groups: direct.groups),
      WinogradKernel.fits(weights: weights, outputChannels: direct.output.channels)
    else { return call }
    let winograd = WinogradKernel(
      input: direct.input, output: direct.output, window: direct.window, epilogue: direct.epilogue
    ).call(weights: weights, start: start)
    func cycles(_ call: KernelCall) -> Double {
      Double(call.work) / machine.perCycle(call.spec.workKind)
    }
    let gain = cycles(call) - cycles(winograd)
    return gain >= max(Lowering.gainCycles, Lowering.gainShare * cycles(call)) ? winograd : call
  }

  /// The part of the direct kernel's time that must be saved: what is predicted to gain less may lose.
  private static let gainShare = 0.1
  /// What the kernel's code, and its scratch memory, must be worth.
  private static let gainCycles = 10_000.0
}
