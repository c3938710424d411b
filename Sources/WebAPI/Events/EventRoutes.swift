import Domain
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// What a client of live messages asks for.
struct EventRequest: Sendable {
    let filter: EventFilter
    /// Of the message that it had last; nil for one that begins. A number that is none of ours is taken for one from long
    /// ago.
    let lastSequence: Int64?

    /// - Throws: `WebFailure`.
    init(query: String?, headers: HTTPFields, cameras: [StreamPath]) throws {
        let query = try QueryParameters(
            query, accepted: ["last_event_id"], repeatable: ["camera", "kind", "class"])
        var filter = EventFilter()
        let accepts = "one of: " + cameras.prefix(32).map(\.rawValue).joined(separator: ", ")
        let paths = try query.values("camera", accepts: accepts).map { text in
            guard let path = try? StreamPath(text) else { throw QueryParameters.refusal("camera", text, accepts) }
            guard cameras.contains(path) else {
                throw WebFailure(
                    status: .notFound, message: "no camera has the path \"\(printable(text))\"; camera takes \(accepts)"
                )
            }
            return path
        }
        if !paths.isEmpty { filter.cameras = Set(paths) }
        let kinds = LiveMessage.Kind.selectable.map(\.rawValue).joined(separator: ", ")
        let chosen = try query.values("kind", accepts: kinds).map { text in
            guard let kind = LiveMessage.Kind(rawValue: text), kind != .lost else {
                throw QueryParameters.refusal("kind", text, kinds)
            }
            return kind
        }
        if !chosen.isEmpty { filter.kinds = Set(chosen) }
        let classes = try query.values("class", accepts: "names of classes")
        if !classes.isEmpty { filter.classes = Set(classes) }
        self.filter = filter
        let given = try query.integer("last_event_id", in: 0...Int.max, default: -1)
        // A browser's EventSource keeps the address and moves the header on at every reconnect.
        lastSequence = headers[Self.lastEventID].map { Int64($0.prefix(20)) ?? 0 } ?? (given >= 0 ? Int64(given) : nil)
    }

    private static let lastEventID = HTTPField.Name("Last-Event-ID") ?? .range
}

/// Live messages, as server-sent events and over WebSockets.
struct EventRoutes: Sendable {
    let catalogue: any CameraCatalogue
    let events: LiveEvents
    let heartbeat: TimeAmount

    var routes: [Route] {
        [Route("/api/events", isEndless: true, [.get: stream])]
    }

    var webSocketRoute: WebSocketRoute {
        WebSocketRoute(path: "/api/events/ws") { request in
            let wanted = try EventRequest(
                query: request.query, headers: request.headers, cameras: catalogue.paths)
            return { connection in EventSocket(wanted, events: events, connection: connection) }
        }
    }

    private func stream(_ request: RoutedRequest) throws -> Response {
        let wanted = try EventRequest(
            query: request.request.uri.query, headers: request.request.headers, cameras: catalogue.paths)
        let stream = EventStream(wanted.filter, events: events)
        let (channel, heartbeat) = (request.channel, heartbeat)
        let body = ResponseBody { writer in
            try await stream.run(on: channel, after: wanted.lastSequence, heartbeat: heartbeat) {
                try await writer.write($0)
            }
            try await writer.finish(nil)
        }
        var headers: HTTPFields = [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"]
        // nginx would keep the messages back.
        if let name = Self.accelBuffering { headers[name] = "no" }
        return Response(status: .ok, headers: headers, body: body)
    }

    private static let accelBuffering = HTTPField.Name("X-Accel-Buffering")
}
