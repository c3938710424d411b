import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// An error that the client is told of, in the envelope `{"status":"error","message":…}`.
struct WebFailure: Error {
    let status: HTTPResponse.Status
    let message: String
    var headers = HTTPFields()

    var response: Response {
        var fields = headers
        fields[.contentType] = "application/json; charset=utf-8"
        fields[.cacheControl] = "no-store"
        return Response(status: status, headers: fields, body: .init(byteBuffer: Self.envelope(message)))
    }

    static let notHTTP = "the request is not valid HTTP"

    static func envelope(_ message: String) -> ByteBuffer {
        let fallback = Data(#"{"status":"error","message":"the message could not be encoded"}"#.utf8)
        return ByteBuffer(bytes: (try? encodeJSON(["status": "error", "message": message])) ?? fallback)
    }
}

/// Text from outside, fit for a message: printable ASCII, 80 characters at most.
func printable(_ text: some StringProtocol) -> String {
    String(text.unicodeScalars.prefix(80).map { (32..<127).contains($0.value) ? Character($0) : "?" })
}
