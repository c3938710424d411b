internal import Cameras
internal import Domain
internal import Logging
internal import NIOCore
internal import Streaming
internal import WebAPI

/// Live video of all cameras, for browsers and other players.
struct VideoOfCameras: LiveVideo {
    /// The same video in its forms; nothing is made that nobody watches.
    private struct Forms {
        let silent: LiveFragments
        let withSound: LiveFragments
        let hls: HLSStream

        init(_ camera: Camera, logger: Logger) {
            silent = LiveFragments(camera, logger: logger)
            withSound = LiveFragments(camera, hasSound: true, logger: logger)
            hls = HLSStream(withSound)
        }
    }

    private let forms: [StreamPath: Forms]

    init(_ cameras: [Camera], logger: Logger) {
        forms = Dictionary(
            cameras.map { ($0.path, Forms($0, logger: logger)) }, uniquingKeysWith: { first, _ in first })
    }

    func watch(
        _ path: StreamPath, withSound: Bool, _ receive: @escaping @Sendable (LiveVideoPiece) -> Void
    ) throws(PictureUnavailable) -> LiveVideoWatch {
        guard let forms = forms[path] else {
            throw PictureUnavailable(path: path, reason: "there is no such camera")
        }
        let source = withSound ? forms.withSound : forms.silent
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

extension VideoOfCameras: LiveHLS {
    func bytes(of resource: HLSResource, from path: StreamPath) async throws(HLSRefusal) -> [ByteBuffer] {
        guard let stream = forms[path]?.hls else { throw .unavailable(reason: "there is no such camera") }
        do throws(HLSStream.Failure) {
            switch resource {
            case .multivariantPlaylist: return [ByteBuffer(string: try await stream.multivariantPlaylist())]
            case .mediaPlaylist(let segment, let part):
                let position = segment.map { HLSPosition(segment: $0, part: part) }
                return [ByteBuffer(string: try await stream.mediaPlaylist(having: position))]
            case .file(let name): return try await stream.file(name)
            }
        } catch {
            switch error {
            case .unavailable(let reason): throw .unavailable(reason: reason)
            case .tooFarAhead: throw .tooFarAhead
            case .notFound: throw .notFound
            }
        }
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
