import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// A request for which a route was found.
struct RoutedRequest: Sendable {
    let request: Request
    /// What stands in place of the template's braces, percent-decoded, in their order.
    let parameters: [String]
    let channel: any Channel

    /// The query, in which only these parameters may stand.
    ///
    /// - Throws: `WebFailure` (400) for an unknown or repeated parameter.
    func query(_ accepted: String...) throws -> QueryParameters {
        try QueryParameters(request.uri.query, accepted: accepted)
    }
}

/// An address of the API and what answers there.
struct Route: Sendable {
    typealias Handler = @Sendable (RoutedRequest) async throws -> Response

    /// e.g. `/api/recordings/{id}`: a name in braces stands for anything but a slash.
    let template: String
    let handlers: [HTTPRequest.Method: Handler]
    /// Whether the response to GET never ends: then there is no HEAD.
    let isEndless: Bool
    /// Whether it belongs to the pages for people and not to the API: the API's document does not list it.
    let isPage: Bool

    private let segments: [Substring]
    /// Index of the segment that stands for any number of them.
    private let spanning: Int?

    /// - Parameter spanning: a name in braces that stands for one or more segments with their slashes.
    init(
        _ template: String, spanning: String? = nil, isEndless: Bool = false, isPage: Bool = false,
        _ handlers: [HTTPRequest.Method: Handler]
    ) {
        self.template = template
        self.handlers = handlers
        self.isEndless = isEndless
        self.isPage = isPage
        let segments = Self.segments(of: template)
        self.segments = segments
        self.spanning = spanning.flatMap { name in segments.firstIndex { $0 == "{\(name)}" } }
    }

    /// All methods that the route takes, for `Allow`.
    var allowed: String {
        var methods = handlers.keys.map(\.rawValue)
        if handlers[.get] != nil, !isEndless { methods.append("HEAD") }
        return (methods + ["OPTIONS"]).sorted().joined(separator: ", ")
    }

    /// What answers a method; HEAD is answered like GET, and loses its body later.
    func handler(for method: HTTPRequest.Method) -> Handler? {
        method == .head && !isEndless ? handlers[.get] : handlers[method]
    }

    var hasParameters: Bool { template.contains("{") }

    /// The parameters in a path, taken apart, that is this route's; nil when it is not.
    func match(_ given: [Substring]) -> [String]? {
        var given = given
        if let spanning, given.count > segments.count {
            let end = spanning + given.count - segments.count
            given.replaceSubrange(spanning...end, with: [given[spanning...end].joined(separator: "/")[...]])
        }
        guard given.count == segments.count else { return nil }
        var parameters: [String] = []
        for (wanted, text) in zip(segments, given) {
            if wanted.hasPrefix("{") {
                // Most names have nothing to decode, and finding that out is cheaper.
                guard !text.isEmpty, let decoded = text.contains("%") ? text.removingPercentEncoding : String(text)
                else { return nil }
                parameters.append(decoded)
            } else if wanted != text {
                return nil
            }
        }
        return parameters
    }

    static func segments(of path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false)
    }
}

/// All routes of the server.
struct RouteTable: Sendable {
    let routes: [Route]
    private let fixed: [String: Int]
    private let open: [Int]

    /// Of routes that match the same path the earlier wins, after those without parameters.
    init(_ routes: [Route]) {
        self.routes = routes
        fixed = Dictionary(
            routes.indices.filter { !routes[$0].hasParameters }.map { (routes[$0].template, $0) },
            uniquingKeysWith: { first, _ in first })
        open = routes.indices.filter { routes[$0].hasParameters }
    }

    func find(_ path: String) -> (route: Route, parameters: [String])? {
        if let index = fixed[path] { return (routes[index], []) }
        let segments = Route.segments(of: path)
        for index in open {
            if let parameters = routes[index].match(segments) { return (routes[index], parameters) }
        }
        return nil
    }
}
