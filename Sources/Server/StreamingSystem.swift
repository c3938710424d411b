internal import Access
internal import Cameras
internal import Foundation
internal import Logging
internal import NIOCore
internal import Settings
internal import Streaming

/// The streaming server with its credentials and certificate, as the settings have it.
struct StreamingSystem: Sendable {
    let server: RTSPServer
    let access: AccessControl
    let watch: AccessWatch

    /// - Throws: `AccessError` when credentials or certificate cannot be had.
    init(
        _ settings: Settings, cameras: [Camera], mostConnections: Int, counters: StreamingCounts, logger: Logger,
        onRunning: @escaping @Sendable (RTSPServer.Ports) async -> Void
    ) throws {
        let streaming = settings.streaming
        let folder = StateFolder(path: ModelLocation.expanded(settings.security.stateDirectory))
        var rules = AccessControl.Configuration()
        rules.rules = streaming.rights.map { AccessRule(paths: $0.paths, publish: $0.publish, read: $0.read) }
        rules.allowsAnonymousReading = streaming.anonymousRead
        rules.allowsBasicWithoutTLS = streaming.allowsBasicWithoutTLS
        access = AccessControl(try folder.credentials(), configuration: rules)
        var configuration = RTSPConfiguration()
        configuration.address = settings.network.bind
        configuration.port = streaming.rtspPort
        configuration.securePort = streaming.rtspsPort
        configuration.rtpPort = streaming.rtpPort
        configuration.maximumConnections = min(configuration.maximumConnections, mostConnections)
        configuration.slowReaderTimeout = .milliseconds(Int64(streaming.slowReaderTimeoutSeconds * 1000))
        let usersFiles = TLSFiles(settings.security)
        let tls = try Self.tls(settings, usersFiles, folder)
        watch = AccessWatch(folder: folder, access: access, tls: tls, usersFiles: usersFiles, logger: logger)
        server = RTSPServer(
            configuration: configuration, catalogue: StreamCatalogue(cameras), access: access, tls: tls,
            counters: counters,
            logger: logger,
            onRunning: onRunning)
    }

    /// The user's own certificate, or one that is made; nil where streams are not offered over TLS.
    private static func tls(_ settings: Settings, _ usersFiles: TLSFiles?, _ folder: StateFolder) throws -> TLSIdentity?
    {
        guard settings.security.useTLS else { return nil }
        guard let files = usersFiles else {
            return try TLSIdentity(try folder.certificate(names: HostNames.all()).files)
        }
        do {
            return try TLSIdentity(files)
        } catch {
            throw SettingsError(issues: [
                settings.issue(
                    at: "security.tls_cert",
                    "\(files.certificatePath) and \(files.keyPath) cannot be used together: \(error)")
            ])
        }
    }
}

extension TLSFiles {
    /// The user's own; nil where there are none in the settings.
    fileprivate init?(_ security: Settings.Security) {
        guard !security.tlsCertificate.isEmpty else { return nil }
        self.init(
            certificatePath: ModelLocation.expanded(security.tlsCertificate),
            keyPath: ModelLocation.expanded(security.tlsKey))
    }
}
