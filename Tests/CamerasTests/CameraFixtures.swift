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

/// Runs cameras for the length of `body`, as the server does.
func withCameras(_ cameras: [Camera], backoff: Backoff = Backoff(), _ body: () async throws -> Void) async throws {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
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
