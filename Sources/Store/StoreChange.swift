internal import Plumbing

/// What this process has changed in the list of recordings.
package enum StoreChange: Sendable {
    case listed(Recording)
    /// As it was: now it is deleted, or retention has removed its files.
    case removed(Recording)
}

extension Store {
    package typealias Observer = @Sendable (StoreChange) -> Void

    /// From now on, `body` is told of every change after it is committed, on the thread that made it; it must return at
    /// once. Changes by other processes nobody hears of.
    package func observe(_ body: @escaping Observer) {
        observers.withLock { $0.append(body) }
    }

    /// Whether it is worth while to find out what a change is about.
    var isObserved: Bool { observers.withLock { !$0.isEmpty } }

    func tell(_ changes: [StoreChange]) {
        guard !changes.isEmpty else { return }
        let told = observers.withLock { $0 }
        for change in changes {
            for observer in told { observer(change) }
        }
    }
}
