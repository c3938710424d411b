import Hummingbird
import HummingbirdCore
import NIOCore
import NIOPosix

/// Runs what blocks on the disk away from the cooperative pool.
func onDisk<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive(body)
}

/// A response of JSON that is made anew for each request.
func response(_ json: JSONText) -> Response {
    Response(
        status: .ok, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
        body: .init(byteBuffer: json.buffer))
}
