import Foundation

extension EvaluationReport {
  /// The report as tables for a person; `label` heads the quantized model's column.
  package func text(label: String = "INT8") -> String {
    var parts: [String] = ["\(model): \(sampleCount) samples"]
    var rows: [[String]] = []
    if let metric {
      rows.append([
        metric.name, value(metric.float), value(metric.quantized),
        metric.difference.map { ($0 >= 0 ? "+" : "") + value($0) } ?? "-",
      ])
    }
    for expected in expected {
      rows.append([
        "error of '\(expected.output)' to expected", number(expected.float),
        number(expected.quantized), "-",
      ])
    }
    if !rows.isEmpty { parts.append(table([["", "float", label, "difference"]] + rows)) }
    if let flips {
      parts.append(
        "answers that differ from float: \(flips.samples.count) of \(flips.comparedCount) "
          + "(\(percent(flips.share)))")
    }
    if !outputs.isEmpty {
      let header = ["\(label) to float", "rel. sq. error", "cosine", "snr dB", "mse", "max error"]
      parts.append(
        table(
          [header]
            + outputs.map { output in
              [
                output.name, number(output.distance.relativeSquaredError),
                number(output.distance.cosine), number(output.distance.snr),
                number(output.distance.meanSquaredError),
                number(output.distance.maxAbsoluteError),
              ]
            }))
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// A value of the metric: shares as percent.
  private func value(_ value: Double?) -> String {
    guard let value else { return "-" }
    return flips != nil || isShare ? percent(value) : number(value)
  }

  private var isShare: Bool {
    ["top1", "top5", "anchor_top1", "presence"].contains(metric?.name)
  }

  private func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }

  private func number(_ value: Double?) -> String {
    guard let value else { return "-" }
    return String(format: "%.6g", value)
  }

  /// Columns padded to their widest cell: the first to the left, the others to the right.
  private func table(_ rows: [[String]]) -> String {
    let widths = (0..<(rows.first?.count ?? 0)).map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }
      return cells.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
