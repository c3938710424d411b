import NIOCore
import Plumbing

/// Somebody who gets live messages. Called on the event loop of its connection only.
protocol EventSubscriber: AnyObject {
    var filter: EventFilter { get }
    /// Takes a message that passed the filter.
    func take(_ message: LiveMessage)
    /// Messages were lost on the way here.
    func missed(_ count: Int)
    /// All that is there has been taken.
    func settled()
}

/// Hands live messages to the subscribers of one event loop: one change of thread for all of them.
final class EventRelay: Sendable {
    private struct Inbox {
        var messages: [LiveMessage] = []
        /// Messages of frames that were left out.
        var lost = 0
        var isScheduled = false
        var subscribers = 0
    }

    private struct Entry {
        let subscriber: any EventSubscriber
        /// Messages up to this number it has had already.
        let after: Int64
    }

    /// Messages that wait for the loop; frames half of that. Only a loop that stands still for long lets them grow.
    static let limit = 4000

    let eventLoop: any EventLoop
    private let inbox = Locked(Inbox())
    private let entries: NIOLoopBoundBox<[ObjectIdentifier: Entry]>

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        entries = NIOLoopBoundBox([:], eventLoop: eventLoop)
    }

    /// Messages that wait for the loop.
    var waiting: Int { inbox.withLock { $0.messages.count } }

    /// - Returns: whether `wake` must be called.
    func append(_ message: LiveMessage) -> Bool {
        inbox.withLock { inbox in
            guard inbox.subscribers > 0 else { return false }
            let limit = message.kind.isKept ? Self.limit : Self.limit / 2
            if inbox.messages.count < limit { inbox.messages.append(message) } else { inbox.lost += 1 }
            defer { inbox.isScheduled = true }
            return !inbox.isScheduled
        }
    }

    func wake() {
        eventLoop.execute { self.deliver() }
    }

    /// On the event loop.
    func add(_ subscriber: any EventSubscriber, after sequence: Int64) {
        entries.value[ObjectIdentifier(subscriber)] = Entry(subscriber: subscriber, after: sequence)
        inbox.withLock { $0.subscribers += 1 }
    }

    /// On the event loop.
    func remove(_ subscriber: any EventSubscriber) {
        guard entries.value.removeValue(forKey: ObjectIdentifier(subscriber)) != nil else { return }
        inbox.withLock { $0.subscribers -= 1 }
    }

    private func deliver() {
        let (messages, lost) = inbox.withLock { inbox in
            defer {
                inbox.messages.removeAll(keepingCapacity: true)
                inbox.lost = 0
                inbox.isScheduled = false
            }
            return (inbox.messages, inbox.lost)
        }
        // Whoever leaves meanwhile changes the dictionary, not this copy of it.
        for entry in entries.value.values {
            let subscriber = entry.subscriber
            if lost > 0 { subscriber.missed(lost) }
            for message in messages where message.sequence > entry.after && subscriber.filter.admits(message) {
                subscriber.take(message)
            }
            subscriber.settled()
        }
    }
}
