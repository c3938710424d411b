internal import Cameras
internal import Domain
internal import Logging
internal import Streaming
internal import WebAPI

/// Live video of all cameras, for browsers.
struct VideoOfCameras: LiveVideo {
    private let fragments: [StreamPath: LiveFragments]

    init(_ cameras: [Camera], logger: Logger) {
        fragments = Dictionary(
            cameras.map { ($0.path, LiveFragments($0, logger: logger)) }, uniquingKeysWith: { first, _ in first })
    }

    func watch(_ path: StreamPath, _ receive: @escaping @Sendable (LiveVideoPiece) -> Void) throws(PictureUnavailable)
        -> LiveVideoWatch
    {
        guard let source = fragments[path] else {
            throw PictureUnavailable(path: path, reason: "there is no such camera")
        }
        let status = source.camera.status
        // One that is connected on demand is connected for the viewer.
        if source.camera.source?.isOnDemand != true {
            guard case .running = status.state else {
                throw PictureUnavailable(path: path, reason: status.reason ?? "it is connecting")
            }
        }
        let watch = source.watch { receive(LiveVideoPiece($0)) }
        return LiveVideoWatch(pieces: watch.pieces.map(LiveVideoPiece.init)) { source.leave(watch) }
    }
}

extension LiveVideoPiece {
    fileprivate init(_ piece: VideoPiece) {
        switch piece {
        case .header(let header):
            self = .header(
                codecs: header.codecs, width: header.width, height: header.height, generation: header.generation,
                bytes: header.bytes)
        case .fragment(let fragment):
            self = .fragment(
                isKeyFrame: fragment.isKeyFrame, bufferSeconds: fragment.bufferSeconds,
                mediaSeconds: fragment.mediaSeconds,
                wallMicroseconds: Int64((min(max(fragment.wallSeconds, 0), 1e11) * 1e6).rounded()),
                bytes: fragment.bytes)
        case .unplayable(let codec): self = .unplayable(codec: codec)
        case .ended(let reason): self = .ended(reason: reason)
        }
    }
}
