internal import Domain
private import Plumbing
internal import Settings
internal import Streaming
internal import WebAPI

/// Where streams are published to, as the greeting of `spectrax run` has it.
final class Publishing: PublishingSource {
    /// What is shown while the settings name no camera for it.
    private static let example = try? StreamPath("video/phone")

    private let settings: Settings
    private let ports = Locked<RTSPServer.Ports?>(nil)

    init(_ settings: Settings) {
        self.settings = settings
    }

    func opened(_ ports: RTSPServer.Ports) {
        self.ports.withLock { $0 = ports }
    }

    func publishing(_ path: StreamPath?) -> PublishingAddresses? {
        let waiting = settings.cameras.filter { $0.enabled && $0.source == nil }.map(\.path)
        guard settings.streaming.enabled, let path = path ?? waiting.first ?? Self.example else { return nil }
        let addresses = StreamingAddresses(settings)
        let ports = ports.withLock { $0 }
        let secure = ports?.rtsps.map { addresses.rtsp(path, port: $0, isSecure: true) }
        let plain = ports.map { addresses.rtsp(path, port: $0.rtsp, isSecure: false) }
        return PublishingAddresses(
            path: path, isKnown: waiting.contains(path), urls: [secure, plain].compactMap { $0 },
            phoneLink: (secure ?? plain).map { addresses.larixLink(for: path, to: $0) },
            credentialsCommand: StreamingAddresses.credentialsCommand(file: settings.file),
            isLocal: addresses.isLocal)
    }
}
