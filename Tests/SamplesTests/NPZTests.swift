import Diagnostics
import Foundation
import Tensors
import Testing

@testable import Samples

@Suite("npz archives")
struct NPZTests {
  /// What `numpy.savez(a=arange(3, int16), b=array([[1.5]], float32))` writes.
  static let stored = """
    UEsDBC0AAAAAAAAAIQBqz/JR//////////8FABQAYS5ucHkBABAAhgAAAAAAAACGAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2Ny
    JzogJzxpMicsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgzLCksIH0gICAgICAgICAgICAgICAgICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAABAAIAUEsDBC0AAAAAAAAAIQD5PGwT//////////8F
    ABQAYi5ucHkBABAAhAAAAAAAAACEAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmNCcsICdmb3J0cmFuX29yZGVyJzog
    RmFsc2UsICdzaGFwZSc6ICgxLCAxKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg
    ICAgICAgICAgICAKAADAP1BLAQItAy0AAAAAAAAAIQBqz/JRhgAAAIYAAAAFAAAAAAAAAAAAAACAAQAAAABhLm5weVBLAQIt
    Ay0AAAAAAAAAIQD5PGwThAAAAIQAAAAFAAAAAAAAAAAAAACAAb0AAABiLm5weVBLBQYAAAAAAgACAGYAAAB4AQAAAAA=
    """
  /// What `numpy.savez_compressed(a=arange(3, int16))` writes.
  static let compressed = """
    UEsDBC0AAAAIAAAAIQBqz/JR//////////8FABQAYS5ucHkBABAAhgAAAAAAAABKAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxc
    pG6loG6TaaSuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6mjoKtQoUAC4GBkYGJgYAUEsBAi0DLQAAAAgAAAAh
    AGrP8lFKAAAAhgAAAAUAAAAAAAAAAAAAAIABAAAAAGEubnB5UEsFBgAAAAABAAEAMwAAAIEAAAAAAA==
    """

  static func bytes(_ base64: String) throws -> Data {
    try #require(Data(base64Encoded: base64, options: .ignoreUnknownCharacters))
  }

  @Test func `an archive of numpy.savez is read`() throws {
    let archive = try NPZArchive(Self.bytes(Self.stored))
    #expect(archive.names == ["a", "b"])
    #expect(try archive.array("a").elements(Int16.self) == [0, 1, 2])
    #expect(try archive.array("b").floats == [1.5])
    #expect(try archive.array("b").shape.dims == [1, 1])
  }

  @Test func `a compressed archive is refused with the way to write it`() throws {
    let archive = try NPZArchive(Self.bytes(Self.compressed), file: "x.npz")
    let error = #expect(throws: Diagnostic.self) { try archive.array("a") }
    #expect(error?.code == .malformedArray)
    #expect(error?.hint?.contains("numpy.savez,") == true)
    #expect(error?.file == "x.npz")
  }

  @Test func `an unknown array is refused with the names that there are`() throws {
    let archive = try NPZArchive(Self.bytes(Self.stored))
    let error = #expect(throws: Diagnostic.self) { try archive.array("c") }
    #expect(error?.code == .wrongArray)
    #expect(error?.hint == "it has: a, b")
  }

  @Test func `an archive cut anywhere is refused`() throws {
    let file = try Self.bytes(Self.stored)
    for length in 0..<file.count {
      let error = #expect(throws: Diagnostic.self) { try NPZArchive(file.prefix(length)) }
      #expect(error?.code == .malformedArray)
    }
  }

  @Test func `a flipped bit is an error or leaves the arrays as they were`() throws {
    let file = try Self.bytes(Self.stored)
    let expected = try NPZArchive(file).array("a")
    for bit in 0..<file.count * 8 {
      var damaged = file
      damaged[bit / 8] ^= 1 << (bit % 8)
      do throws(Diagnostic) {
        let archive = try NPZArchive(damaged)
        guard archive.names.contains("a") else { continue }
        let array = try archive.array("a")
        #expect(array == expected, "bit \(bit)")
      } catch {
        #expect(error.code == .malformedArray, "bit \(bit)")
      }
    }
  }

  @Test func `the checksum is the usual one`() {
    #expect(CRC32.checksum(Data("123456789".utf8)) == 0xCBF4_3926)
    #expect(CRC32.checksum(Data()) == 0)
  }
}
