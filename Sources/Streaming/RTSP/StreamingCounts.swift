import Plumbing

/// Counters that all connections share.
package final class StreamingCounts: Sendable {
    private let counters = Locked(StreamingCounters())

    package init() {}

    package var snapshot: StreamingCounters { counters.withLock { $0 } }

    func add(_ counter: WritableKeyPath<StreamingCounters, Int>, _ amount: Int = 1) {
        counters.withLock { $0[keyPath: counter] += amount }
    }
}
