import Diagnostics
import Foundation
import Quantization
import Testing

@Suite("recipe")
struct RecipeTests {
  @Test func `a recipe reads back as it was written`() throws {
    var recipe = Recipe()
    recipe.ops = ["gelu": .float32]
    recipe.keepFloat = ["/head/*"]
    recipe.calibrator = .percentile
    recipe.percentile = 99.9
    recipe.interface = .uint8
    recipe.quantizesActivationProducts = true
    recipe.smoothsActivations = false
    recipe.keepsMeans = false
    recipe.activations = .int16
    #expect(try Recipe(json: recipe.json()) == recipe)
  }

  @Test func `what a recipe leaves out is the default`() throws {
    #expect(try Recipe(json: Data(#"{"schema_version": 1}"#.utf8)) == Recipe())
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"schema_version": 2}"#, #"{"schema_version": 1, "bits": 8}"#,
    #"{"schema_version": 1, "precision": "int3"}"#, #"{"schema_version": 1, "keep_float": "x"}"#,
    #"{"schema_version": 1, "percentile": 0}"#, #"{"schema_version": 1, "io": 8}"#,
  ])
  func `a wrong recipe is refused`(text: String) {
    let error = #expect(throws: Diagnostic.self) { try Recipe(json: Data(text.utf8)) }
    #expect(error?.code == .malformedRecipe)
  }

  @Test(arguments: [
    ("conv1", "conv1", true), ("conv*", "conv1", true), ("*", "x", true), ("*", "", false),
    ("/head/*/conv", "/head/a/b/conv", true), ("/head/*/conv", "/head/conv", false),
    ("conv?", "conv", false), ("conv?", "conv1", true), ("a*b*c", "aXbYbc", true),
    ("conv", "conv1", false), ("**", "x", true),
  ])
  func `patterns match whole names`(pattern: String, name: String, matches: Bool) throws {
    var recipe = Recipe()
    recipe.keepFloat = [pattern]
    #expect(recipe.keepsFloat(named: name) == matches)
  }
}
