import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct CredentialsTests {
    private struct Output: Decodable, Equatable {
        struct Account: Decodable, Equatable {
            let username: String
            let password: String
        }
        let publisher: Account
        let viewer: Account

        init(_ text: String) throws { self = try JSONDecoder().decode(Output.self, from: Data(text.utf8)) }
    }

    private func withSettings(_ body: (URL) async throws -> Void) async throws {
        try await withTemporaryDirectory { folder in
            try Data(
                """
                cameras: [video/front-door, {path: video/file, source: "file:a.mp4", enabled: false}]
                network: {bind: 192.0.2.7}
                security: {state_dir: "\(folder.path)/state"}
                """.utf8
            ).write(to: folder.appending(path: "surveillance.yml"))
            try await body(folder)
        }
    }

    @Test func showMakesThemOnceAndPrintsThem() async throws {
        try await withSettings { folder in
            let first = try await spectrax("credentials", "show", "--json", in: folder)
            #expect(first.status == 0)
            #expect(first.errors == "")
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: [String: String]])
            #expect(Set(object.keys) == ["publisher", "viewer"])
            #expect(object.values.allSatisfy { Set($0.keys) == ["username", "password"] })
            let output = try Output(first.output)
            #expect(output.publisher.username == "publisher")
            #expect(output.viewer.username == "viewer")
            #expect(output.publisher.password.count >= 24 && output.viewer.password.count >= 24)
            #expect(output.publisher.password != output.viewer.password)
            let again = try await spectrax("credentials", "--json", in: folder)
            #expect(again.output == first.output)
            let text = try await spectrax("credentials", in: folder)
            #expect(
                text.output == """
                    publisher  publisher  \(output.publisher.password)
                    viewer     viewer     \(output.viewer.password)

                    """)
        }
    }

    @Test func resetMakesOthers() async throws {
        try await withSettings { folder in
            let before = try Output(try await spectrax("credentials", "show", "--json", in: folder).output)
            let reset = try await spectrax("credentials", "reset", "--json", in: folder)
            #expect(reset.status == 0)
            let after = try Output(reset.output)
            #expect(after.publisher.password != before.publisher.password)
            #expect(after.viewer.password != before.viewer.password)
            #expect(try Output(try await spectrax("credentials", "show", "--json", in: folder).output) == after)
        }
    }

    @Test func aDamagedFileIsNamedAndNeverReplacedByItself() async throws {
        try await withSettings { folder in
            let state = folder.appending(path: "state")
            try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
            let file = state.appending(path: "credentials.json")
            try Data("{}".utf8).write(to: file)
            let outcome = try await spectrax("credentials", "show", in: folder)
            #expect(outcome.status == 1)
            #expect(outcome.output == "")
            #expect(outcome.errors.hasPrefix("\(file.path): it is not what this program has written"))
            #expect(try String(contentsOf: file, encoding: .utf8) == "{}")
            #expect(try await spectrax("credentials", "reset", in: folder).status == 0)
        }
    }

    @Test func theCodeForAPhoneIsDrawnWhenAskedFor() async throws {
        try await withSettings { folder in
            let plain = try await spectrax("credentials", "show", in: folder)
            #expect(!plain.output.contains("█"))
            let drawn = try await spectrax("credentials", "show", "--qr", in: folder)
            #expect(drawn.status == 0)
            #expect(drawn.output.hasPrefix(plain.output))
            #expect(drawn.output.contains("█"))
            let other = try await spectrax("credentials", "show", "--qr", "--path", "video/no", in: folder)
            #expect(other.status == 1)
            #expect(other.errors.contains("no camera to publish to at video/no"))
        }
    }
}
