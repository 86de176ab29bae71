extension ArgumentLayout {
  /// Named values of a record under construction.
  package typealias Values = [String: Value]
}

extension ArgumentLayout.Field {
  /// The fields that say where an image operand lies: see ``ImageGeometry/arguments(_:)``.
  package static func image(_ name: String) -> [ArgumentLayout.Field] {
    [
      .init("\(name)_origin", .u32, "byte of element (0, 0, 0, 0) of \(name)"),
      .init("\(name)_image_pitch", .u32, "bytes from image to image"),
      .init("\(name)_row_pitch", .u32, "bytes from row to row"),
      .init("\(name)_pixel_pitch", .u32, "bytes from pixel to pixel"),
    ]
  }

  /// The fields that a producer fills its result's halo from; see ``ImageGeometry/haloArguments``.
  package static let halo: [ArgumentLayout.Field] = [
    .init("halo_top", .u32, "halo rows above each image"),
    .init("halo_bottom", .u32, "halo rows below"),
    .init("halo_left", .u32, "halo pixels left of each row"),
    .init("halo_right", .u32, "halo pixels right"),
    .init("halo_byte", .u32, "the stored zero point, which the halo holds"),
  ]

  /// The extents of the result that every kernel walks over.
  package static let extents: [ArgumentLayout.Field] = [
    .init("images", .u32, "images of the batch"),
    .init("rows", .u32, "rows of one result image"),
    .init("pixels", .u32, "pixels of one result row"),
    .init("channels", .u32, "channels of one result pixel"),
  ]
}

extension ImageGeometry {
  /// The values of ``ArgumentLayout/Field/image(_:)``; `origin` moves to another element if given.
  package func arguments(_ name: String, origin: Int? = nil) -> ArgumentLayout.Values {
    [
      "\(name)_origin": .u32(origin ?? self.origin),
      "\(name)_image_pitch": .u32(imagePitch),
      "\(name)_row_pitch": .u32(rowPitch),
      "\(name)_pixel_pitch": .u32(pixelPitch),
    ]
  }

  /// The values of ``ArgumentLayout/Field/halo``.
  package var haloArguments: ArgumentLayout.Values {
    [
      "halo_top": .u32(halo.top), "halo_bottom": .u32(halo.bottom),
      "halo_left": .u32(halo.left), "halo_right": .u32(halo.right),
      "halo_byte": .u32(Int(haloByte)),
    ]
  }

  /// The values of ``ArgumentLayout/Field/extents``.
  package var extentArguments: ArgumentLayout.Values {
    [
      "images": .u32(batch), "rows": .u32(height), "pixels": .u32(width),
      "channels": .u32(channels),
    ]
  }
}

extension ArgumentLayout.Values {
  /// Both sets of values; a name may stand in one of them only.
  package static func + (lhs: Self, rhs: Self) -> Self {
    lhs.merging(rhs) { _, _ in preconditionFailure("an argument is given twice") }
  }
}
