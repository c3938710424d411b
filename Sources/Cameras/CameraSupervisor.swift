package import Logging
package import Plumbing
internal import ServiceLifecycle

/// Owns all cameras: starts a reader for each, and ends them together. A camera that fails ends nothing else.
package struct CameraSupervisor: Service {
    /// How long the readers get to end before the process goes on without them.
    private static let joinSeconds = 2.0

    private let cameras: [Camera]
    private let backoff: Backoff
    private let logger: Logger

    /// - Parameter backoff: how long each camera waits before it is tried again.
    package init(_ cameras: [Camera], backoff: Backoff = Backoff(), logger: Logger) {
        self.cameras = cameras
        self.backoff = backoff
        self.logger = logger
    }

    package func run() async throws {
        let readers = cameras.compactMap { camera in
            camera.source.map { CameraReader(camera, source: $0, backoff: backoff, logger: logger) }
        }
        for reader in readers { reader.start() }
        try? await gracefulShutdown()
        for reader in readers { reader.cancel() }
        await onWorker("cameras-stop") {
            for reader in readers where !reader.join(seconds: Self.joinSeconds) {
                logger.warning("a camera did not stop in time")
            }
        }
    }
}
