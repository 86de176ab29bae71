import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Samples

@Suite("npy arrays")
struct NPYTests {
  /// A version 1.0 file with the header text as given.
  static func file(_ header: String, version: [UInt8] = [1, 0], data: [UInt8] = []) -> Data {
    let text = Array(header.utf8)
    var length = [UInt8(text.count & 255), UInt8(text.count >> 8)]
    if version[0] > 1 { length += [0, 0] }
    return Data(NPYHeader.magic + version + length + text + data)
  }

  static func header(_ descr: String, _ shape: String, fortran: String = "False") -> String {
    "{'descr': '\(descr)', 'fortran_order': \(fortran), 'shape': \(shape), }\n"
  }

  static let readable: [ElementType] = [
    .f32, .f64, .f16, .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64, .bool,
  ]

  @Test(arguments: readable)
  func `an array comes back as it was written`(_ element: ElementType) throws {
    let shape = try Shape([2, 3])
    let bytes = Data((0..<element.byteCount(of: 6)).map { UInt8($0 % 2) })
    let tensor = try Tensor(element, shape, bytes: bytes)
    let file = try NPY.encode(tensor)
    #expect((file.count - bytes.count) % 64 == 0)
    #expect(try NPY.decode(file) == tensor)
  }

  @Test(arguments: [ElementType.bf16, .i4, .u4, .f8e4m3, .f8e5m2])
  func `a type that NumPy lacks is refused when writing`(_ element: ElementType) throws {
    let tensor = try Tensor(element, Shape([2]), bytes: Data(count: element.byteCount(of: 2)))
    let error = #expect(throws: Diagnostic.self) { try NPY.encode(tensor) }
    #expect(error?.code == .unsupportedElementType)
  }

  @Test(arguments: [[], [0], [1], [3, 0, 2], [1, 1, 1, 1, 5]])
  func `every rank comes back`(_ dims: [Int]) throws {
    let shape = try Shape(dims)
    let tensor = try Tensor(
      .i16, shape, (0..<shape.elementCount).map { Int16($0) })
    #expect(try NPY.decode(NPY.encode(tensor)) == tensor)
  }

  @Test(arguments: [[1, 0], [2, 0], [3, 0]] as [[UInt8]])
  func `the three format versions are read`(_ version: [UInt8]) throws {
    let file = Self.file(Self.header("<i2", "(2,)"), version: version, data: [1, 0, 2, 0])
    #expect(try NPY.decode(file).elements(Int16.self) == [1, 2])
  }

  @Test func `keys may stand in any order, with either quote and a long suffix`() throws {
    let text = "{\"shape\":(2L,),\"fortran_order\" : False , 'descr':'|u1'}   \n"
    #expect(try NPY.decode(Self.file(text, data: [7, 8])).elements(UInt8.self) == [7, 8])
  }

  @Test func `a Fortran order of one axis is C order`() throws {
    let file = Self.file(Self.header("|u1", "(2,)", fortran: "True"), data: [7, 8])
    #expect(try NPY.decode(file).elements(UInt8.self) == [7, 8])
  }

  @Test(arguments: [
    (header("<f4", "(2, 3)", fortran: "True"), "Fortran", "ascontiguousarray"),
    (header(">f4", "(2,)"), "big-endian", "newbyteorder"),
    (header("|O", "(2,)"), "'|O' are not read", "float32"),
    ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", "fields", "own"),
  ])
  func `an array of another kind is refused with its remedy`(
    _ header: String, _ reason: String, _ hint: String
  ) {
    let error = #expect(throws: Diagnostic.self) { try NPY.decode(Self.file(header)) }
    #expect(error?.code == .malformedArray)
    #expect(error?.message.contains(reason) == true)
    #expect(error?.hint?.contains(hint) == true)
  }

  @Test(arguments: [
    "", "{", "{}", "[]", "{'descr': '<f4'}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), 'shape': (2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
    "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': 2}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2 2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x",
    "{'descr': '<f4\\'', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (\(Array(repeating: "1", count: 99).joined(separator: ",")))}",
  ])
  func `a malformed header is refused`(_ header: String) {
    let error = #expect(throws: Diagnostic.self) {
      try NPY.decode(Self.file(header, data: [UInt8](repeating: 0, count: 8)))
    }
    #expect(error?.code == .malformedArray)
  }

  @Test func `a file cut anywhere, or with bytes behind, is refused`() throws {
    let file = try NPY.encode(Tensor(.f32, Shape([2, 2]), [1, 2, 3, 4] as [Float]))
    for length in 0..<file.count {
      let error = #expect(throws: Diagnostic.self) { try NPY.decode(file.prefix(length)) }
      #expect(error?.code == .malformedArray)
    }
    #expect(throws: Diagnostic.self) { try NPY.decode(file + [0]) }
  }

  @Test func `a flipped bit never crashes the reader`() throws {
    let file = try NPY.encode(Tensor(.i16, Shape([2, 2]), [1, 2, 3, 4] as [Int16]))
    for bit in 0..<file.count * 8 {
      var damaged = file
      damaged[bit / 8] ^= 1 << (bit % 8)
      do throws(Diagnostic) {
        _ = try NPY.decode(damaged)
      } catch {
        #expect(error.code == .malformedArray)
      }
    }
  }

  @Test func `a boolean other than 0 and 1 is refused`() {
    let file = Self.file(Self.header("|b1", "(2,)"), data: [1, 2])
    #expect(throws: Diagnostic.self) { try NPY.decode(file) }
  }

  @Test func `errors name the file and say what to do`() throws {
    let missing = #expect(throws: Diagnostic.self) { try NPY.read("/nowhere/x.npy") }
    #expect(missing?.description.hasPrefix("error QC4004: /nowhere/x.npy: No such file") == true)
    let folder = #expect(throws: Diagnostic.self) { try NPY.read("/tmp") }
    #expect(folder?.code == .unreadableFile)
    let device = #expect(throws: Diagnostic.self) { try NPY.read("/dev/zero") }
    #expect(device?.message == "not a regular file")
  }

  @Test func `writing goes beside and is renamed`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("x.npy")
    try Data("old".utf8).write(to: URL(fileURLWithPath: path))
    let tensor = try Tensor(.u8, Shape([3]), [1, 2, 3] as [UInt8])
    try NPY.write(tensor, to: path)
    #expect(try NPY.read(path) == tensor)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.root) == ["x.npy"])
    let error = #expect(throws: Diagnostic.self) {
      try NPY.write(tensor, to: folder.path("none/x.npy"))
    }
    #expect(error?.code == .unwritableOutput)
    #expect(error?.file == folder.path("none/x.npy"))
  }
}
