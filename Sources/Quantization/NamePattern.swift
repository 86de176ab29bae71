/// A name with `*` for any run of characters and `?` for any one.
struct NamePattern: Hashable, Sendable {
  private let pattern: [Character]

  init(_ text: String) { pattern = Array(text) }

  /// Whether the whole name fits; an empty name fits nothing.
  func matches(_ name: String) -> Bool {
    let name = Array(name)
    if name.isEmpty { return false }
    // The last star, and how much of the name it has taken.
    var star: (pattern: Int, name: Int)?
    var (p, n) = (0, 0)
    while n < name.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
        p += 1
        n += 1
      } else if let (starAt, taken) = star {
        star = (starAt, taken + 1)
        p = starAt + 1
        n = taken + 1
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
