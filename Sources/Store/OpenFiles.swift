private import Dispatch
private import Plumbing

/// Files of recordings that were opened a moment ago. A player asks for one part of a clip after another: without this
/// each would cost a query and an `open`.
///
/// A file stays for two seconds, and no longer than until the database changes. Never blocks.
final class OpenFiles: Sendable {
    private static let keptSeconds = 2.0
    private static let capacity = 16

    private struct State {
        var files: [String: (file: OpenRecordingFile, end: DispatchTime)] = [:]
        /// Counts what may have given files up.
        var epoch = 0
        var willSweep = false
    }

    private let state = Locked(State())

    /// To be taken before a file is looked up that is to be kept.
    var epoch: Int { state.withLock { $0.epoch } }

    func find(_ name: String) -> OpenRecordingFile? {
        state.withLock { state in
            guard let (file, end) = state.files[name], .now() < end else { return nil }
            return file
        }
    }

    /// - Parameter epoch: of when the look-up of the file began. If the database has changed since, it is not kept.
    func keep(_ file: OpenRecordingFile, as name: String, since epoch: Int) {
        let startsSweep = state.withLock { state in
            guard state.epoch == epoch, state.files[name] != nil || state.files.count < Self.capacity else {
                return false
            }
            state.files[name] = (file, .now() + Self.keptSeconds)
            defer { state.willSweep = true }
            return !state.willSweep
        }
        if startsSweep { sweepLater() }
    }

    func forgetAll() {
        // Freed, and with it closed, outside the lock.
        _ = state.withLock { state in
            state.epoch &+= 1
            defer { state.files.removeAll() }
            return state.files
        }
    }

    /// A deleted file takes up room on the disk for as long as it is open.
    private func sweepLater() {
        DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + Self.keptSeconds) { [weak self] in
            self?.sweep()
        }
    }

    private func sweep() {
        let now = DispatchTime.now()
        let (former, isOver) = state.withLock { state in
            let former = state.files
            state.files = former.filter { now < $0.value.end }
            state.willSweep = !state.files.isEmpty
            return (former, state.files.isEmpty)
        }
        _ = former
        if !isOver { sweepLater() }
    }
}
