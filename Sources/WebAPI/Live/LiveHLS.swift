package import Domain
package import NIOCore

/// Live video as low-latency HLS, made for all players of a camera.
package protocol LiveHLS: Sendable {
    /// Must return or throw within a bounded time: some requests wait for what is to come.
    func bytes(of resource: HLSResource, from path: StreamPath) async throws(HLSRefusal) -> [ByteBuffer]
}

package enum HLSResource: Hashable, Sendable {
    /// What players open: it names the other playlist.
    case multivariantPlaylist
    /// - Parameters:
    ///   - segment: answer when the playlist has this segment; nil for at once.
    ///   - part: answer when it has this part of the segment.
    case mediaPlaylist(segment: Int?, part: Int?)
    /// A header, segment or part, by its name in the playlist.
    case file(String)
}

package enum HLSRefusal: Error, Hashable, Sendable {
    /// The reason is shown to the client and must hold no secret.
    case unavailable(reason: String)
    /// The segment that is waited for is too far away.
    case tooFarAhead
    case notFound
}

/// A server without cameras that give video.
struct NoLiveHLS: LiveHLS {
    func bytes(of resource: HLSResource, from path: StreamPath) async throws(HLSRefusal) -> [ByteBuffer] {
        throw .unavailable(reason: "there is no live video")
    }
}
