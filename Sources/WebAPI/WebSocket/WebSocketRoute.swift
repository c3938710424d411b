import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore

/// An address that answers WebSocket handshakes.
struct WebSocketRoute: Sendable {
    /// Makes what uses the connection, on its event loop.
    typealias Opening = @Sendable (WebSocketConnection) -> any WebSocketUser

    let path: String
    /// Looks at a handshake. What it throws (`WebFailure`) is answered as to any request, and there is no WebSocket.
    let accept: @Sendable (WebSocketRequest) throws -> Opening
}

/// What a handshake asks for.
struct WebSocketRequest: Sendable {
    let query: String?
    let headers: HTTPFields
    /// What the client calls this server: the field `Host`.
    let authority: String?
}

/// Decides on WebSocket handshakes (RFC 6455, section 4.2).
struct WebSocketUpgrades: Sendable {
    let routes: [WebSocketRoute]
    let allowedOrigins: AllowedOrigins
    let maximumTargetBytes: Int

    /// - Returns: who takes the connection; nil when the request is no handshake for one of the routes.
    /// - Throws: `WebFailure` when it is one, and refused.
    func accept(_ request: HTTPRequest) throws -> WebSocketRoute.Opening? {
        guard request.method == .get, let target = request.path, target.utf8.count <= maximumTargetBytes,
            has("upgrade", in: .connection, of: request), has("websocket", in: .upgrade, of: request)
        else { return nil }
        let uri = URI(target)
        guard let route = routes.first(where: { $0.path == uri.path }) else { return nil }
        return try opening(
            route,
            WebSocketRequest(query: uri.query, headers: request.headerFields, authority: request.authority))
    }

    /// The answers to requests for the routes that are no handshakes, or refused ones.
    var httpRoutes: [Route] {
        routes.map { route in
            Route(
                route.path, isEndless: true,
                [
                    .get: { request in
                        _ = try opening(
                            route,
                            WebSocketRequest(
                                query: request.request.uri.query, headers: request.request.headers,
                                authority: request.request.head.authority))
                        throw WebFailure(
                            status: .upgradeRequired,
                            message: "\(route.path) is for WebSockets: a handshake by GET with HTTP/1.1",
                            headers: Self.upgradeFields)
                    }
                ])
        }
    }

    private func opening(_ route: WebSocketRoute, _ request: WebSocketRequest) throws -> WebSocketRoute.Opening {
        let headers = request.headers
        // Browsers let any page read what comes over a WebSocket.
        try allowedOrigins.check(headers, authority: request.authority)
        let isHandshake = headers[.secWebSocketKey] != nil || headers[.secWebSocketVersion] != nil
        if isHandshake {
            guard headers[.secWebSocketVersion] == "13" else {
                throw WebFailure(
                    status: .upgradeRequired, message: "Sec-WebSocket-Version must be 13", headers: Self.upgradeFields)
            }
            let key = headers[values: .secWebSocketKey]
            // 16 bytes in Base64; the length of a body would have to be waited for.
            guard key.count == 1, key[0].utf8.count == 24, key[0].hasSuffix("==") else {
                throw WebFailure(status: .badRequest, message: "Sec-WebSocket-Key must be 16 bytes in Base64")
            }
        }
        guard headers[.transferEncoding] == nil, Int(headers[.contentLength] ?? "0") == 0 else {
            throw WebFailure(status: .badRequest, message: "a WebSocket handshake has no body")
        }
        return try route.accept(request)
    }

    private func has(_ token: String, in name: HTTPField.Name, of request: HTTPRequest) -> Bool {
        request.headerFields[values: name].contains { value in
            value.split(separator: ",").contains { part in
                part.trimmingCharacters(in: .whitespaces).lowercased() == token
            }
        }
    }

    private static let upgradeFields: HTTPFields = [.upgrade: "websocket", .secWebSocketVersion: "13"]
}
