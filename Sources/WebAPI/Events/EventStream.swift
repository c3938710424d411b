import HTTPTypes
import HummingbirdCore
import NIOCore
import Plumbing
import ServiceLifecycle

/// Live messages as server-sent events: the queue between the event loop and the task that writes the response.
final class EventStream: EventSubscriber, Sendable {
    static let transport = "sse"

    private struct State {
        var queue: ClientQueue
        var isGivenUp = false
        /// Nothing was sent since the timer went off last.
        var isSilent = true
        var isHeartbeatDue = false
    }

    /// What is written at once, in bytes, about.
    private static let batch = 32 << 10

    let filter: EventFilter
    private let events: LiveEvents
    private let state: Locked<State>
    private let signals: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(_ filter: EventFilter, events: LiveEvents) {
        self.filter = filter
        self.events = events
        state = Locked(State(queue: ClientQueue(limit: events.queueLimit)))
        (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func take(_ message: LiveMessage) {
        let isTaken = state.withLock { state in
            guard !state.isGivenUp, state.queue.append(message) else {
                state.isGivenUp = true
                return false
            }
            return true
        }
        if !isTaken { continuation.finish() }
    }

    func missed(_ count: Int) {
        state.withLock { $0.queue.missed(count) }
    }

    func settled() {
        events.countLost(state.withLock { $0.queue.takeLostCount() })
        continuation.yield()
    }

    /// Writes messages until the client goes, is given up, or the server shuts down.
    ///
    /// - Parameter heartbeat: after how much silence a comment is sent, by which proxies and clients know that there is
    ///   somebody.
    func run(
        on channel: any Channel, after lastSequence: Int64?, heartbeat: TimeAmount,
        write: (ByteBuffer) async throws -> Void
    ) async throws {
        let eventLoop = channel.eventLoop
        let relay = try await eventLoop.submit {
            let beginning = self.events.subscribe(
                self, on: eventLoop, transport: Self.transport, after: lastSequence)
            self.state.withLock { state in
                state.queue = ClientQueue(
                    limit: self.events.queueLimit, backlog: beginning.backlog, isComplete: beginning.isComplete)
            }
            return beginning.relay
        }.get()
        let continuation = continuation
        channel.closeFuture.whenComplete { _ in continuation.finish() }
        let timer = eventLoop.scheduleRepeatedTask(initialDelay: heartbeat, delay: heartbeat) { _ in
            self.state.withLock { state in
                state.isHeartbeatDue = state.isSilent
                state.isSilent = true
            }
            continuation.yield()
        }
        var failure: (any Error)?
        do {
            // Browsers wait 3 s or more by themselves.
            try await write(ByteBuffer(string: "retry: 1000\n\n"))
            continuation.yield()
            for await _ in signals.cancelOnGracefulShutdown() {
                while let bytes = nextBatch() { try await write(bytes) }
            }
            if state.withLock({ $0.isGivenUp }) { try await write(ByteBuffer(string: ": too slow\n\n")) }
        } catch {
            failure = error
        }
        timer.cancel()
        let isGivenUp = state.withLock { $0.isGivenUp }
        try await eventLoop.submit {
            self.events.unsubscribe(self, from: relay, transport: Self.transport, isGivenUp: isGivenUp)
        }.get()
        if let failure { throw failure }
    }

    private func nextBatch() -> ByteBuffer? {
        let latest = events.latest
        return state.withLock { state in
            var buffer = ByteBuffer()
            while buffer.readableBytes < Self.batch,
                let message = state.queue.next(latest: latest, nowMicroseconds: LiveEvents.nowMicroseconds)
            {
                buffer.writeImmutableBuffer(message.eventStreamBytes)
            }
            if buffer.readableBytes > 0 {
                state.isSilent = false
            } else if state.isHeartbeatDue {
                buffer.writeString(": still here\n\n")
            }
            state.isHeartbeatDue = false
            return buffer.readableBytes > 0 ? buffer : nil
        }
    }
}
