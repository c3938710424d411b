internal import ArgumentParser
private import Server
private import Settings

struct RetentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Say which recordings would be removed, when and why; or remove them now.",
        discussion: """
            The limits are recording.max_storage_gb, max_days and min_free_gb, and
            max_storage_gb of each camera. The running server keeps to them by itself.
            Protected recordings stay; no pass removes more than half of everything
            unless the limits were changed.
            """)

    @OptionGroup var config: ConfigOption
    @Flag(help: "Explain, and change nothing (the default).")
    var explain = false
    @Flag(help: "Remove what exceeds the limits now.")
    var apply = false

    func validate() throws {
        if explain, apply { throw ValidationError("--explain changes nothing, --apply does: give one of them") }
    }

    func run() throws {
        let settings = try config.load()
        do {
            print(try apply ? StoreTasks.applyRetention(settings) : StoreTasks.explainRetention(settings))
        } catch {
            printError("\(error)")
            throw ExitCode.failure
        }
    }
}
