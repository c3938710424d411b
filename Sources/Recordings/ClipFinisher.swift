private import Foundation
package import Frames
package import Logging
private import Plumbing

/// Settles clips that have stopped growing, one after the other, on a thread of its own; shared by all cameras. It also
/// syncs the files of those that still grow, so that no recorder waits for the disk.
///
/// What cannot be done now (a full disk, a volume that is not mounted, a busy database) is tried again later; what is left
/// at the end of the process is found by `Recovery` at the next start.
package final class ClipFinisher: Sendable {
    /// What has come of the clips.
    package struct Counters: Sendable, Hashable {
        package var finished = 0
        /// Clips with nothing to play in them.
        package var empty = 0
        package var failedAttempts = 0
        /// Clips left for the next start because too many waited.
        package var postponed = 0
        /// Clips that wait now.
        package var waiting = 0
        /// Why the latest attempt failed; nil when it did not.
        package var failure: String?

        package init() {}
    }

    struct Job: Sendable {
        var name: ClipName
        var journal: ClipJournal
        var picture: ClipContents.Picture?
        var backoff = RetryBackoff()
    }

    /// Clips that may wait.
    package static let limit = 256

    fileprivate struct State {
        var jobs: [Job] = []
        var files: [ObjectIdentifier: PartFile] = [:]
        var counters = Counters()
        var isStopped = false
    }

    private let settlement: ClipSettlement
    private let logger: Logger
    private let state = Locked(State())
    private let wake = DispatchSemaphore(value: 0)
    private let thread = Locked<WorkerThread?>(nil)

    /// - Parameter style: of the box on thumbnails.
    package init(folder: RecordingFolder, sink: any RecordingSink, style: OverlayStyle, logger: Logger) {
        settlement = ClipSettlement(folder: folder, sink: sink, style: style, logger: logger)
        self.logger = logger
    }

    package var counters: Counters {
        state.withLock { state in
            var counters = state.counters
            counters.waiting = state.jobs.count
            return counters
        }
    }

    package func start() {
        let thread = WorkerThread(name: "clip-finisher") { self.run() }
        self.thread.withLock { $0 = thread }
    }

    /// Ends the thread once every clip that waits has been tried; call it after the recorders have ended.
    package func stop() {
        state.withLock { $0.isStopped = true }
        wake.signal()
    }

    /// Waits for the thread after `stop`; blocks.
    package func join(seconds: Double) -> Bool {
        thread.withLock { $0 }?.join(seconds: seconds) ?? true
    }

    var folder: RecordingFolder { settlement.folder }
    var sink: any RecordingSink { settlement.sink }

    func finish(_ job: Job) {
        let isTaken = state.withLock { state in
            guard state.jobs.count < Self.limit else {
                state.counters.postponed += 1
                return false
            }
            state.jobs.append(job)
            return true
        }
        if !isTaken { logger.warning("clip left for the next start", metadata: ["clip": "\(job.name.video)"]) }
        wake.signal()
    }

    /// Brings what was written of a growing clip to the disk, soon.
    func synchronize(_ file: PartFile) {
        state.withLock { $0.files[ObjectIdentifier(file)] = file }
        wake.signal()
    }

    private func run() {
        while true {
            let files = state.withLock { state in
                defer { state.files.removeAll() }
                return Array(state.files.values)
            }
            for file in files { file.synchronize() }
            let now = ProcessInfo.processInfo.systemUptime
            let (job, isStopped) = state.withLock { ($0.takeDue(now: now), $0.isStopped) }
            if let job {
                settle(job)
            } else if isStopped {
                return
            } else if files.isEmpty {
                _ = wake.wait(timeout: .now() + 1)
            }
        }
    }

    private func settle(_ job: Job) {
        do {
            let outcome = try settlement.settle(job.name, job.journal, picture: job.picture)
            state.withLock { state in
                state.counters.failure = nil
                if outcome == .empty { state.counters.empty += 1 } else { state.counters.finished += 1 }
            }
            tell(outcome, job)
        } catch {
            let isNews = state.withLock { state in
                state.counters.failedAttempts += 1
                defer { state.counters.failure = "\(error)" }
                guard !state.isStopped else { return true }
                var again = job
                again.backoff.failed(now: ProcessInfo.processInfo.systemUptime)
                state.jobs.append(again)
                return state.counters.failure != "\(error)"
            }
            logger.log(
                level: isNews ? .error : .debug, "clip not finished yet",
                metadata: ["clip": "\(job.name.video)", "reason": "\(error)"])
        }
    }

    private func tell(_ outcome: ClipSettlement.Outcome, _ job: Job) {
        switch outcome {
        case .listed(let recording):
            logger.info(
                "clip finished",
                metadata: [
                    "camera": "\(job.journal.cameraPath)", "clip": "\(job.name.video)",
                    "seconds": "\((recording.durationSeconds * 10).rounded() / 10)",
                ])
        case .wasListed: break
        case .empty:
            logger.warning("clip holds nothing that plays; removed", metadata: ["clip": "\(job.name.video)"])
        }
    }
}

extension ClipFinisher.State {
    /// The first job whose time has come.
    fileprivate mutating func takeDue(now: Double) -> ClipFinisher.Job? {
        jobs.firstIndex { $0.backoff.allows(now: now) }.map { jobs.remove(at: $0) }
    }
}
