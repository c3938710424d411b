private import Foundation

/// A value behind a lock. `Synchronization.Mutex` makes ThreadSanitizer report false races on Linux; this does not.
///
/// Never call out (callbacks, continuations, I/O) from inside `withLock`.
package final class Locked<Value>: @unchecked Sendable {
    // Safe: `value` is only touched between lock and unlock.
    private let lock = NSLock()
    private var value: Value

    package init(_ value: sending Value) {
        self.value = value
    }

    package func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
