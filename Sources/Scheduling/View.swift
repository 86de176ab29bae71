import KernelIR
import Tensors

/// Where a value is: a storage, and the place of its elements in it.
struct View: Hashable, Sendable {
  /// Index into the lowering's storages.
  let storage: Int
  /// The type that is stored: activations of type i8 are stored as u8, their zero point moved.
  let element: ElementType
  let shape: Shape
  let layout: StridedLayout
  /// The image that was stored, halo and all, when the view shows the whole of it.
  let image: StoredImage?

  struct StoredImage: Hashable, Sendable {
    let roles: ImageRoles
    let geometry: ImageGeometry
  }

  init(storage: Int, element: ElementType, shape: Shape, layout: StridedLayout) {
    self.storage = storage
    self.element = element
    self.shape = shape
    self.layout = layout
    image = nil
  }

  /// The view of a rank-4 value that a kernel stores as `geometry`.
  init(storage: Int, shape: Shape, roles: ImageRoles, geometry: ImageGeometry) {
    self.storage = storage
    element = geometry.element
    self.shape = shape
    image = StoredImage(roles: roles, geometry: geometry)
    var strides = [0, 0, 0, 0]
    strides[roles.batch] = geometry.imagePitch
    strides[roles.height] = geometry.rowPitch
    strides[roles.width] = geometry.pixelPitch
    strides[roles.channel] = geometry.elementBytes
    layout = StridedLayout(extents: shape.dims, strides: strides, origin: geometry.origin)
  }

  var elementBytes: Int { element.bitWidth / 8 }

  /// The value's bytes as a row-major array that starts at the storage's first byte.
  var isWholeRowMajor: Bool { layout.origin == 0 && layout.isRowMajor(elementBytes: elementBytes) }

  func transposed(_ permutation: [Int], shape: Shape) -> View {
    guard let image else {
      return View(
        storage: storage, element: element, shape: shape, layout: layout.transposed(permutation))
    }
    func after(_ axis: Int) -> Int { permutation.firstIndex(of: axis) ?? axis }
    let roles = ImageRoles(
      batch: after(image.roles.batch), height: after(image.roles.height),
      width: after(image.roles.width), channel: after(image.roles.channel))
    return View(storage: storage, shape: shape, roles: roles, geometry: image.geometry)
  }

  /// The view as an image in these roles; `nil` when channels are not innermost.
  func geometry(_ roles: ImageRoles) -> ImageGeometry? {
    if let image, image.roles == roles { return image.geometry }
    guard shape.rank == 4, let strides = layout.strides else { return nil }
    let (channels, width) = (shape[roles.channel], shape[roles.width])
    let (height, batch) = (shape[roles.height], shape[roles.batch])
    guard channels == 1 || strides[roles.channel] == elementBytes else { return nil }
    let pixelPitch = width > 1 ? strides[roles.width] : channels * elementBytes
    let rowPitch = height > 1 ? strides[roles.height] : width * pixelPitch
    let imagePitch = batch > 1 ? strides[roles.batch] : height * rowPitch
    guard pixelPitch >= channels * elementBytes, rowPitch >= 0, imagePitch >= 0 else { return nil }
    return ImageGeometry(
      element: element, batch: batch, height: height, width: width, channels: channels,
      halo: .none, haloByte: 0, pixelPitch: pixelPitch, rowPitch: rowPitch,
      imagePitch: imagePitch, origin: layout.origin)
  }

  /// The view as `[rows, columns]`, columns contiguous; `nil` when it does not lie so.
  func matrix(rows: Int, columns: Int) -> ImageGeometry? {
    guard let shape = try? Shape([rows, columns]),
      let strides = layout.reshaped(to: shape)?.strides,
      columns == 1 || strides[1] == elementBytes
    else { return nil }
    let pitch = rows > 1 ? strides[0] : columns * elementBytes
    guard pitch >= columns * elementBytes else { return nil }
    return ImageGeometry(
      element: element, batch: 1, height: 1, width: rows, channels: columns, halo: .none,
      haloByte: 0, pixelPitch: pitch, rowPitch: rows * pitch, imagePitch: rows * pitch,
      origin: layout.origin)
  }
}
