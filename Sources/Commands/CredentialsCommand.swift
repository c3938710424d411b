internal import Access
internal import ArgumentParser
private import Domain
private import Foundation
private import Server
internal import Settings

struct CredentialsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credentials",
        abstract: "Show or renew who may publish streams and who may watch them.",
        discussion: """
            Both passwords are made at the first start and kept in
            security.state_dir, readable by you alone. Phones and cameras publish with
            the first, players watch with the second.
            """,
        subcommands: [Show.self, Reset.self], defaultSubcommand: Show.self)

    struct Output: ParsableArguments {
        @Flag(help: "Print JSON: {\"publisher\": {\"username\", \"password\"}, \"viewer\": {...}}.")
        var json = false

        func print(_ credentials: Credentials) throws {
            guard json else {
                let accounts = [("publisher", credentials.publisher), ("viewer", credentials.viewer)]
                let width = accounts.map(\.1.username.count).max() ?? 0
                for (role, account) in accounts {
                    let name = account.username.padding(toLength: width, withPad: " ", startingAt: 0)
                    Swift.print(
                        "\(role.padding(toLength: 9, withPad: " ", startingAt: 0))  \(name)  \(account.password)")
                }
                return
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            Swift.print(String(decoding: try encoder.encode(credentials), as: UTF8.self))
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the user names and passwords (the default).")

        @OptionGroup var config: ConfigOption
        @OptionGroup var output: Output
        @Flag(help: "Also draw a QR code that sets up Larix on a phone, password included.")
        var qr = false
        @Option(help: "The camera that the phone of the QR code is to be; left out, the first without a source.")
        var path: String?

        func run() throws {
            let settings = try config.load()
            do {
                let credentials = try StreamingAddresses.stateFolder(settings).credentials()
                try output.print(credentials)
                if qr { try draw(settings, credentials) }
            } catch let error as AccessError {
                printError("\(error)")
                throw ExitCode.failure
            }
        }

        private func draw(_ settings: Settings, _ credentials: Credentials) throws {
            let addresses = StreamingAddresses(settings)
            let phones = settings.cameras.filter { $0.enabled && $0.source == nil }.map(\.path)
            guard let phone = path.map({ text in phones.first { $0.rawValue == text } }) ?? phones.first else {
                let known = phones.isEmpty ? "there is none; add one:  - video/phone" : "\(phones.map(\.rawValue))"
                printError("no camera to publish to\(path.map { " at \($0)" } ?? ""); of the settings: \(known)")
                throw ExitCode.failure
            }
            let url = addresses.preferred(
                phone, rtsp: settings.streaming.rtspPort,
                rtsps: settings.security.useTLS ? settings.streaming.rtspsPort : nil)
            let link = addresses.larixLink(for: phone, to: url, credentials: credentials)
            guard let code = QRCode(link) else {
                printError("the link is too long for a QR code: \(link)")
                throw ExitCode.failure
            }
            print("\nScan with the phone's camera; Larix Broadcaster takes it over:\n")
            print(code.terminalText)
        }
    }

    struct Reset: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make new passwords.",
            discussion: """
                A running server takes them over within seconds, and ends the streams of
                everybody who came with the old ones.
                """)

        @OptionGroup var config: ConfigOption
        @OptionGroup var output: Output

        func run() throws {
            let settings = try config.load()
            do {
                try output.print(try StreamingAddresses.stateFolder(settings).resetCredentials())
            } catch let error as AccessError {
                printError("\(error)")
                throw ExitCode.failure
            }
        }
    }
}
