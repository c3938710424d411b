import Domain
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import ServiceLifecycle

extension WebRoutes {
    /// An endless `multipart/x-mixed-replace` response, one JPEG a part.
    ///
    /// It ends when the pictures end, the connection closes or the server shuts down.
    func stream(_ path: StreamPath, _ channel: any Channel) throws -> Response {
        let source = try pictures.stream(path)
        let counters = counters
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
