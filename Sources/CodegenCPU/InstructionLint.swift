/// Looks at the instructions of an object: the reduction loops must be what the generators planned.
///
/// A reduction loop is an innermost loop with dot products and no conversion to float. Each must
/// hold a planned number of dot products and must not store a vector register to the stack.
package enum InstructionLint {
  /// What one innermost loop holds.
  struct Loop: Hashable {
    /// Where it begins: address, symbol and distance, as the disassembler says it.
    var place: String
    var dotCount = 0
    var hasConversion = false
    var spill: String?
  }

  /// - Parameters:
  ///   - disassembly: llvm-objdump's, AT&T syntax.
  ///   - dotCounts: the numbers of dot products that some kernel of the object planned for a loop.
  /// - Returns: one sentence for each reduction loop that is not as planned.
  package static func findings(_ disassembly: String, dotCounts: Set<Int>) -> [String] {
    var findings: [String] = []
    for loop in innermostLoops(disassembly) where loop.dotCount > 0 && !loop.hasConversion {
      let place = "the loop at \(loop.place)"
      if !dotCounts.contains(loop.dotCount) {
        findings.append(
          "\(place) has \(loop.dotCount) dot products, planned were \(dotCounts.sorted())")
      }
      if let spill = loop.spill { findings.append("\(place) spills a vector register: \(spill)") }
    }
    return findings
  }

  /// The loops whose body, from the target of a backward jump to the jump, holds no other one.
  static func innermostLoops(_ disassembly: String) -> [Loop] {
    let lines = instructions(disassembly)
    var loops: [Loop] = []
    var lastLoopEnd = 0
    for (index, line) in lines.enumerated() {
      guard let target = line.jumpTarget, target <= line.address,
        let first = firstIndex(lines, target), first >= lastLoopEnd
      else { continue }
      loops.append(summary(lines[first...index], String(line.operands)))
      lastLoopEnd = index + 1
    }
    return loops
  }

  private static func summary(_ body: ArraySlice<Instruction>, _ place: String) -> Loop {
    var loop = Loop(place: place)
    for line in body {
      if dotMnemonics.contains(line.mnemonic) { loop.dotCount += 1 }
      if line.mnemonic.hasPrefix("vcvt") { loop.hasConversion = true }
      if line.storesVectorToStack { loop.spill = "\(line.mnemonic) \(line.operands)" }
    }
    return loop
  }

  private static let dotMnemonics: Set<Substring> = ["vpmaddwd", "vpdpbusd", "vpdpwssd"]

  private struct Instruction {
    let address: UInt64
    let mnemonic: Substring
    let operands: Substring

    var jumpTarget: UInt64? {
      guard mnemonic.hasPrefix("j"), operands.hasPrefix("0x") else { return nil }
      return UInt64(operands.dropFirst(2).prefix { $0.isHexDigit }, radix: 16)
    }

    var storesVectorToStack: Bool {
      mnemonic.hasPrefix("vmov") && operands.hasSuffix("(%rsp)")
        && (operands.hasPrefix("%ymm") || operands.hasPrefix("%zmm"))
    }
  }

  private static func instructions(_ disassembly: String) -> [Instruction] {
    disassembly.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: "\t", maxSplits: 2)
      guard fields.count >= 2, let colon = fields[0].lastIndex(of: ":"),
        let address = UInt64(fields[0][..<colon].drop { $0 == " " }, radix: 16)
      else { return nil }
      let operands = fields.count > 2 ? fields[2] : ""
      // An encoding that the assembler was asked for stands before the mnemonic.
      guard fields[1].hasPrefix("{"), let tab = operands.firstIndex(of: "\t") else {
        return Instruction(address: address, mnemonic: fields[1], operands: operands)
      }
      return Instruction(
        address: address, mnemonic: operands[..<tab],
        operands: operands[operands.index(after: tab)...])
    }
  }

  private static func firstIndex(_ lines: [Instruction], _ address: UInt64) -> Int? {
    var (low, high) = (0, lines.count)
    while low < high {
      let middle = (low + high) / 2
      if lines[middle].address < address { low = middle + 1 } else { high = middle }
    }
    return low < lines.count && lines[low].address == address ? low : nil
  }
}
