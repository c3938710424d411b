package import Plumbing

/// The life of one camera's connection, as a state machine: takes what happened, says what to do. No I/O, no clock.
///
/// All times are seconds of one monotonic clock.
package struct CameraSession: Sendable {
    package enum State: Sendable, Equatable {
        case idle
        /// Opening the source; `attempt` counts from 1 since the last good run.
        case connecting(attempt: Int)
        /// Packets arrive.
        case running(since: Double)
        /// Something failed; the next try is at `until`.
        case waiting(until: Double, reason: String)
        /// A file that plays once has ended.
        case finished
        case stopped
    }

    package enum Action: Sendable, Equatable {
        case open
        case wait(seconds: Double)
        /// Nothing until somebody watches.
        case rest
        case end
    }

    /// A run at least this long counts as good: the back-off starts anew after it. A camera that drops sooner is
    /// flapping, and waits longer each time.
    package static let goodRunSeconds = 60.0

    package private(set) var state = State.idle
    private var backoff: Backoff

    package init(backoff: Backoff = Backoff()) {
        self.backoff = backoff
    }

    /// Whether the latest failure is worth a line in the log: the first of a row, then ever fewer.
    package var isNews: Bool { backoff.failures.nonzeroBitCount == 1 }

    package mutating func start() -> Action {
        state = .connecting(attempt: backoff.failures + 1)
        return .open
    }

    package mutating func opened(at now: Double) {
        guard case .connecting = state else { return }
        state = .running(since: now)
    }

    /// The source could not be opened, broke, or ended though it should not have.
    ///
    /// - Parameter random: 0...1, for the jitter.
    package mutating func failed(_ reason: String, at now: Double, random: Double) -> Action {
        if state == .stopped { return .end }
        if case .running(let since) = state, now - since >= Self.goodRunSeconds { backoff.reset() }
        let delay = backoff.nextDelaySeconds(random: random)
        state = .waiting(until: now + delay, reason: reason)
        return .wait(seconds: delay)
    }

    /// Nobody watches a camera that is connected on demand.
    package mutating func rest() -> Action {
        if state == .stopped { return .end }
        if case .running = state { backoff.reset() }
        state = .idle
        return .rest
    }

    /// The wait is over.
    package mutating func retry() -> Action {
        if state == .stopped { return .end }
        return start()
    }

    /// A file that plays once reached its end.
    package mutating func ended() -> Action {
        if state != .stopped { state = .finished }
        return .end
    }

    package mutating func stop() {
        state = .stopped
    }
}
