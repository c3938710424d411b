import Domain
import Foundation
import Testing

@testable import Settings

let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

func errors(_ yaml: String) -> String {
    do throws(SettingsError) {
        _ = try Settings(yaml: yaml, file: "s.yml")
        return ""
    } catch {
        return error.description
    }
}

struct SettingsTests {
    @Test(arguments: [
        ("", "add a camera"), ("# nothing\n", "add a camera"), ("cameras:\n", "add a camera"),
        ("cameras: []\n", "add a camera"),
        ("cameras: a\n", "s.yml:1:10: cameras: a is not a list"), ("- a\n", "is not a map"),
        ("cameras: [a\n", "not valid YAML"),
        ("cameras:\n  - paht: a\n", "cameras[0].paht: unknown key; did you mean \"path\"? (known: "),
        ("cameras:\n  - name: a\n", "\"path\" is missing"),
        ("cameras: [a, b, a]\n", "cameras[2].path: \"a\" in line 1"),
        ("cameras:\n  - a\n  - path: a\n", "in line 3 is already the path of the camera in line 2"),
        (
            "cameras: [a]\ndetection:\n  confidence: 1.5\n",
            "s.yml:3:15: detection.confidence: 1.5 is not between 0 and 1"
        ),
        ("cameras: [a]\ndetection: {fps: 0}\n", "0 is not above 0"),
        ("cameras: [a]\ndetection: {fps: .nan}\n", "not a number"),
        ("cameras: [a]\ndetection: {threads: 99999999999999999999}\n", "not a whole number"),
        ("cameras: [a]\ndetection: {port: \"8080\"}\n", "not a whole number"),
        ("cameras: [a]\ndetection: 5\n", "not a map"),
        ("cameras: [a]\ndetection: {enabled: nope}\n", "is not true or false"),
        ("cameras: [a]\ndetection: {filters: {classes: person}}\n", "is not a list"),
        ("cameras: [a]\ndetection: {filters: {min_area: 5, max_area: 2}}\n", "more than max_area"),
        ("cameras: [a]\ndetection: {model: yolov8n.pt}\n", "export it to ONNX"),
        ("cameras: [a]\nappearance: {box: {color: yelow}}\n", "did you mean \"yellow\"?"),
        ("cameras: [a]\nsecurity: {tls_key: k}\n", "tls_cert is needed"),
        ("cameras: [a]\ncameras: [b]\n", "first in line 1"),
        ("cameras: !!python/object [a]\n", "tags"), ("cameras: &x [a]\n", "anchors"), ("cameras: *x\n", "aliases"),
        ("cameras: [a]\n---\na: 1\n", "second document"), ("? [a]\n: b\n", "a key must be"),
        ("cameras:\n  - {path: a, source: \"exec:rm\"}\n", "cameras[0].source: not a camera address"),
        ("cameras:\n  - {path: a, source: \"rtsp://h/\\n-i\"}\n", "control character"),
    ])
    func refuses(_ yaml: String, _ expected: String) {
        let message = errors(yaml)
        #expect(message.contains(expected), "\(message)")
        #expect(message.hasPrefix("s.yml:"))
    }

    @Test func reportsAllErrorsInOrder() {
        let lines = errors("cameras: [\"/\"]\ndetection: {prot: 1, fps: x}\n").split(separator: "\n")
        #expect(lines.count == 3)
    }

    @Test(arguments: ["[", "{a: ", "- "])
    func boundsNesting(_ open: String) {
        #expect(!errors("cameras: \n " + String(repeating: open, count: 100_000)).isEmpty)
    }

    @Test(.timeLimit(.minutes(5)))
    func boundsErrors() {
        let keys = (0..<100_000).map { "k\($0):\n" }.joined()
        #expect(errors(keys).split(separator: "\n").count <= 110)
    }

    @Test func namesThePathOfACameraMap() {
        #expect(errors("cameras: [{path: /a, name: [x]}]").contains("cameras[0].path: \"/a\""))
        #expect(errors("cameras: [{name: [x]}]").contains("\"path\" is missing"))
    }

    @Test func refusesLargeText() {
        #expect(errors("#" + String(repeating: "a", count: 1 << 20)).contains("larger than 1 MB"))
    }

    @Test(arguments: ["exec://u:hunter2@h", "rtsp://u:hunter2@", "[\"hunter2\"]", "rtsp://u:hunter2@h:0/"])
    func neverPrintsSecrets(_ source: String) {
        let message = errors("cameras:\n  - path: a\n    source: \(source)\n  - \(source)\n")
        #expect(!message.isEmpty && !message.contains("hunter2"))
    }

    @Test func resolvesOverridesAndFiles() throws {
        let yaml = """
            \u{FEFF}cameras:\r\n  - a\r\n  - {path: b/c, source: "file:x.mp4", detection: {fps: 9, filters: {classes: [dog]}}}\r
            detection:\r\n  fps: 2\r\n  confidence: 0.7\r\nnetwork:\r\n  api_port: 1\r\n
            """
        let settings = try Settings(yaml: yaml, file: "/etc/spectrax/s.yml")
        #expect(settings.cameras.map(\.detection.fps) == [2, 9])
        #expect(settings.cameras.map(\.detection.confidence) == [0.7, 0.7])
        #expect(settings.cameras.map(\.name) == ["a", "c"])
        #expect(settings.cameras.last?.sourceFile == "/etc/spectrax/x.mp4")
        #expect(settings.warnings.map(\.keyPath) == ["network.api_port"])
        #expect(settings.position(of: "cameras[1].detection.filters.classes[0]")?.line == 3)
    }

    @Test func nullSectionMeansDefaults() throws {
        #expect(try Settings(yaml: "cameras: [a]\ndetection:\n", file: "s").detection == Settings().detection)
    }

    @Test func saysHowToCreateAMissingFile() {
        #expect { try SettingsFile.load("missing-directory/s.yml") } throws: {
            "\($0)".contains("spectrax run --config FILE")
        }
    }

    @Test func refusesInvalidUTF8() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).yml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data([0x61, 0xFF]).write(to: file)
        #expect { try SettingsFile.load(file.path) } throws: { "\($0)".contains("UTF-8") }
    }

    @Test func demoLoads() throws {
        let settings = try SettingsFile.load(repository.appending(path: "config/demo.yml").path)
        #expect(settings.warnings.isEmpty && settings.cameras.first?.name == "Demo: pedestrians")
        #expect(settings.cameras.first?.sourceFile == repository.appending(path: ".deps/footage/vtest.mp4").path)
    }

    @Test func aCameraMayRecordOtherwise() throws {
        let settings = try Settings(
            yaml: """
                recording: {min_confidence: 0.6, record_objects: [person]}
                cameras:
                  - a
                  - path: b
                    recording: {enabled: false, min_confidence: 0.8, min_duration_seconds: 2, max_storage_gb: 3}
                """, file: "s.yml")
        var rules = settings.recording.rules
        #expect(rules.minConfidence == 0.6 && rules.objects == ["person"])
        #expect(settings.cameras[0].recording == .init(enabled: true, rules: rules, maxStorageGB: nil))
        rules.minConfidence = 0.8
        rules.minDurationSeconds = 2
        #expect(settings.cameras[1].recording == .init(enabled: false, rules: rules, maxStorageGB: 3))
        #expect(errors("cameras: [{path: a, recording: {min_area: -1}}]\n").contains("cameras[0].recording.min_area"))
    }

    @Test func exampleHasEveryKeyWithItsDefault() throws {
        let file = repository.appending(path: "config/surveillance.example.yml")
        let log = ReadingLog(file: file.path)
        let settings = try Settings(yaml: String(contentsOf: file, encoding: .utf8), log: log)
        let defaults = Settings()
        #expect(settings.detection == defaults.detection && settings.network == defaults.network)
        #expect(settings.appearance == defaults.appearance && settings.recording == defaults.recording)
        #expect(settings.security == defaults.security && settings.advanced == defaults.advanced)
        let reference = Set(SettingsReference.rows.map(\.key))
        #expect(log.acceptedKeys == reference)
        let present = Set(log.positions.keys.map { $0.replacing(/\[[0-9]+\]/, with: "[]") })
        #expect(reference.subtracting(present).isEmpty)
    }

    @Test func exampleSaysWhatTheReferenceSays() throws {
        let file = repository.appending(path: "config/surveillance.example.yml")
        let text = try String(contentsOf: file, encoding: .utf8)
        let log = ReadingLog(file: file.path)
        _ = try Settings(yaml: text, log: log)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // The cameras are an example with remarks of its own.
        for row in SettingsReference.rows where !row.key.hasPrefix("cameras") {
            let line = try #require(log.positions[row.key.replacing("[]", with: "[0]")], "\(row.key)").line
            // A map is where its first key is.
            let comment = lines[line - (row.type.contains("map") ? 4 : 2)].trimmingPrefix { $0 == " " }
            #expect(comment.hasPrefix("# " + row.summary.replacing("`", with: "")), "\(row.key): \(comment)")
        }
    }

    @Test(arguments: [
        ("network: {api_port: 1}", "network.api_port"),
        ("detection: {stream: {buffer_size: 5}}", "detection.stream.buffer_size"),
        ("detection: {stream: {reconnect_interval: 5}}", "detection.stream.reconnect_interval"),
    ])
    func warnsOfKeysWithoutEffect(_ yaml: String, _ key: String) throws {
        let warnings = try Settings(yaml: "cameras: [a]\n\(yaml)\n", file: "s.yml").warnings
        #expect(warnings.map(\.keyPath) == [key] && warnings.first?.message.hasPrefix("has no effect: ") == true)
    }

    @Test func documentationIsCurrent() throws {
        let file = repository.appending(path: "docs/settings.md")
        if ProcessInfo.processInfo.environment["SPECTRAX_WRITE_DOCS"] == "1" {
            try SettingsReference.markdown.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == SettingsReference.markdown)
    }

    @Test func mutatedFilesNeverTrap() throws {
        let example = try Data(contentsOf: repository.appending(path: "config/surveillance.example.yml"))
        var state: UInt64 = 42
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var refused = 0
        for _ in 0..<200 {
            var bytes = Array(example)
            for _ in 0...random(8) { bytes[random(bytes.count)] = UInt8(random(256)) }
            if !errors(String(decoding: bytes, as: UTF8.self)).isEmpty { refused += 1 }
        }
        #expect(refused > 0)
    }
}
