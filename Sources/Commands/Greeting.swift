private import Domain
private import Foundation
internal import Server
internal import Settings

/// What `spectrax run` says once it runs: where to look, where to publish, where to watch. Never a password.
struct Greeting {
    /// Cameras that are listed one by one.
    private static let listed = 8

    let settings: Settings
    /// The settings file, as the command was told.
    let file: String
    let ports: SpectraxServer.Ports

    /// - Parameter forTerminal: whether a QR code can be drawn.
    func text(forTerminal: Bool) -> String {
        let addresses = StreamingAddresses(settings)
        let host = addresses.hosts.first ?? "127.0.0.1"
        let web = addresses.web(host, port: ports.web)
        var lines = ["SpectraX \(SpectraxServer.version) is running"]
        lines += addresses.hosts.prefix(4).map { row("page", addresses.web($0, port: ports.web)) }
        lines += [row("status", web + "status"), row("API", web + "docs")]
        let cameras = settings.cameras.filter(\.enabled)
        for camera in cameras.prefix(Self.listed) {
            lines.append(row("camera", web + "video/stream?path=\(camera.path)"))
        }
        if cameras.count > Self.listed { lines.append(row("", "and \(cameras.count - Self.listed) more on the page")) }
        if let rtsp = ports.rtsp { lines += streaming(addresses, rtsp: rtsp, cameras: cameras) }
        if addresses.isLocal {
            lines.append(
                row("network", "only this computer reaches it; network.bind: \"0.0.0.0\" opens it to your network"))
        }
        if forTerminal, let rtsp = ports.rtsp, let phone = cameras.first(where: { $0.source == nil })?.path,
            !addresses.isLocal,
            let code = QRCode(
                addresses.larixLink(for: phone, to: addresses.preferred(phone, rtsp: rtsp, rtsps: ports.rtsps)))
        {
            lines += ["", "  Larix on a phone: scan this, then type the password", code.terminalText]
        }
        return lines.joined(separator: "\n")
    }

    private func streaming(_ addresses: StreamingAddresses, rtsp: Int, cameras: [CameraSettings]) -> [String] {
        var lines: [String] = []
        func address(_ path: StreamPath) -> String { addresses.preferred(path, rtsp: rtsp, rtsps: ports.rtsps) }
        for camera in cameras.filter({ $0.source == nil }).prefix(Self.listed) {
            lines.append(row("publish", address(camera.path)))
            if ports.rtsps != nil {
                lines.append(row("", addresses.rtsp(camera.path, port: rtsp, isSecure: false)))
            }
        }
        if let first = cameras.first {
            let others = cameras.count > 1 ? "  (and so on for each camera)" : ""
            lines.append(row("watch", address(first.path) + others))
        }
        lines.append(row("passwords", StreamingAddresses.credentialsCommand(file: file)))
        return lines
    }

    private func row(_ name: String, _ value: String) -> String {
        "  " + name.padding(toLength: 10, withPad: " ", startingAt: 0) + value
    }
}
