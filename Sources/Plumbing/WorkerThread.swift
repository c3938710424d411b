private import Foundation

/// A thread of our own for blocking work, which the cooperative pool must never do.
package final class WorkerThread: Sendable {
    private let finished = StopSignal()

    /// Starts at once.
    ///
    /// - Parameter name: shown by debuggers and `top -H`; 15 bytes at most on Linux.
    package init(name: String, stackSizeBytes: Int = 1 << 20, _ body: @escaping @Sendable () -> Void) {
        let finished = finished
        let name = String(name.prefix(15))
        let thread = Thread {
            // Foundation passes the name on to the system for a running thread only.
            Thread.current.name = name
            body()
            finished.raise()
        }
        thread.stackSize = stackSizeBytes
        thread.start()
    }

    /// Blocks until the body returned or `seconds` passed.
    ///
    /// - Returns: whether it returned.
    package func join(seconds: Double) -> Bool {
        finished.wait(seconds: seconds)
    }

    /// Runs blocking work to its end on a thread that nobody waits for.
    package static func detach(name: String, _ body: @escaping @Sendable () -> Void) {
        _ = WorkerThread(name: name, body)
    }
}

/// Runs blocking work on a thread of its own, and waits for its end without blocking the cooperative pool.
package func onWorker<Result: Sendable>(_ name: String, _ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        WorkerThread.detach(name: name) { continuation.resume(returning: body()) }
    }
}
