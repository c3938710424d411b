package import ArgumentParser
private import Server

/// The command line.
package struct Spectrax: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "spectrax",
        abstract:
            "A self-hosted surveillance server: finds and follows people, vehicles and animals in your cameras' video.",
        discussion: """
            Start with `spectrax run`: it reads surveillance.yml and serves http://127.0.0.1:8080.

            Examples:
              spectrax probe rtsp://user:password@192.168.1.20/stream1
              spectrax check-config --config surveillance.yml
              spectrax run --config surveillance.yml
              spectrax detect holiday.mp4 --output holiday-annotated.mp4
            """,
        version: SpectraxServer.version,
        subcommands: [
            Run.self, CheckConfig.self, Probe.self, Detect.self, TrackCommand.self, Models.self, DoctorCommand.self,
            RetentionCommand.self, CredentialsCommand.self,
        ])

    package init() {}
}
