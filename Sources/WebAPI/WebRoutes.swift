import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Store

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
    let table: RouteTable
    let allowedOrigins: AllowedOrigins
    let maximumTargetBytes: Int
    let counters: WebCounters

    func respond(to request: Request, context: WebContext) async throws -> Response {
        let clock = ContinuousClock()
        let start = clock.now
        var response: Response
        do {
            response = try await answer(request, context)
        } catch {
            response = failure(error, context.logger).response
        }
        count(request, response.status, after: clock.now - start)
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

    /// Routes and methods of ours only: what clients make up must not grow the table.
    private func count(_ request: Request, _ status: HTTPResponse.Status, after duration: Duration) {
        let isKnown: Set<HTTPRequest.Method> = [.get, .head, .options, .post, .put, .patch, .delete]
        let key = WebCounters.Requests.Key(
            route: table.find(request.uri.path)?.route.template ?? "none",
            method: isKnown.contains(request.method) ? request.method.rawValue : "other", status: status.code)
        counters.answered(key, after: duration)
    }

    private func answer(_ request: Request, _ context: WebContext) async throws -> Response {
        guard (request.head.path ?? "").utf8.count <= maximumTargetBytes else {
            throw WebFailure(
                status: .uriTooLong, message: "the address is longer than \(maximumTargetBytes) bytes")
        }
        let path = request.uri.path
        guard let (route, parameters) = table.find(path) else {
            throw WebFailure(status: .notFound, message: "there is nothing at \"\(printable(path))\"")
        }
        if request.method == .options { return preflight(route.allowed) }
        guard let handler = route.handler(for: request.method) else {
            throw WebFailure(
                status: .methodNotAllowed,
                message: "\(path) does not take \(printable(request.method.rawValue)), only \(route.allowed)",
                headers: [.allow: route.allowed])
        }
        if ![.get, .head].contains(request.method), request.headers[.cookie] != nil {
            // No cookie is ours: it is that of a proxy that asks who comes.
            try allowedOrigins.check(request.headers, authority: request.head.authority)
        }
        return try await handler(
            RoutedRequest(request: request, parameters: parameters, channel: context.channel))
    }

    /// What the client is told of an error. What is ours to mend is logged, and told as little of as is useful.
    private func failure(_ error: any Error, _ logger: Logger) -> WebFailure {
        switch error {
        case let failure as WebFailure: return failure
        case let error as PictureUnavailable: return WebFailure(status: .serviceUnavailable, message: error.description)
        case is NIOTooManyBytesError:
            return WebFailure(status: .contentTooLarge, message: "the body is too large")
        case let error as HTTPError: return WebFailure(status: error.status, message: error.body ?? "\(error.status)")
        case let error as StoreError:
            logger.error("request failed", metadata: ["error": "\(error)"])
            return WebFailure(status: .internalServerError, message: "the database could not \(error.doing)")
        default:
            logger.error("request failed", metadata: ["error": "\(error)"])
            return WebFailure(status: .internalServerError, message: "internal server error")
        }
    }

    private static let referrerPolicy = HTTPField.Name("Referrer-Policy")

    private func preflight(_ allowed: String) -> Response {
        var fields: HTTPFields = [.allow: allowed, .accessControlMaxAge: "600"]
        fields[.accessControlAllowMethods] = allowed
        fields[.accessControlAllowHeaders] =
            "Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range"
        return Response(status: .noContent, headers: fields)
    }

    private func addCommonHeaders(to response: inout Response, origin: String?) {
        response.headers[.xContentTypeOptions] = "nosniff"
        if let name = Self.referrerPolicy { response.headers[name] = "no-referrer" }
        // What scripts of other origins need beyond the usual fields to resume a download.
        response.headers[.accessControlExposeHeaders] = "Accept-Ranges, Allow, Content-Disposition, Content-Range, ETag"
        switch allowedOrigins {
        case .all: response.headers[.accessControlAllowOrigin] = "*"
        case .only(let origins):
            response.headers[.vary] = response.headers[.vary].map { "\($0), Origin" } ?? "Origin"
            if let origin, origins.contains(origin) { response.headers[.accessControlAllowOrigin] = origin }
        }
    }
}
