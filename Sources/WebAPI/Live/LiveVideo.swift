package import Domain
package import NIOCore

/// Live video as MP4 for Media Source Extensions: made once for all viewers of a camera.
package protocol LiveVideo: Sendable {
    /// Starts watching.
    ///
    /// - Parameters:
    ///   - withSound: whether the camera's sound is wanted too.
    ///   - receive: called with all that comes after the returned pieces, on any thread; returns at once.
    /// - Throws: `PictureUnavailable` when the camera gives none now.
    func watch(
        _ path: StreamPath, withSound: Bool, _ receive: @escaping @Sendable (LiveVideoPiece) -> Void
    ) throws(PictureUnavailable) -> LiveVideoWatch
}

package struct LiveVideoWatch: Sendable {
    /// What there is already: header and current GOP.
    package let pieces: [LiveVideoPiece]
    /// Ends it.
    package let leave: @Sendable () -> Void

    package init(pieces: [LiveVideoPiece], leave: @escaping @Sendable () -> Void) {
        self.pieces = pieces
        self.leave = leave
    }
}

package enum LiveVideoPiece: Sendable {
    /// - Parameters:
    ///   - codecs: as RFC 6381 names them.
    ///   - generation: of the camera's connection.
    ///   - bytes: the initialisation segment.
    case header(codecs: String, width: Int, height: Int, generation: Int, bytes: ByteBuffer)
    /// One picture, at the same moment on three clocks: the MP4's, the camera's, and the wall.
    case fragment(
        isKeyFrame: Bool, bufferSeconds: Double, mediaSeconds: Double, wallMicroseconds: Int64, bytes: ByteBuffer)
    case ended(reason: String)
    /// Browsers do not play this codec.
    case unplayable(codec: String)

    /// Bytes of video.
    var size: Int {
        switch self {
        case .header(_, _, _, _, let bytes), .fragment(_, _, _, _, let bytes): bytes.readableBytes
        case .ended, .unplayable: 0
        }
    }
}

/// A server without cameras that give video.
struct NoLiveVideo: LiveVideo {
    func watch(
        _ path: StreamPath, withSound: Bool, _ receive: @escaping @Sendable (LiveVideoPiece) -> Void
    ) throws(PictureUnavailable) -> LiveVideoWatch {
        throw PictureUnavailable(path: path, reason: "there is no live video")
    }
}
