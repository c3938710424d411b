import Cameras
import Domain
import FFmpeg
import Foundation
import Frames
import Logging
import Plumbing
import ServiceLifecycle
import TestSupport
import Testing

/// Why cameras were lost, from their log: no reason is missed that comes and goes between two looks at the status.
final class Losses: Sendable {
    private let reasons = Locked<[String]>([])

    var count: Int { reasons.withLock { $0.count } }

    func contains(_ words: String) -> Bool { reasons.withLock { $0.contains { $0.contains(words) } } }

    fileprivate struct Handler: LogHandler {
        let losses: Losses
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            guard event.message == "camera lost", let reason = event.metadata?["reason"] else { return }
            losses.reasons.withLock { $0.append("\(reason)") }
        }
    }
}

/// Runs cameras for the length of `body`, as the server does.
func withCameras(
    _ cameras: [Camera], backoff: Backoff = Backoff(), losses: Losses = Losses(), _ body: () async throws -> Void
) async throws {
    let logger = Logger(label: "test") { _ in Losses.Handler(losses: losses) }
    let group = ServiceGroup(
        configuration: .init(services: [CameraSupervisor(cameras, backoff: backoff, logger: logger)], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        do {
            try await body()
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

func camera(_ path: String, _ url: String, loops: Bool = true) throws -> Camera {
    Camera(path: try StreamPath(path), source: Source(try CameraURL(url), loops: loops))
}

/// Takes a camera's packets and pictures as the server does.
struct Viewer: ~Copyable {
    private let subscription: PacketSubscription
    private let tap: FrameTap
    private let token: Int
    private let shown = Locked<[CameraFrame]>([])
    private(set) var packets: [CameraPacket] = []

    init(_ camera: Camera) {
        subscription = camera.hub.subscribe()
        tap = FrameTap(camera, logger: Logger(label: "test"))
        let shown = shown
        token = tap.addConsumer { frame in shown.withLock { $0.append(frame) } }
    }

    deinit {
        subscription.cancel()
        tap.removeConsumer(token)
    }

    /// The pictures so far.
    var frames: [CameraFrame] { shown.withLock { $0 } }

    /// Watches until there are `count` pictures.
    ///
    /// - Returns: whether they came.
    mutating func sees(_ count: Int, within seconds: Double = 20) async -> Bool {
        let cameIn = await eventually(within: seconds) { frames.count >= count }
        while let packet = subscription.poll() { packets.append(packet) }
        return cameIn
    }
}
