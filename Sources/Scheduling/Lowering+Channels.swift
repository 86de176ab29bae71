import Diagnostics
import GraphIR
import KernelIR

extension Lowering {
  /// One kernel that picks the channels of all sources.
  mutating func lower(_ route: ChannelRoutes.Route, _ id: ValueID) throws(Diagnostic) {
    var views: [View] = []
    var geometries: [ImageGeometry] = []
    for source in route.sources {
      let source = try image(source)
      views.append(source.view)
      geometries.append(source.geometry)
    }
    let output = allocateImage(id, .nchw)
    let kernel = ChannelGatherKernel(
      sources: geometries, output: output,
      origins: route.origins.map { .init(source: $0.source, channel: $0.channel) })
    try emit(kernel.call(), views, makes: id)
  }
}
