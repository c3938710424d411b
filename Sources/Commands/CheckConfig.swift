internal import ArgumentParser
private import Domain
private import Server
private import Settings

struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Check a settings file without starting anything.",
        discussion: """
            Prints every mistake as FILE:LINE:COLUMN: KEY: what is wrong and what is
            accepted. Loads the model too, so that class names are checked. Ports,
            addresses, directories and certificates are tried by `spectrax run`.
            Exit code 0: in order; 78: not.
            """)

    @OptionGroup var config: ConfigOption

    func run() throws {
        let settings = try config.load()
        for issue in SettingsCheck.missingFiles(of: settings) { printError("warning: \(issue)") }
        for camera in settings.cameras {
            let source = camera.source.map(\.redacted) ?? "(published to this server)"
            print("camera  \(camera.path)  \"\(camera.name)\"  \(source)\(camera.enabled ? "" : "  disabled")")
        }
        if settings.detection.enabled {
            do {
                print("model   \(try SettingsCheck.model(of: settings))")
            } catch {
                printError("\(error)")
                throw ExitCode(78)
            }
        }
        print("\(config.config): in order")
    }
}
