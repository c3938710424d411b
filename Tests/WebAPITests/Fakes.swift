import Domain
import Foundation
import Logging
import NIOCore
import Plumbing
import ServiceLifecycle
import Store
import TestSupport
import Testing

@testable import WebAPI

struct FakeCameras: CameraCatalogue, LivePictures {
    let paths: [StreamPath]
    var camera = CameraStatus(name: "Front door", streamID: UUID(), state: .running)
    var isLive = true
    var pictureBytes = 1000

    init(_ paths: [String] = ["video/front-door", "video/backyard"]) throws {
        self.paths = try paths.map { try StreamPath($0) }
    }

    func status() -> SystemStatus {
        SystemStatus(
            cameras: Dictionary(uniqueKeysWithValues: paths.map { ($0, camera) }), uptime: .milliseconds(3_600_900),
            model: "yolov8n.onnx", trackingEnabled: true, detector: DetectorStatus(state: .running), version: "1.0",
            isLive: isLive)
    }

    private var picture: JPEGPicture {
        JPEGPicture(bytes: ByteBuffer(repeating: 0xD8, count: pictureBytes), wallTime: Date(timeIntervalSince1970: 0))
    }

    /// 500 pictures a second. Like a camera it suspends between them: a source that never does starves all tasks.
    func stream(_ path: StreamPath) throws(PictureUnavailable) -> AsyncStream<JPEGPicture> {
        let picture = picture
        return AsyncStream { (try? await Task.sleep(for: .milliseconds(2))) == nil ? nil : picture }
    }

    func snapshot(_ path: StreamPath) async throws(PictureUnavailable) -> JPEGPicture {
        if path == paths.last { throw PictureUnavailable(path: path, reason: "it is connecting") }
        return picture
    }
}

struct FakePublishing: PublishingSource {
    func publishing(_ path: StreamPath?) -> PublishingAddresses? {
        guard let path = path ?? (try? StreamPath("video/phone")) else { return nil }
        return PublishingAddresses(
            path: path, isKnown: true, urls: ["rtsps://192.0.2.1:8322/\(path)", "rtsp://192.0.2.1:8554/\(path)"],
            phoneLink: "larix://set/v1?a=b", credentialsCommand: "spectrax credentials show", isLocal: false)
    }
}

extension WebLimits {
    /// Nobody is taken for gone because the machine is busy; tests of these times set their own.
    static let patient = {
        var limits = WebLimits()
        (limits.requestTimeout, limits.writeTimeout, limits.pingInterval) = (.seconds(60), .seconds(60), .seconds(60))
        return limits
    }()
}

/// The same with an empty store of its own.
@discardableResult
func withServer(
    _ cameras: FakeCameras, limits: WebLimits = .patient, origins: AllowedOrigins = .all,
    video: any LiveVideo = NoLiveVideo(), hls: any LiveHLS = NoLiveHLS(), events: LiveEvents = LiveEvents(),
    log: RecentLog = RecentLog(), metrics: (any MetricsSource)? = nil,
    _ body: (Int, WebCounters) async throws -> Void
) async throws -> Duration {
    try await withTemporaryDirectory { folder in
        let store = try Store(path: folder.appending(path: "recordings.db").path)
        return try await withServer(
            cameras, store: store, limits: limits, origins: origins, video: video, hls: hls, events: events, log: log,
            metrics: metrics, body)
    }
}

/// Runs a server on a free port for as long as `body` takes, then shuts it down gracefully.
/// - Returns: how long the shutdown took.
@discardableResult
func withServer(
    _ cameras: FakeCameras, store: Store, limits: WebLimits = .patient, origins: AllowedOrigins = .all,
    video: any LiveVideo = NoLiveVideo(), hls: any LiveHLS = NoLiveHLS(), events: LiveEvents = LiveEvents(),
    log: RecentLog = RecentLog(), metrics: (any MetricsSource)? = nil,
    _ body: (Int, WebCounters) async throws -> Void
) async throws -> Duration {
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    var configuration = WebConfiguration(address: "127.0.0.1", port: 0)
    configuration.limits = limits
    configuration.allowedOrigins = origins
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = WebServer(
        configuration: configuration, catalogue: cameras, pictures: cameras, store: store, video: video,
        hls: hls, events: events, metrics: metrics, publishing: FakePublishing(), log: log, logger: logger,
        onServerRunning: { port.yield($0) })
    let group = ServiceGroup(services: [server], logger: logger)
    let running = Task { try await group.run() }
    var iterator = ports.makeAsyncIterator()
    let bound = try #require(await iterator.next())
    let clock = ContinuousClock()
    do {
        try await body(bound, server.counters)
    } catch {
        await group.triggerGracefulShutdown()
        try await running.value
        throw error
    }
    let start = clock.now
    await group.triggerGracefulShutdown()
    try await running.value
    return clock.now - start
}
