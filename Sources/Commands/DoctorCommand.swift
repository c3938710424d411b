internal import ArgumentParser
private import Server
private import Settings

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the recordings: rows against files, counts against what they count.",
        discussion: """
            Changes nothing unless told to. May run beside the server: the clips that
            it is recording are in order.
            Exit code 0: all is in order; 1: something is not.

            --repair marks recordings whose files are gone as removed, corrects sizes
            and counts, and removes files that were given up. Files that belong to no
            recording are listed and left alone.
            """)

    @OptionGroup var config: ConfigOption
    @Flag(help: "Settle what can be settled.")
    var repair = false

    func run() throws {
        let settings = try config.load()
        let findings: StoreTasks.Findings
        do {
            findings = try StoreTasks.examine(settings, repairs: repair)
        } catch {
            printError("\(error)")
            throw ExitCode.failure
        }
        for line in findings.settled { print("settled  \(line)") }
        for line in findings.remaining { print("found    \(line)") }
        guard findings.remaining.isEmpty else {
            if !repair { print("`spectrax doctor --repair` settles what can be settled.") }
            throw ExitCode.failure
        }
        print("All is in order.")
    }
}
