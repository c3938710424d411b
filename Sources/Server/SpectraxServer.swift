private import Cameras
private import Detections
private import Domain
private import Foundation
private import Frames
package import Logging
private import NIOCore
package import Plumbing
private import ServiceLifecycle
package import Settings
private import Store
private import Streaming
private import UnixSignals
private import WebAPI

/// The whole server: settings in, running services out.
package struct SpectraxServer: Sendable {
    package static let version = "0.1.0"

    private let settings: Settings
    private let logger: Logger
    private let log: RecentLog

    /// - Parameter log: the lines that `/api/log` shows; whoever sets logging up writes into it.
    package init(settings: Settings, logger: Logger, log: RecentLog = RecentLog()) {
        self.settings = settings
        self.logger = logger
        self.log = log
    }

    /// The ports that are listened on.
    package struct Ports: Sendable {
        package var web: Int
        /// nil when nothing is streamed.
        package var rtsp: Int?
        /// nil without TLS.
        package var rtsps: Int?
    }

    /// Runs until asked to stop (SIGINT, SIGTERM).
    ///
    /// - Parameter onRunning: called once, when all ports answer.
    package func run(onRunning: @escaping @Sendable (Ports) async -> Void) async throws {
        let openFiles = OpenFiles.raiseLimit()
        let opening = OpeningPorts(streams: settings.streaming.enabled, whenAllOpen: onRunning)
        let system = try System(settings: settings, logger: logger)
        var configuration = WebConfiguration(address: settings.network.bind, port: settings.detection.port)
        let origins = settings.network.corsOrigins
        configuration.allowedOrigins = origins.contains("*") ? .all : .only(Set(origins))
        // Connections never take up what cameras, clips and the database need.
        configuration.limits.maximumConnections = min(configuration.limits.maximumConnections, openFiles / 4)
        let counts = StreamingCounts()
        let publishing = Publishing(settings)
        let web = WebServer(
            configuration: configuration, catalogue: system, pictures: system, store: system.store,
            video: system.video, hls: system.video, events: system.events,
            metrics: ServerMetrics(
                system: system, streaming: counts, leastFreeBytes: RetentionLimits(settings).minFreeBytes),
            publishing: publishing, log: log,
            logger: logger,
            onServerRunning: { port in
                system.events.publish(.system(.running, version: Self.version), camera: nil)
                await opening.opened(web: port)
            })
        let recording = system.recording
        // Recordings of before stay as they are when nothing is recorded any more.
        let retention = recording.map { recording in
            RetentionService(
                store: system.store, limits: RetentionLimits(settings), isFolderThere: { recording.isFolderThere },
                logger: logger)
        }
        try SettingsCheck.certificateFiles(of: settings)
        let streaming =
            settings.streaming.enabled
            ? try StreamingSystem(
                settings, cameras: system.cameras, mostConnections: openFiles / 2, counters: counts, logger: logger
            ) { ports in
                publishing.opened(ports)
                await opening.opened(streaming: ports)
            } : nil
        // The web server first: it is stopped last, and its failure (a port in use) ends the process.
        let services = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: web, failureTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: RecordingService(recording: recording)),
                    .init(service: system.detectorService),
                    .init(service: CameraSupervisor(system.cameras, logger: logger)),
                ]
                    + (streaming.map {
                        [
                            .init(service: $0.server, failureTerminationBehavior: .gracefullyShutdownGroup),
                            .init(service: $0.watch),
                        ]
                    } ?? []) + (retention.map { [.init(service: $0)] } ?? []) + [
                        // The last: it is stopped first, and says so to all who listen.
                        .init(service: LiveWatch(system: system))
                    ],
                gracefulShutdownSignals: [.sigint, .sigterm],
                logger: logger))
        system.events.publish(.system(.starting, version: Self.version), camera: nil)
        do {
            try await services.run()
        } catch let error as WebServerCannotListen {
            let key = error.isAboutAddress ? "network.bind" : "detection.port"
            throw SettingsError(issues: [settings.issue(at: key, error.description)])
        } catch let error as RTSPServerCannotListen {
            let key = error.isAboutAddress ? "network.bind" : "streaming.\(error.kind.rawValue)_port"
            throw SettingsError(issues: [settings.issue(at: key, error.description)])
        }
    }
}

/// Waits until every server listens.
private actor OpeningPorts {
    private let streams: Bool
    private let whenAllOpen: @Sendable (SpectraxServer.Ports) async -> Void
    private var web: Int?
    private var streaming: RTSPServer.Ports?

    init(streams: Bool, whenAllOpen: @escaping @Sendable (SpectraxServer.Ports) async -> Void) {
        self.streams = streams
        self.whenAllOpen = whenAllOpen
    }

    func opened(web port: Int) async {
        web = port
        await tell()
    }

    func opened(streaming ports: RTSPServer.Ports) async {
        streaming = ports
        await tell()
    }

    private func tell() async {
        guard let web, streaming != nil || !streams else { return }
        await whenAllOpen(.init(web: web, rtsp: streaming?.rtsp, rtsps: streaming?.rtsps))
    }
}
