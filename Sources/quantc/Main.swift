import QuantcCLI

@main
enum Main {
  static func main() { QuantcCommand.runAndExit() }
}
