import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct HelpTests {
    @Test(arguments: [
        [], ["run"], ["check-config"], ["probe"], ["detect"], ["track"], ["models"], ["models", "list"],
        ["models", "pull"], ["models", "inspect"], ["retention"], ["doctor"], ["credentials"], ["credentials", "show"],
        ["credentials", "reset"],
    ])
    func everyCommandExplainsItself(_ command: [String]) async throws {
        let outcome = try await onThread { try Program.outcome(of: [binary.path] + command + ["--help"]) }
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("USAGE: spectrax"))
        // Text that was wrapped once for the source and again for the terminal has stumps between long lines.
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.filter { $0.count > 80 && !$0.hasPrefix("USAGE") }.isEmpty)
        let description = lines.prefix { !$0.hasPrefix("USAGE") }
        for (line, next) in zip(description, description.dropFirst())
        where line.count < 40 && !next.isEmpty && line.first?.isLetter == true {
            #expect(line.hasSuffix(".") || line.hasSuffix(":") || next.hasPrefix(" "), "\(line)\n\(next)")
        }
    }

    @Test func theExamplesOfDetectStandAsWritten() async throws {
        let outcome = try await spectrax("detect", "--help")
        #expect(outcome.output.contains("\n  {\"frame\": 1, \"time\": 0.0, \"detections\": [{\"class\": \"person\",\n"))
        #expect(outcome.output.contains("(default: auto)") && outcome.output.contains("(default: .deps/models)"))
    }

    @Test func aWrongCommandIsAnError() async throws {
        let outcome = try await spectrax("detekt")
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("detekt") && outcome.errors.contains("spectrax --help"))
    }
}
