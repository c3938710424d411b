import NIOCore

/// Live messages over a WebSocket. Used on the connection's event loop only.
final class EventSocket: WebSocketUser, EventSubscriber {
    static let transport = "websocket"

    let filter: EventFilter
    private let events: LiveEvents
    private let lastSequence: Int64?
    private unowned let connection: WebSocketConnection
    private var queue: ClientQueue
    private var relay: EventRelay?
    private var isGivenUp = false

    init(_ request: EventRequest, events: LiveEvents, connection: WebSocketConnection) {
        filter = request.filter
        lastSequence = request.lastSequence
        self.events = events
        self.connection = connection
        queue = ClientQueue(limit: events.queueLimit)
    }

    func opened() {
        guard let eventLoop = connection.eventLoop else { return }
        let beginning = events.subscribe(self, on: eventLoop, transport: Self.transport, after: lastSequence)
        relay = beginning.relay
        queue = ClientQueue(
            limit: events.queueLimit, backlog: beginning.backlog, isComplete: beginning.isComplete)
        settled()
    }

    func take(_ message: LiveMessage) {
        // Mostly nothing waits, and the message needs no queue.
        if queue.isEmpty, connection.isWritable {
            connection.send(message.webSocketBytes)
        } else if !queue.append(message), !isGivenUp {
            isGivenUp = true
            connection.close(.tooSlow)
        }
    }

    func missed(_ count: Int) {
        queue.missed(count)
    }

    func settled() {
        events.countLost(queue.takeLostCount())
        while connection.isWritable,
            let message = queue.next(latest: events.latest, nowMicroseconds: LiveEvents.nowMicroseconds)
        {
            connection.send(message.webSocketBytes)
        }
        connection.flush()
    }

    func becameWritable() {
        settled()
    }

    func closed() {
        guard let relay else { return }
        self.relay = nil
        events.unsubscribe(self, from: relay, transport: Self.transport, isGivenUp: isGivenUp)
    }
}

extension WebSocketClosure {
    /// Try again later.
    static let tooSlow = WebSocketClosure(code: 1013, reason: "too slow; come back with last_event_id")
}
