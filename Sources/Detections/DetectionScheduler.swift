package import Domain
private import Foundation
package import Plumbing

/// What came of one picture.
package struct DetectionResult: Sendable {
    /// When the picture was, on its camera's timeline.
    package let time: MediaTime
    /// The picture as it was offered.
    package let input: any DetectionInput
    package let outcome: Result<[Detection], any Error>
    /// Seconds from the start of the analysis to its end.
    package let seconds: Double
}

/// Runs one detector for all cameras, on a thread of its own.
///
/// Of each camera only the newest picture waits; cameras take turns; a picture that waited too long is dropped. When
/// the detector fails, the camera is told, and the detector is made anew with back-off.
package final class DetectionScheduler: Sendable {
    package enum State: Sendable, Hashable {
        case loading
        case ready(model: String)
        case failed(reason: String)
        case stopped
    }

    /// What has happened since the start.
    package struct Counters: Sendable {
        package var analysed = 0
        /// Pictures that a newer one of the same camera took the place of.
        package var replaced = 0
        /// Pictures that waited too long.
        package var expired = 0
        package var failed = 0
        /// Duration of the latest analysis; nil before the first.
        package var latestSeconds: Double?
        /// Durations of all analyses, in seconds.
        package var durations = Histogram(
            bounds: [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2])

        package init() {}
    }

    /// A picture older than this is not analysed any more.
    package static let maximumWaitSeconds = 2.0

    private struct Job {
        let input: any DetectionInput
        let time: MediaTime
        let offeredAt: Double
    }

    private struct Camera {
        var job: Job?
        /// Pictures that a newer one took the place of, or that waited too long.
        var lost = 0
        let minimumConfidence: Float
        let onResult: @Sendable (DetectionResult) -> Void
    }

    private struct Work {
        var cameras: [Int: Camera] = [:]
        /// Cameras with a picture, in the order of their turns.
        var turns: [Int] = []
        var nextCamera = 0
        var isStopped = false
        var state = State.loading
        var counters = Counters()
        var runningSince: Double?
    }

    private let makeDetector: @Sendable () throws -> any Detector
    private let work = Locked(Work())
    private let available = DispatchSemaphore(value: 0)
    private let stop = StopSignal()
    private let thread = Locked<WorkerThread?>(nil)

    /// - Parameter makeDetector: loads the model; called on the scheduler's thread, and again after a failure.
    package init(makeDetector: @escaping @Sendable () throws -> any Detector) {
        self.makeDetector = makeDetector
    }

    /// Starts the thread, which loads the model first.
    package func start() {
        let thread = WorkerThread(name: "detector", stackSizeBytes: 8 << 20) { self.run() }
        self.thread.withLock { $0 = thread }
    }

    /// Ends the thread after the picture in work.
    package func shutdown() {
        work.withLock { $0.isStopped = true }
        stop.raise()
        available.signal()
    }

    /// Waits for the thread after `shutdown`; blocks.
    package func join(seconds: Double) -> Bool {
        thread.withLock { $0 }?.join(seconds: seconds) ?? true
    }

    package var state: State { work.withLock { $0.state } }
    package var counters: Counters { work.withLock { $0.counters } }
    /// How long the analysis in work has been going on; nil when there is none.
    package var runningSeconds: Double? { work.withLock { $0.runningSince }.map { Self.now - $0 } }

    /// Adds a camera.
    ///
    /// - Parameter onResult: called on the scheduler's thread; must return soon.
    package func register(
        minimumConfidence: Float, onResult: @escaping @Sendable (DetectionResult) -> Void
    ) -> DetectionPort {
        let id = work.withLock { work in
            let id = work.nextCamera
            work.nextCamera += 1
            work.cameras[id] = Camera(minimumConfidence: minimumConfidence, onResult: onResult)
            return id
        }
        return DetectionPort(scheduler: self, id: id)
    }

    fileprivate func offer(_ input: any DetectionInput, time: MediaTime, camera id: Int) {
        let isNew = work.withLock { work in
            guard !work.isStopped, work.cameras[id] != nil else { return false }
            let isWaiting = work.cameras[id]?.job != nil
            work.cameras[id]?.job = Job(input: input, time: time, offeredAt: Self.now)
            if isWaiting {
                work.counters.replaced += 1
                work.cameras[id]?.lost += 1
            } else {
                work.turns.append(id)
            }
            return !isWaiting
        }
        if isNew { available.signal() }
    }

    fileprivate func queue(of id: Int) -> (waiting: Int, lost: Int) {
        work.withLock { ($0.cameras[id]?.job == nil ? 0 : 1, $0.cameras[id]?.lost ?? 0) }
    }

    fileprivate func remove(camera id: Int) {
        work.withLock { work in
            work.cameras[id] = nil
            work.turns.removeAll { $0 == id }
        }
    }

    private func run() {
        var backoff = Backoff()
        while !stop.isRaised {
            do {
                let detector = try makeDetector()
                work.withLock { $0.state = .ready(model: detector.name) }
                try analyse(with: detector) { backoff.reset() }
            } catch {
                work.withLock { $0.state = .failed(reason: "\(error)") }
                if stop.wait(seconds: backoff.nextDelaySeconds(random: Double.random(in: 0...1))) { break }
            }
        }
        work.withLock { work in
            work.state = .stopped
            work.cameras.removeAll()
            work.turns.removeAll()
        }
    }

    /// Analyses pictures until stopped, or until the detector fails.
    private func analyse(with detector: any Detector, onSuccess: () -> Void) throws {
        while true {
            available.wait()
            if stop.isRaised { return }
            guard let (job, camera) = takeNext() else { continue }
            let start = Self.now
            let outcome = Result {
                try detector.detect(job.input, minimumConfidence: camera.minimumConfidence)
            }
            let seconds = Self.now - start
            work.withLock { work in
                work.runningSince = nil
                work.counters.latestSeconds = seconds
                work.counters.durations.add(seconds)
                if case .success = outcome { work.counters.analysed += 1 } else { work.counters.failed += 1 }
            }
            camera.onResult(
                DetectionResult(
                    time: job.time, input: job.input, outcome: outcome, seconds: seconds))
            _ = try outcome.get()
            onSuccess()
        }
    }

    private func takeNext() -> (Job, Camera)? {
        work.withLock { work in
            while !work.turns.isEmpty {
                let id = work.turns.removeFirst()
                guard let camera = work.cameras[id], let job = camera.job else { continue }
                work.cameras[id]?.job = nil
                guard Self.now - job.offeredAt <= Self.maximumWaitSeconds else {
                    work.counters.expired += 1
                    work.cameras[id]?.lost += 1
                    continue
                }
                work.runningSince = Self.now
                return (job, camera)
            }
            return nil
        }
    }

    private static var now: Double { ProcessInfo.processInfo.systemUptime }
}

/// A camera's place at the scheduler.
package struct DetectionPort: Sendable {
    fileprivate let scheduler: DetectionScheduler
    fileprivate let id: Int

    /// Hands over a picture; it takes the place of one that still waits. Returns at once.
    package func offer(_ input: any DetectionInput, time: MediaTime) {
        scheduler.offer(input, time: time, camera: id)
    }

    /// Pictures that wait, one at most; and those lost since the start because a newer one came or they waited too long.
    package var queue: (waiting: Int, lost: Int) { scheduler.queue(of: id) }

    /// Gives up the place; no result comes after the one in work.
    package func cancel() {
        scheduler.remove(camera: id)
    }
}
