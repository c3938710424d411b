import Domain
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// What a request comes with besides itself.
struct WebContext: InitializableFromSource {
    let channel: any Channel
    let logger: Logger

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
        logger = source.logger
    }
}

/// Finds the route of a request, turns errors into envelopes and adds the headers that every response carries.
struct WebRoutes: HTTPResponder {
    let catalogue: any CameraCatalogue
    let pictures: any LivePictures
    let counters: WebCounters
    let allowedOrigins: AllowedOrigins
    let maximumTargetBytes: Int

    func respond(to request: Request, context: WebContext) async throws -> Response {
        let clock = ContinuousClock()
        let start = clock.now
        var response: Response
        do {
            response = try await answer(request, context)
        } catch let failure as WebFailure {
            response = failure.response
        } catch let error as PictureUnavailable {
            response = WebFailure(status: .serviceUnavailable, message: error.description).response
        } catch {
            context.logger.error("request failed", metadata: ["error": "\(error)"])
            response = WebFailure(status: .internalServerError, message: "internal server error").response
        }
        addCommonHeaders(to: &response, origin: request.headers[.origin])
        if request.method == .head { response = response.createHeadResponse() }
        context.logger.debug(
            "request",
            metadata: [
                "method": "\(printable(request.method.rawValue))", "path": "\(printable(request.uri.path))",
                "status": "\(response.status.code)", "duration": "\(clock.now - start)",
            ])
        return response
    }

    private func answer(_ request: Request, _ context: WebContext) async throws -> Response {
        guard (request.head.path ?? "").utf8.count <= maximumTargetBytes else {
            throw WebFailure(
                status: .uriTooLong, message: "the address is longer than \(maximumTargetBytes) bytes")
        }
        let path = request.uri.path
        let allowed: String
        switch path {
        case "/", "/status", "/paths", "/healthz", "/video/snapshot": allowed = "GET, HEAD, OPTIONS"
        // A response without end has no HEAD.
        case "/video/stream": allowed = "GET, OPTIONS"
        default: throw WebFailure(status: .notFound, message: "there is nothing at \"\(printable(path))\"")
        }
        if request.method == .options { return preflight(allowed) }
        guard request.method == .get || (request.method == .head && allowed.contains("HEAD")) else {
            throw WebFailure(
                status: .methodNotAllowed,
                message: "\(path) does not take \(printable(request.method.rawValue)), only \(allowed)",
                headers: [.allow: allowed])
        }
        switch path {
        case "/status":
            return try json(
                StatusDocument(
                    status: catalogue.status(), viewers: counters.viewers,
                    slowViewersDropped: counters.slowViewersDropped))
        case "/paths": return try json(["paths": catalogue.paths.map(\.rawValue)])
        case "/healthz":
            guard catalogue.status().isLive else {
                throw WebFailure(status: .serviceUnavailable, message: "the server is not live")
            }
            return try json(["status": "ok"])
        case "/video/stream": return try stream(camera(request.uri.query), context.channel)
        case "/video/snapshot":
            let picture = try await pictures.snapshot(camera(request.uri.query))
            return Response(
                status: .ok, headers: [.contentType: "image/jpeg", .cacheControl: "no-store"],
                body: .init(byteBuffer: picture.bytes))
        default: return LivePage(paths: catalogue.paths).response
        }
    }

    private func json(_ value: some Encodable) throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: try encodeJSON(value))))
    }

    /// The camera that the parameter `path` names; the first one without it.
    private func camera(_ query: String?) throws -> StreamPath {
        var given: [String] = []
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.first == "path" else { continue }
            guard let value = (parts.count > 1 ? String(parts[1]) : "").removingPercentEncoding else {
                throw WebFailure(status: .badRequest, message: "path is not percent-encoded UTF-8; \(accepted)")
            }
            given.append(value)
        }
        guard given.count <= 1 else {
            throw WebFailure(status: .badRequest, message: "path is given \(given.count) times; \(accepted)")
        }
        let paths = catalogue.paths
        guard let text = given.first else {
            guard let first = paths.first else {
                throw WebFailure(status: .notFound, message: "no camera is configured")
            }
            return first
        }
        let path: StreamPath
        do {
            path = try StreamPath(text)
        } catch {
            throw WebFailure(status: .badRequest, message: "path: \(error); \(accepted)")
        }
        guard paths.contains(path) else {
            throw WebFailure(status: .notFound, message: "no camera has the path \"\(printable(text))\"; \(accepted)")
        }
        return path
    }

    private var accepted: String {
        "path takes one of: " + catalogue.paths.prefix(32).map(\.rawValue).joined(separator: ", ")
    }

    private func preflight(_ allowed: String) -> Response {
        var fields: HTTPFields = [.allow: allowed, .accessControlMaxAge: "600"]
        fields[.accessControlAllowMethods] = allowed
        fields[.accessControlAllowHeaders] = "Content-Type, Range"
        return Response(status: .noContent, headers: fields)
    }

    private func addCommonHeaders(to response: inout Response, origin: String?) {
        response.headers[.xContentTypeOptions] = "nosniff"
        if let name = HTTPField.Name("Referrer-Policy") { response.headers[name] = "no-referrer" }
        switch allowedOrigins {
        case .all: response.headers[.accessControlAllowOrigin] = "*"
        case .only(let origins):
            response.headers[.vary] = "Origin"
            if let origin, origins.contains(origin) { response.headers[.accessControlAllowOrigin] = origin }
        }
    }
}
