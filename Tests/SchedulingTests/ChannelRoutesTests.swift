import GraphIR
import KernelIR
import Tensors
import Testing

@testable import Scheduling

@Suite("channel routes")
struct ChannelRoutesTests {
  /// Two images joined, shuffled in two groups and split again.
  private static let text = """
    graph "shuffle" fused
    %0 = input "a" : 1x3x2x2xu8<0.5>
    %1 = input "b" : 1x3x2x2xu8<0.5>
    %2 = concat(%0, %1) {axis = 1} : 1x6x2x2xu8<0.5>
    %3 = reshape(%2) {shape = [1, 2, 3, 2, 2]} : 1x2x3x2x2xu8<0.5>
    %4 = transpose(%3) {permutation = [0, 2, 1, 3, 4]} : 1x3x2x2x2xu8<0.5>
    %5 = reshape(%4) {shape = [1, 6, 2, 2]} : 1x6x2x2xu8<0.5>
    %6 = slice(%5) {starts = [0, 3, 0, 0], steps = [1, 1, 1, 1], sizes = [1, 3, 2, 2]} : 1x3x2x2xu8<0.5>
    output "y" = %6

    """

  @Test func `a shuffle of a concatenation is one route from its parts`() throws {
    let routes = ChannelRoutes(try Graph(parsing: Self.text))
    let route = try #require(routes.routes[ValueID(5)])
    #expect(route.sources == [ValueID(0), ValueID(1)])
    #expect(route.origins.map(\.source) == [0, 1, 0, 1, 0, 1])
    #expect(route.origins.map(\.channel) == [0, 0, 1, 1, 2, 2])
    #expect(routes.passed.sorted() == [ValueID(2), ValueID(3), ValueID(4)])
  }

  @Test func `a concatenation that is read elsewhere stays, and is the source`() throws {
    let text = Self.text.replacing("output \"y\"", with: "output \"whole\" = %2\noutput \"y\"")
    let routes = ChannelRoutes(try Graph(parsing: text))
    let route = try #require(routes.routes[ValueID(5)])
    #expect(route.sources == [ValueID(2)])
    #expect(route.origins.map(\.channel) == [0, 3, 1, 4, 2, 5])
    #expect(routes.passed.sorted() == [ValueID(3), ValueID(4)])
  }

  @Test(arguments: [
    ("[0, 2, 1, 3, 4]} : 1x3x2x2x2", "[0, 3, 1, 2, 4]} : 1x2x2x3x2"),
    ("[0, 2, 1, 3, 4]} : 1x3x2x2x2", "[0, 1, 2, 3, 4]} : 1x2x3x2x2"),
  ])
  func `what moves pixels, or nothing, is no route`(_ change: (from: String, to: String)) throws {
    let text = Self.text.replacing(change.from, with: change.to)
    #expect(ChannelRoutes(try Graph(parsing: text)).routes.isEmpty)
  }

  @Test func `a shuffled block needs one step`() throws {
    let program = try Scheduler.schedule(try Graph(parsing: Self.text)).program
    let gathers = program.steps.filter { program.kernels[$0.kernel].hasPrefix("qc_channels") }
    #expect(gathers.count == 1)
  }
}
