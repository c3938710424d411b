package import Access
package import Domain
private import Foundation
package import Settings

/// The addresses under which streams are published and watched, for messages to the user.
package struct StreamingAddresses: Sendable {
    /// Where the host can be reached: its addresses in the network, or the one that it is bound to.
    package let hosts: [String]

    /// - Parameter addresses: of the machine in its network.
    package init(_ settings: Settings, addresses: [String] = HostNames.addresses()) {
        switch settings.network.bind {
        case "0.0.0.0":
            let four = addresses.filter { !$0.contains(":") }
            hosts = four.isEmpty ? ["127.0.0.1"] : four
        case "::": hosts = addresses.isEmpty ? ["::1"] : addresses
        default: hosts = [settings.network.bind]
        }
    }

    package static func stateFolder(_ settings: Settings) -> StateFolder {
        StateFolder(path: ModelLocation.expanded(settings.security.stateDirectory))
    }

    /// Whether only this computer can reach the server.
    package var isLocal: Bool { hosts.allSatisfy { $0 == "localhost" || $0 == "::1" || $0.hasPrefix("127.") } }

    /// What shows the passwords of the settings in a file.
    package static func credentialsCommand(file: String) -> String {
        "spectrax credentials show" + (file == SettingsFile.defaultPath ? "" : " --config \(file)")
    }

    package func web(_ host: String, port: Int) -> String { "http://\(bracketed(host)):\(port)/" }

    /// - Parameter port: that is listened on.
    package func rtsp(_ path: StreamPath, port: Int, isSecure: Bool) -> String {
        "\(isSecure ? "rtsps" : "rtsp")://\(bracketed(hosts.first ?? "127.0.0.1")):\(port)/\(path)"
    }

    /// The encrypted address where there is one.
    ///
    /// - Parameters:
    ///   - rtsp, rtsps: the ports that are listened on.
    package func preferred(_ path: StreamPath, rtsp port: Int, rtsps securePort: Int?) -> String {
        rtsp(path, port: securePort ?? port, isSecure: securePort != nil)
    }

    /// A link that sets up a connection in the app Larix Broadcaster (its "Grove" form).
    ///
    /// - Parameters:
    ///   - url: where it publishes.
    ///   - credentials: nil leaves the password to be typed.
    package func larixLink(for path: StreamPath, to url: String, credentials: Credentials? = nil) -> String {
        var fields = [
            ("conn[][url]", url), ("conn[][name]", "SpectraX \(path.lastSegment)"), ("conn[][overwrite]", "on"),
        ]
        if let publisher = credentials?.publisher {
            fields += [("conn[][user]", publisher.username), ("conn[][pass]", publisher.password)]
        } else {
            fields.append(("conn[][user]", "publisher"))
        }
        let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
        func escaped(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: allowed) ?? "" }
        return "larix://set/v1?" + fields.map { "\(escaped($0.0))=\(escaped($0.1))" }.joined(separator: "&")
    }

    private func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
}
