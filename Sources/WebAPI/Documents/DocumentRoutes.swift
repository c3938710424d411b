import Foundation
import Hummingbird
import HummingbirdCore
import NIOCore

/// The API's own description: an OpenAPI document for programs, and the same as a page for readers.
struct DocumentRoutes: Sendable {
    var routes: [Route] {
        [
            Route("/openapi.json", [.get: { try answer(Self.document, $0) }]),
            // Made once, which takes longer than an event loop may be held.
            Route(
                "/docs", [.get: { request in try answer(try await onDisk { try Self.page.get() }, request) }]),
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

    private func answer(_ answer: FixedAnswer, _ request: RoutedRequest) throws -> Response {
        _ = try request.query()
        return answer.response(to: request.request)
    }
}
