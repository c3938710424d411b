package import Cameras
package import Domain
package import FFmpeg
private import Foundation
package import Logging
private import Plumbing

/// A decoded picture of a camera, placed on the camera's timeline.
package struct CameraFrame: Sendable {
    package let frame: Frame
    /// When to show it, on the camera's timeline.
    package let time: MediaTime
    /// Seconds since 1970 (UTC) at that moment; see `docs/time.md`.
    package let wallSeconds: Double

    package init(frame: Frame, time: MediaTime, wallSeconds: Double) {
        self.frame = frame
        self.time = time
        self.wallSeconds = wallSeconds
    }
}

/// Decodes one camera's video for whoever needs pictures, and only while somebody does.
///
/// The first consumer starts a thread that decodes from the current GOP's key frame; with the last one it ends.
package final class FrameTap: Sendable {
    /// The most packets that wait for the decoder; more, and it skips to the next key frame.
    private static let queueLimit = PacketSubscription.Limit(packets: 600, bytes: 32 << 20)
    /// While the decoder catches up, only the newest picture is handed over, or one in this many seconds.
    private static let catchUpSeconds = 0.5

    package typealias Consumer = @Sendable (CameraFrame) -> Void

    private struct State {
        var consumers: [Int: (minimumInterval: Double, lastTime: Double, consume: Consumer)] = [:]
        var nextToken = 0
        var subscription: PacketSubscription?
        var decoded = 0
        var damaged = 0
    }

    private let camera: Camera
    private let logger: Logger
    private let state = Locked(State())

    package init(_ camera: Camera, logger: Logger) {
        self.camera = camera
        self.logger = logger
    }

    /// Pictures decoded since the start.
    package var decodedFrames: Int { state.withLock { $0.decoded } }
    /// Packets that could not be decoded.
    package var damagedPackets: Int { state.withLock { $0.damaged } }
    /// Whether anybody needs pictures now.
    package var isDecoding: Bool { state.withLock { $0.subscription != nil } }

    /// Starts handing over pictures.
    ///
    /// - Parameters:
    ///   - maximumRate: pictures a second at most, by media time; nil for all.
    ///   - consume: called on the decoding thread; must return soon, as it holds up all consumers of this camera.
    /// - Returns: what `removeConsumer` takes.
    package func addConsumer(maximumRate: Double? = nil, _ consume: @escaping Consumer) -> Int {
        state.withLock { state in
            let token = state.nextToken
            state.nextToken += 1
            state.consumers[token] = (maximumRate.map { 1 / max($0, 0.001) } ?? 0, -.infinity, consume)
            if state.subscription == nil {
                let subscription = camera.hub.subscribe(for: .decoder, limit: Self.queueLimit)
                state.subscription = subscription
                WorkerThread.detach(name: "decode") { self.decode(subscription) }
            }
            return token
        }
    }

    package func removeConsumer(_ token: Int) {
        let ended: PacketSubscription? = state.withLock { state in
            state.consumers[token] = nil
            guard state.consumers.isEmpty, let subscription = state.subscription else { return nil }
            state.subscription = nil
            return subscription
        }
        ended?.cancel()
    }

    private func decode(_ subscription: PacketSubscription) {
        var decoding = Decoding(subject: "\(camera.path)", logger: logger)
        var lastHandover = -Double.infinity
        while !subscription.isEnded {
            guard let packet = subscription.next(waitingAtMostSeconds: 5) else { continue }
            let succeeded = decoding.decode(packet) { frame, time, wall in
                state.withLock { $0.decoded += 1 }
                let now = ProcessInfo.processInfo.systemUptime
                guard subscription.depth == 0 || now - lastHandover > Self.catchUpSeconds else { return }
                lastHandover = now
                let picture = CameraFrame(frame: frame, time: time, wallSeconds: wall)
                for consume in due(at: time.seconds, of: subscription) { consume(picture) }
            }
            if !succeeded { state.withLock { $0.damaged += 1 } }
        }
    }

    private func due(at seconds: Double, of subscription: PacketSubscription) -> [Consumer] {
        state.withLock { state in
            guard state.subscription === subscription else { return [] }
            var due: [Consumer] = []
            for (token, consumer) in state.consumers {
                // A tenth of tolerance, so that 5 a second of 10 takes every second picture in spite of jitter.
                let elapsed = seconds - consumer.lastTime
                guard elapsed >= consumer.minimumInterval * 0.9 || elapsed < 0 else { continue }
                state.consumers[token]?.lastTime = seconds
                due.append(consumer.consume)
            }
            return due
        }
    }
}

/// The decoder of the connection that packets come from now.
private struct Decoding: ~Copyable {
    private let subject: String
    private let logger: Logger
    private var decoder: Decoder?
    private var generation = -1
    private var failures = 0

    init(subject: String, logger: Logger) {
        self.subject = subject
        self.logger = logger
    }

    /// - Returns: whether the packet could be decoded.
    mutating func decode(_ packet: CameraPacket, _ receive: (Frame, MediaTime, Double) -> Void) -> Bool {
        do {
            if generation != packet.generation {
                generation = packet.generation
                decoder = nil
                decoder = try Decoder(packet.stream.parameters, subject: subject)
            }
            for frame in try decoder?.decode(packet.packet, offsetSeconds: packet.offsetSeconds) ?? [] {
                let shown = frame.presentationTime ?? packet.decodeTime
                receive(frame, shown, packet.wallSeconds + shown.seconds - packet.decodeTime.seconds)
            }
            failures = 0
            return true
        } catch {
            failures += 1
            if failures.nonzeroBitCount == 1 {
                logger.debug("damaged packet", metadata: ["camera": "\(subject)", "reason": "\(error)"])
            }
            return false
        }
    }
}
