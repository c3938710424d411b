internal import Domain
internal import Foundation
internal import Logging
internal import Plumbing
internal import ServiceLifecycle
internal import Settings
internal import Store

/// Keeps the recordings within their limits, for as long as the server runs.
struct RetentionService: Service {
    /// Seconds between two passes. A pass with nothing to do costs less than a request; and in this time cameras must not
    /// fill what is kept free.
    private static let periodSeconds = 15.0

    let store: Store
    let limits: RetentionLimits
    /// Whether the recordings folder is the one that it was at the start.
    let isFolderThere: @Sendable () -> Bool
    let logger: Logger

    func run() async throws {
        var told: [String] = []
        for await _ in passes().cancelOnGracefulShutdown() {
            let former = told
            told = await onWorker("retention") { pass(told: former) }
        }
    }

    /// - Parameter told: what the log was told already.
    /// - Returns: why limits are exceeded still.
    private func pass(told: [String]) -> [String] {
        // Without the volume, free space and files are those of another one.
        guard isFolderThere() else { return told }
        var troubles: [String] = []
        do {
            let now = Int64(Date().timeIntervalSince1970 * 1e6)
            let report = try store.applyRetention(limits, nowMicroseconds: now)
            if !report.removals.isEmpty {
                logger.info(
                    "old recordings removed",
                    metadata: ["recordings": "\(report.removals.count)", "bytes": "\(report.bytes)"])
            }
            troubles = report.obstacles.map { "\($0)" } + report.failures
        } catch {
            troubles = ["\(error)"]
        }
        for trouble in troubles where !told.contains(trouble) {
            logger.warning("recordings exceed their limits", metadata: ["reason": "\(trouble)"])
        }
        return troubles
    }

    private func passes() -> AsyncStream<Void> {
        AsyncStream {
            try? await Task.sleep(for: .seconds(Self.periodSeconds))
            return Task.isCancelled ? nil : ()
        }
    }
}

extension RetentionLimits {
    init(_ settings: Settings) {
        let recording = settings.recording
        var cameras: [String: Int64] = [:]
        for camera in settings.cameras {
            if let gigabytes = camera.recording.maxStorageGB {
                cameras[camera.path.rawValue] = Self.bytes(gigabytes: gigabytes)
            }
        }
        self.init(
            maxBytes: Self.bytes(gigabytes: recording.maxStorageGB), maxDays: recording.maxDays,
            minFreeBytes: Self.bytes(gigabytes: recording.minFreeGB), cameraBytes: cameras)
    }
}
