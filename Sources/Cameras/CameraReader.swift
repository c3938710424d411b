private import Domain
private import FFmpeg
private import Foundation
internal import Logging
internal import Plumbing

/// Keeps one camera connected, on a thread of its own: opens the source, publishes its packets, and tries again with
/// back-off when it fails.
final class CameraReader: Sendable {
    /// How often a camera on demand looks whether somebody has come.
    private static let demandIntervalSeconds = 0.05
    private static let resting = "connects when somebody watches"

    private let camera: Camera
    private let source: Source
    private let backoff: Backoff
    private let logger: Logger
    private let stop = StopSignal()
    private let interrupt = Locked<Interrupt?>(nil)
    private let thread = Locked<WorkerThread?>(nil)

    init(_ camera: Camera, source: Source, backoff: Backoff, logger: Logger) {
        self.camera = camera
        self.source = source
        self.backoff = backoff
        var logger = logger
        logger[metadataKey: "camera"] = "\(camera.path)"
        self.logger = logger
    }

    func start() {
        let thread = WorkerThread(name: camera.path.lastSegment) { self.run() }
        self.thread.withLock { $0 = thread }
    }

    /// Asks the thread to end; returns at once.
    func cancel() {
        stop.raise()
        interrupt.withLock { $0?.cancel() }
    }

    /// Waits for the thread after `cancel`.
    func join(seconds: Double) -> Bool {
        thread.withLock { $0 }?.join(seconds: seconds) ?? true
    }

    private func run() {
        var session = CameraSession(backoff: backoff)
        var timeline = Timeline()
        var generation = 0
        var action = isWanted ? session.start() : session.rest()
        while !stop.isRaised {
            show(session.state)
            switch action {
            case .open:
                generation += 1
                action = connect(&session, timeline: &timeline, generation: generation)
            case .wait(let seconds):
                action = stop.wait(seconds: seconds) ? .end : isWanted ? session.retry() : session.rest()
            case .rest:
                while !isWanted, !stop.wait(seconds: Self.demandIntervalSeconds) {}
                action = session.start()
            case .end:
                camera.hub.endSource()
                return
            }
        }
        session.stop()
        show(session.state)
        camera.hub.endSource()
    }

    /// Whether to be connected.
    private var isWanted: Bool {
        source.onDemandCloseSeconds.map { camera.hub.isWanted(within: $0) } ?? true
    }

    /// One connection from open to its end.
    private func connect(_ session: inout CameraSession, timeline: inout Timeline, generation: Int)
        -> CameraSession.Action
    {
        let interrupt = Interrupt()
        self.interrupt.withLock { $0 = interrupt }
        defer {
            self.interrupt.withLock { $0 = nil }
            camera.hub.endSource()
        }
        if stop.isRaised { return .end }
        timeline.restart()
        do {
            let hub = camera.hub
            var demuxer = try source.open(interrupt: interrupt, isWatched: { hub.hasLiveConsumers })
            guard let video = demuxer.bestVideoStream else { throw noVideo("there is no video in it") }
            if source.url.scheme == .file, demuxer.isStillPicture {
                throw noVideo("it is a still picture; a camera needs a video")
            }
            session.opened(at: Camera.uptimeSeconds)
            let sound = demuxer.streams.first { $0.kind == .audio }
            camera.update { status in
                status.video = video
                status.audio = sound
                status.connections += 1
            }
            show(session.state)
            logger.info(
                "camera connected",
                metadata: ["codec": "\(video.codec)", "size": "\(video.width)x\(video.height)"])
            try read(&demuxer, video: video, timeline: &timeline, generation: generation)
            if stop.isRaised { return .end }
            if !isWanted {
                logger.info("camera left: nobody watches")
                return session.rest()
            }
            if source.url.scheme == .file { return session.ended() }
            return failed("the source ended the stream", session: &session)
        } catch {
            if stop.isRaised { return .end }
            var reason = "\(error)"
            if case .running = session.state, source.url.scheme.isNetwork,
                (error as? FFmpegError)?.code == .unreachable
            {
                reason = "the connection broke: \(reason)"
            }
            return failed(reason, session: &session)
        }
    }

    private func noVideo(_ reason: String) -> FFmpegError {
        FFmpegError(.invalidData, call: "av_find_best_stream", subject: source.url.redacted, reason: reason)
    }

    /// Publishes packets until the source ends or nobody wants it. Loops files that loop.
    private func read(_ demuxer: inout Demuxer, video: StreamInfo, timeline: inout Timeline, generation: Int)
        throws(FFmpegError)
    {
        var pace = Pace()
        var wallClock = WallClock()
        var packetsInRound = 0
        let isPaced = source.isPaced(format: demuxer.formatName, durationSeconds: demuxer.durationSeconds)
        var latestPicture = Camera.uptimeSeconds
        while !stop.isRaised, isWanted {
            guard let packet = try demuxer.next() else {
                guard source.url.scheme == .file, source.loops else { return }
                guard packetsInRound > 0 else {
                    throw FFmpegError(
                        .invalidData, call: "av_read_frame", subject: source.url.redacted, reason: "it was cut short")
                }
                try demuxer.rewind()
                timeline.restart()
                packetsInRound = 0
                continue
            }
            guard let stream = demuxer.streams.first(where: { $0.index == packet.streamIndex }),
                stream.index == video.index || stream.kind == .audio
            else { continue }
            let now = Camera.uptimeSeconds
            if stream.index == video.index {
                latestPicture = now
            } else if !isPaced, now - latestPicture > source.readTimeoutSeconds {
                throw FFmpegError(
                    .timedOut, call: "av_read_frame", subject: source.url.redacted, reason: "only sound comes")
            }
            let streamSeconds = (packet.decodeTime ?? packet.presentationTime)?.seconds
            let place =
                stream.index == video.index
                ? timeline.place(streamSeconds: streamSeconds, arrivalSeconds: now)
                : timeline.placeCompanion(stream.index, streamSeconds: streamSeconds, arrivalSeconds: now)
            if isPaced, let wait = pace.waitSeconds(mediaSeconds: place.decodeTime.seconds, now: now),
                stop.wait(seconds: wait)
            {
                return
            }
            if !packet.isDamaged { packetsInRound += 1 }
            camera.deliver(
                packet, of: stream, isVideo: stream.index == video.index, at: place, wallClock: &wallClock,
                generation: generation)
        }
    }

    private func failed(_ reason: String, session: inout CameraSession) -> CameraSession.Action {
        let action = session.failed(reason, at: Camera.uptimeSeconds, random: Double.random(in: 0...1))
        if case .wait(let seconds) = action {
            // The first failures are news, the hundredth is not.
            let level: Logger.Level = session.isNews ? .warning : .debug
            logger.log(
                level: level, "camera lost",
                metadata: ["reason": "\(reason)", "retry_in_seconds": "\((seconds * 10).rounded() / 10)"])
        }
        return action
    }

    private func show(_ state: CameraSession.State) {
        camera.update { status in
            status.state = state
            switch state {
            case .running: status.reason = nil
            case .idle: status.reason = source.isOnDemand ? Self.resting : nil
            // What went wrong last stays in sight while we try again.
            case .connecting: break
            case .waiting(_, let reason): status.reason = reason
            case .finished: status.reason = "the file has ended"
            case .stopped: status.reason = "stopped"
            }
        }
    }
}
