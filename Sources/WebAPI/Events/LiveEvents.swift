import Domain
import Foundation
import NIOCore
import Plumbing

/// What happens, told to all who listen: numbers the messages, keeps the latest for those who come back, and hands them to
/// the event loops of the listeners. Never blocks those who publish.
///
/// Numbers grow through all runs: a run begins with the microseconds since 1970, and no run sends a million messages a second
/// for long. A number from a run before is recognised as such.
package final class LiveEvents: Sendable {
    private struct State {
        var next: Int64
        var journal: EventJournal
        var relays: [ObjectIdentifier: EventRelay] = [:]
        var counters = Counters()
    }

    package struct Counters: Sendable {
        /// By kind of message, since the start; `frame` only while somebody wants them.
        package internal(set) var published: [String: Int] = [:]
        /// Subscribers by transport: `websocket`, `sse`.
        package internal(set) var subscribers: [String: Int] = [:]
        /// Messages of frames left out for slow clients, and clients given up, since the start.
        package internal(set) var lost = 0
        package internal(set) var givenUp = 0
        package internal(set) var journalMessages = 0
        package internal(set) var journalBytes = 0
        /// Subscribers that want messages of frames.
        var frameSubscribers = 0
    }

    let queueLimit = ClientQueue.Limit()
    private let state: Locked<State>

    package convenience init() {
        self.init(firstSequence: Self.nowMicroseconds, limit: EventJournal.Limit())
    }

    init(firstSequence: Int64, limit: EventJournal.Limit) {
        state = Locked(
            State(next: firstSequence, journal: EventJournal(limit: limit, firstSequence: firstSequence)))
    }

    static var nowMicroseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1e6) }

    package var counters: Counters {
        state.withLock { state in
            var counters = state.counters
            counters.journalMessages = state.journal.count
            counters.journalBytes = state.journal.byteCount
            return counters
        }
    }

    /// Messages that wait for event loops, and those that slow clients lost.
    var queue: QueueStatus {
        let (relays, lost) = state.withLock { ($0.relays.values.map { $0 }, $0.counters.lost) }
        return QueueStatus(
            .messages, depth: relays.reduce(0) { $0 + $1.waiting }, capacity: relays.count * EventRelay.limit,
            dropped: lost)
    }

    /// Whether anybody listens to the messages of frames: making them can be spared otherwise.
    package var wantsFrames: Bool { state.withLock { $0.counters.frameSubscribers > 0 } }

    /// Number of the latest message.
    var latest: Int64 { state.withLock { $0.next - 1 } }

    package func publish(_ content: LiveContent, camera: LiveCamera?) {
        let kind = content.kind
        let body = content.body(camera, nowMicroseconds: Self.nowMicroseconds)
        let classes = content.classes
        let sleeping: [EventRelay] = state.withLock { state in
            let message = LiveMessage(
                sequence: state.next, kind: kind, camera: camera?.path, classes: classes, body: body)
            state.next += 1
            state.counters.published[kind.rawValue, default: 0] += 1
            if kind.isKept { state.journal.append(message) }
            // In here, so that every loop gets them in the order of their numbers.
            return state.relays.values.filter { $0.append(message) }
        }
        for relay in sleeping { relay.wake() }
    }

    /// What a new subscriber has to send first.
    struct Beginning {
        let relay: EventRelay
        let backlog: ArraySlice<LiveMessage>
        let isComplete: Bool
    }

    /// From now on the subscriber gets all that passes its filter; call it on its event loop.
    ///
    /// - Parameters:
    ///   - transport: for the counters.
    ///   - lastSequence: of the message that the client had last; nil for one that begins.
    func subscribe(
        _ subscriber: any EventSubscriber, on eventLoop: any EventLoop, transport: String, after lastSequence: Int64?
    ) -> Beginning {
        let filter = subscriber.filter
        let (relay, missed) = state.withLock { state in
            let key = ObjectIdentifier(eventLoop)
            let relay = state.relays[key] ?? EventRelay(eventLoop: eventLoop)
            state.relays[key] = relay
            state.counters.subscribers[transport, default: 0] += 1
            if filter.kinds.contains(.frame) { state.counters.frameSubscribers += 1 }
            let latest = state.next - 1
            // In here, so that nothing comes between what it has missed and what it gets.
            relay.add(subscriber, after: latest)
            return (relay, lastSequence.map { state.journal.after($0, latest: latest) })
        }
        let messages = (missed?.messages ?? []).filter(filter.admits)
        return Beginning(relay: relay, backlog: messages[...], isComplete: missed?.isComplete ?? true)
    }

    /// Counts messages that a slow client lost.
    func countLost(_ count: Int) {
        guard count > 0 else { return }
        state.withLock { $0.counters.lost += count }
    }

    func unsubscribe(
        _ subscriber: any EventSubscriber, from relay: EventRelay, transport: String, isGivenUp: Bool
    ) {
        relay.remove(subscriber)
        let wantsFrames = subscriber.filter.kinds.contains(.frame)
        state.withLock { state in
            state.counters.subscribers[transport, default: 0] -= 1
            if wantsFrames { state.counters.frameSubscribers -= 1 }
            if isGivenUp { state.counters.givenUp += 1 }
        }
    }
}
