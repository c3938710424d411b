import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// A response of JSON that is made anew for each request.
func json(_ value: some Encodable) throws -> Response {
    response(ByteBuffer(bytes: try encodeJSON(value)))
}

/// The same of JSON that is written already.
func response(_ json: JSONText) -> Response {
    response(json.buffer)
}

private func response(_ json: ByteBuffer) -> Response {
    Response(
        status: .ok, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
        body: .init(byteBuffer: json))
}

/// Keys are sorted, so the same value always gives the same bytes.
func encodeJSON(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
}
