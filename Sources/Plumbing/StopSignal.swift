private import Foundation

/// A flag that threads can wait for: raised once, never lowered.
package final class StopSignal: @unchecked Sendable {
    // Safe: `raised` is only touched with the condition locked.
    private let condition = NSCondition()
    private var raised = false

    package init() {}

    package func raise() {
        condition.withLock {
            raised = true
            condition.broadcast()
        }
    }

    package var isRaised: Bool { condition.withLock { raised } }

    /// Blocks the calling thread for `seconds`, or until raised.
    ///
    /// - Returns: whether the signal was raised.
    package func wait(seconds: Double) -> Bool {
        let end = Date(timeIntervalSinceNow: min(max(seconds, 0), 1e6))
        return condition.withLock {
            while !raised, condition.wait(until: end) {}
            return raised
        }
    }
}
