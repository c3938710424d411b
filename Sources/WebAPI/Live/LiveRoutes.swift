import Domain
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import ServiceLifecycle

/// The cameras as they are now: their state and their pictures.
struct LiveRoutes: Sendable {
    let catalogue: any CameraCatalogue
    let pictures: any LivePictures
    let counters: WebCounters

    var routes: [Route] {
        [
            Route("/live", isPage: true, [.get: { _ in LivePage(paths: catalogue.paths).response }]),
            Route("/status", [.get: status]),
            Route("/paths", [.get: { _ in try json(["paths": catalogue.paths.map(\.rawValue)]) }]),
            Route("/healthz", [.get: health]),
            Route("/video/stream", isEndless: true, [.get: stream]),
            Route("/video/snapshot", [.get: { try await snapshot(of: camera($0)) }]),
        ]
    }

    private func status(_ request: RoutedRequest) throws -> Response {
        try json(
            StatusDocument(
                status: catalogue.status(), viewers: counters.viewers, slowViewersDropped: counters.slowViewersDropped))
    }

    private func health(_ request: RoutedRequest) throws -> Response {
        guard catalogue.status().isLive else {
            throw WebFailure(status: .serviceUnavailable, message: "the server is not live")
        }
        return try json(["status": "ok"])
    }

    func snapshot(of path: StreamPath) async throws -> Response {
        let picture = try await pictures.snapshot(path)
        return Response(
            status: .ok, headers: [.contentType: "image/jpeg", .cacheControl: "no-store"],
            body: .init(byteBuffer: picture.bytes))
    }

    /// An endless `multipart/x-mixed-replace` response, one JPEG a part.
    ///
    /// It ends when the pictures end, the connection closes or the server shuts down.
    private func stream(_ request: RoutedRequest) throws -> Response {
        let path = try camera(request)
        let source = try pictures.stream(path)
        let counters = counters
        let channel = request.channel
        let body = ResponseBody { writer in
            counters.viewerCame(path)
            defer { counters.viewerLeft(path) }
            for await picture in untilClosed(channel, source).cancelOnGracefulShutdown() {
                try await writer.write(part(picture))
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "multipart/x-mixed-replace; boundary=frame", .cacheControl: "no-store"],
            body: body)
    }

    /// The camera that the parameter `path` names; the first one without it.
    private func camera(_ request: RoutedRequest) throws -> StreamPath {
        let paths = catalogue.paths
        let accepts = "one of: " + paths.prefix(32).map(\.rawValue).joined(separator: ", ")
        guard let text = try request.query("path").text("path", accepts: accepts) else {
            guard let first = paths.first else {
                throw WebFailure(status: .notFound, message: "no camera is configured")
            }
            return first
        }
        guard let path = try? StreamPath(text) else { throw QueryParameters.refusal("path", text, accepts) }
        guard paths.contains(path) else {
            throw WebFailure(
                status: .notFound, message: "no camera has the path \"\(printable(text))\"; path takes \(accepts)")
        }
        return path
    }
}

/// The same pictures, ending when the connection does: a viewer of a camera that gives none would stay for ever.
private func untilClosed(_ channel: any Channel, _ source: AsyncStream<JPEGPicture>) -> AsyncStream<JPEGPicture> {
    let (pictures, continuation) = AsyncStream.makeStream(of: JPEGPicture.self, bufferingPolicy: .bufferingNewest(1))
    let relay = Task {
        for await picture in source { continuation.yield(picture) }
        continuation.finish()
    }
    continuation.onTermination = { _ in relay.cancel() }
    channel.closeFuture.whenComplete { _ in continuation.finish() }
    return pictures
}

private func part(_ picture: JPEGPicture) -> ByteBuffer {
    let size = picture.bytes.readableBytes
    let head = "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: \(size)\r\n\r\n"
    var buffer = ByteBufferAllocator().buffer(capacity: head.utf8.count + size + 2)
    buffer.writeString(head)
    buffer.writeImmutableBuffer(picture.bytes)
    buffer.writeString("\r\n")
    return buffer
}
