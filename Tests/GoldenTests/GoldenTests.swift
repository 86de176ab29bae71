import Diagnostics
import GraphIR
import Testing

@Suite("golden IR")
struct GoldenTests {
  @Test(arguments: try GoldenCase.all())
  func `matches its golden text`(_ golden: GoldenCase) throws {
    var graph = try Graph(parsing: golden.before)
    try golden.pass.run(&graph)
    try graph.verify()
    try golden.expect(graph.description)
    #expect(try Graph(parsing: graph.description) == graph, "the text must round-trip")
  }

  @Test(arguments: try GoldenCase.all())
  func `a second run changes nothing`(_ golden: GoldenCase) throws {
    var graph = try Graph(parsing: golden.before)
    try golden.pass.run(&graph)
    let once = graph
    try golden.pass.run(&graph)
    #expect(graph == once)
  }
}
