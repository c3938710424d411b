internal import ArgumentParser
private import Foundation
private import Logging
private import Plumbing
private import Server
internal import Settings

/// Which settings file a command reads.
struct ConfigOption: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("The settings file.", valueName: "file"))
    var config = SettingsFile.defaultPath

    /// Reads the file; its errors go to standard error, one a line, and end the command with exit code 78 (EX_CONFIG).
    func load() throws -> Settings {
        do {
            let settings = try SettingsFile.load(config)
            for warning in settings.warnings { printError("warning: \(warning)") }
            return settings
        } catch {
            printError("\(error)")
            throw ExitCode(78)
        }
    }
}

/// Writes a line to standard error.
func printError(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
}

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server.",
        discussion: """
            Connects all cameras of the settings file, analyses their pictures and
            serves the API and live pictures until it is ended with Ctrl-C or SIGTERM.
            Cameras that fail are tried again for ever; /status says why.
            """)

    @OptionGroup var config: ConfigOption
    @Flag(help: "Log what happens in detail.")
    var verbose = false

    func run() async throws {
        let settings = try config.load()
        let file = config.config
        let log = RecentLog()
        LoggingSystem.bootstrap { label in
            MultiplexLogHandler([StreamLogHandler.standardError(label: label), RecentLogHandler(log)])
        }
        var logger = Logger(label: "spectrax")
        logger.logLevel = verbose || settings.advanced.debug ? .debug : .info
        do {
            try await SpectraxServer(settings: settings, logger: logger, log: log).run { ports in
                print(
                    Greeting(settings: settings, file: file, ports: ports).text(forTerminal: isatty(STDOUT_FILENO) == 1)
                )
                fflush(nil)
            }
        } catch {
            printError("\(error)")
            end(1)
        }
        end(0)
    }

    /// Ends the process without the destructors of libraries: a thread that did not stop in time may still be inside one.
    private func end(_ status: Int32) -> Never {
        fflush(nil)
        _exit(status)
    }
}
