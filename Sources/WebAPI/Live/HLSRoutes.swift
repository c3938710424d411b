import Domain
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// `/hls/`: live video for players that have HLS, such as Safari, VLC and televisions.
struct HLSRoutes: Sendable {
    let catalogue: any CameraCatalogue
    let hls: any LiveHLS

    private static let playlistType = "application/vnd.apple.mpegurl"

    var routes: [Route] {
        [
            Route("/hls/{path}/index.m3u8", spanning: "path", [.get: multivariantPlaylist]),
            Route("/hls/{path}/media.m3u8", spanning: "path", [.get: mediaPlaylist]),
            Route("/hls/{path}/{file}", spanning: "path", [.get: file]),
        ]
    }

    private func multivariantPlaylist(_ request: RoutedRequest) async throws -> Response {
        // Without parameters of its own; players may add those of the other playlist.
        _ = try QueryParameters(request.request.uri.query, accepted: [], passedOver: Self.isForPlayers)
        return try await answer(request, .multivariantPlaylist, type: Self.playlistType, caching: "no-cache")
    }

    private func mediaPlaylist(_ request: RoutedRequest) async throws -> Response {
        let query = try QueryParameters(
            request.request.uri.query, accepted: ["_HLS_msn", "_HLS_part"], passedOver: Self.isForPlayers)
        let segment = try query.integer("_HLS_msn", in: 0...Int.max, default: -1)
        let part = try query.integer("_HLS_part", in: 0...Int.max, default: -1)
        guard segment >= 0 || part < 0 else {
            throw WebFailure(status: .badRequest, message: "_HLS_part is of no use without _HLS_msn")
        }
        let wanted = HLSResource.mediaPlaylist(segment: segment < 0 ? nil : segment, part: part < 0 ? nil : part)
        return try await answer(request, wanted, type: Self.playlistType, caching: "no-cache")
    }

    private func file(_ request: RoutedRequest) async throws -> Response {
        _ = try request.query()
        // Each name is used once: what it stands for never changes.
        return try await answer(
            request, .file(request.parameters.last ?? ""), type: "video/mp4", caching: "private, max-age=60")
    }

    /// The names that RFC 8216bis keeps for itself.
    private static func isForPlayers(_ name: String) -> Bool { name.hasPrefix("_HLS_") }

    private func answer(_ request: RoutedRequest, _ resource: HLSResource, type: String, caching: String)
        async throws -> Response
    {
        let text = request.parameters.first ?? ""
        guard let path = catalogue.paths.first(where: { $0.rawValue == text }) else {
            throw WebFailure(status: .notFound, message: "no camera has the path \"\(printable(text))\"")
        }
        let pieces: [ByteBuffer]
        do throws(HLSRefusal) {
            pieces = try await hls.bytes(of: resource, from: path)
        } catch {
            throw Self.failure(error, path)
        }
        let size = pieces.reduce(0) { $0 + $1.readableBytes }
        return Response(
            status: .ok, headers: [.contentType: type, .cacheControl: caching],
            body: ResponseBody(contentLength: size) { writer in
                for piece in pieces { try await writer.write(piece) }
                try await writer.finish(nil)
            })
    }

    private static func failure(_ refusal: HLSRefusal, _ path: StreamPath) -> WebFailure {
        switch refusal {
        case .unavailable(let reason):
            WebFailure(status: .serviceUnavailable, message: "camera \(path) cannot be played: \(reason)")
        case .tooFarAhead:
            WebFailure(
                status: .badRequest, message: "the playlist is not near that segment: load it without _HLS_msn first")
        case .notFound:
            WebFailure(
                status: .notFound, message: "there is no such file, or no longer: load the playlist for those there are"
            )
        }
    }
}
