import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// The API's own description: an OpenAPI document for programs, and the same as a page for readers.
struct DocumentRoutes: Sendable {
    var routes: [Route] {
        [
            Route("/openapi.json", [.get: { try Self.document.response(to: $0) }]),
            // Made once, which takes longer than an event loop may be held.
            Route("/docs", [.get: { request in try await onDisk { try Self.page.get() }.response(to: request) }]),
        ]
    }

    private static let document = FixedAnswer(
        contentType: "application/json; charset=utf-8", body: ByteBuffer(bytes: PackageResources.openapi_json))

    /// Made from the document when it is first asked for.
    private static let page = Result {
        let html = DocumentPage(document: try OrderedJSON(PackageResources.openapi_json)).html
        return FixedAnswer(
            contentType: "text/html; charset=utf-8", body: ByteBuffer(string: html),
            contentSecurityPolicy:
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
                + "frame-ancestors 'none'")
    }
}

/// An answer that stays the same as long as the program does.
private struct FixedAnswer: Sendable {
    private let headers: HTTPFields
    private let entityTag: String
    private let body: ByteBuffer

    init(contentType: String, body: ByteBuffer, contentSecurityPolicy: String? = nil) {
        // FNV-1a, 64 bit: http://www.isthe.com/chongo/tech/comp/fnv/
        let hash = body.readableBytesView.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        entityTag = "\"\(String(hash, radix: 36))\""
        var headers: HTTPFields = [.contentType: contentType, .cacheControl: "no-cache", .eTag: entityTag]
        headers[.contentSecurityPolicy] = contentSecurityPolicy
        self.headers = headers
        self.body = body
    }

    func response(to request: RoutedRequest) throws -> Response {
        _ = try request.query()
        var conditions = HTTPFields()
        conditions[.ifNoneMatch] = request.request.headers[.ifNoneMatch]
        if FileConditions(entityTag: entityTag, modifiedSeconds: 0, headers: conditions).isUnmodified {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: body))
    }
}
