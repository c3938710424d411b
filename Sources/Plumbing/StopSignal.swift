private import Dispatch

/// A flag that threads can wait for: raised once, never lowered.
///
/// Waits are counted by a clock that goes on evenly, whatever becomes of the time of day.
package final class StopSignal: Sendable {
    /// Entered until the signal is raised.
    private let group = DispatchGroup()
    private let raised = Locked(false)

    package init() {
        group.enter()
    }

    deinit {
        // Dispatch does not let go of a group that somebody is in.
        raise()
    }

    package func raise() {
        let isFirst = raised.withLock { raised in
            defer { raised = true }
            return !raised
        }
        if isFirst { group.leave() }
    }

    package var isRaised: Bool { raised.withLock { $0 } }

    /// Blocks the calling thread for `seconds`, or until raised.
    ///
    /// - Returns: whether the signal was raised.
    package func wait(seconds: Double) -> Bool {
        let nanoseconds = Int((min(max(seconds, 0), 1e6) * 1e9).rounded())
        return group.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success
    }
}
