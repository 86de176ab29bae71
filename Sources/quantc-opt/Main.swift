import QuantcCLI

@main
enum Main {
  static func main() { QuantcOptCommand.runAndExit() }
}
