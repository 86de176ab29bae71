import ArgumentParser
import Diagnostics
import Foundation

extension ParsableCommand {
  /// Parses the command line and runs it; problems go to standard error, and the exit status is
  /// that of the one table, ``ExitStatus``.
  package static func runAndExit(_ arguments: [String]? = nil) -> Never {
    let status = runAndReport(arguments)
    Foundation.exit(status.rawValue)
  }

  private static func runAndReport(_ arguments: [String]?) -> ExitStatus {
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
      return .success
    } catch let diagnostic as Diagnostic {
      StandardError.write(diagnostic.description)
      return diagnostic.code.exitStatus
    } catch {
      let isHelp = exitCode(for: error).isSuccess
      let message = fullMessage(for: error)
      if isHelp {
        print(message)
        return .success
      }
      StandardError.write(message)
      return .usage
    }
  }
}

/// Messages and progress, for people.
enum StandardError {
  static func write(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
