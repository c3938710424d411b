import Domain
import Foundation
import Testing

@testable import Settings

/// Settings files that somebody got wrong, or means ill.
struct HostileSettingsTests {
    private func load(_ bytes: Data) -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).yml")
        defer { try? FileManager.default.removeItem(at: file) }
        do {
            try bytes.write(to: file)
            _ = try SettingsFile.load(file.path)
            return ""
        } catch {
            return "\(error)".replacing(file.path, with: "s.yml")
        }
    }

    @Test func anAliasBombIsRefusedBeforeItGoesOff() {
        var yaml = "a0: &a0 [lol]\n"
        for level in 1...30 {
            yaml += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", "))]\n"
        }
        #expect(errors(yaml + "cameras: *a30\n").hasPrefix("s.yml:1:5: anchors (&name) are not accepted"))
        #expect(errors("cameras: [a]\n<<: *a\n").hasPrefix("s.yml:2:5: aliases (*name) are not accepted"))
    }

    @Test(arguments: ["!!binary aGk=", "!ruby/object:Gem {}", "!!python/object/apply:os.system [id]", "!<tag:x> a"])
    func tagsAreRefused(_ value: String) {
        #expect(errors("cameras: [a]\ndetection: \(value)\n").hasPrefix("s.yml:2:12: tags (!name) are not accepted"))
    }

    @Test func aHugeFileIsRefusedWithoutReadingIt() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).yml")
        defer { try? FileManager.default.removeItem(at: file) }
        _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        // 100 GB of nothing: on the disk it takes no room, in memory it would.
        try FileHandle(forWritingTo: file).truncate(atOffset: 100 << 30)
        #expect { try SettingsFile.load(file.path) } throws: { "\($0)".hasSuffix("it is larger than 1 MB") }
    }

    @Test(arguments: [
        ("\tcameras: [a]\n", "s.yml:1:1: not valid YAML"),
        ("cameras:\n\t- a\n", "s.yml:2:1: not valid YAML"),
        ("cameras: [a]\ndetection:\n\tfps: 2\n", "s.yml:3:1: not valid YAML"),
        ("cameras: [\"a\0b\"]\n", "s.yml:1:13: not valid YAML: a NUL character"),
        ("cameras: [a]\n\0detection: 5", "s.yml:2:1: not valid YAML: a NUL character"),
        ("cameras: [\"a\\0b\"]\n", "s.yml:1:11: cameras[0]: \"a?b\": not a stream path"),
        ("cameras: [a\u{7}]\n", "s.yml:1:"),
        ("cameras: [a]\ndetection: {model: \"a\\nb\"}\n", "detection.model: it has a line break or control character"),
        ("cameras: [a]\ndetection: {model: \"\"}\n", "detection.model: it is empty"),
        ("cameras: [a\u{2028}b]\n", "s.yml:1:11: cameras[0]: "),
    ])
    func tabsAndControlCharactersAreErrors(_ yaml: String, _ expected: String) {
        let message = errors(yaml)
        #expect(message.contains(expected), "\(message)")
        // Nothing odd reaches the terminal.
        #expect(message.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
    }

    @Test func onlyUTF8IsRead() throws {
        let text = "cameras:\n  - a\n"
        #expect(load(Data(text.utf8)).isEmpty)
        #expect(load(Data([0xEF, 0xBB, 0xBF]) + Data(text.utf8)).isEmpty, "a byte order mark is skipped")
        #expect(load(Data(text.replacing("\n", with: "\r\n").utf8)).isEmpty)
        #expect(load(Data(text.replacing("\n", with: "\r").utf8)).isEmpty)
        let utf16 = try #require(text.data(using: .utf16))
        #expect(load(utf16) == "s.yml:1:1: it is not valid UTF-8 text")
        #expect(load(Data("cameras: [caf".utf8) + Data([0xE9]) + Data("]\n".utf8)).contains("UTF-8"))
        // An overlong slash, and half of a surrogate pair.
        for bytes: [UInt8] in [[0xC0, 0xAF], [0xED, 0xA0, 0x80]] {
            #expect(load(Data("cameras: [a".utf8) + Data(bytes) + Data("b]\n".utf8)).contains("UTF-8"))
        }
    }

    @Test(arguments: [
        "exec:rm -rf /", "-i", "-i /etc/passwd", "pipe:0", "concat:/etc/passwd|/etc/shadow",
        "subfile,,start,0,:/etc/passwd", "data:text/plain,x", "tcp://h:1", "udp://h:1", "unix:/run/x",
        "crypto:rtsp://h/", "async:file:/etc/passwd",
        "file:-i", "device:/etc/passwd", "device:///dev/../etc/passwd", "javascript:x", " rtsp://h/",
        "rtsp://h/ -f null", "rtsp://h/\\n-i x", "rtsp://h/\\r\\nX: y", "rtsp://h/\\0", "$(id)", "`id`", "rtsp://",
        "rtsp:/h", "",
    ])
    func sourcesThatAreNoCamerasAreRefused(_ source: String) {
        let message = errors("cameras:\n  - path: a\n    source: \"\(source)\"\n")
        #expect(message.hasPrefix("s.yml:3:13: cameras[0].source: not a camera address: "), "\(message)")
        #expect(message.split(separator: "\n").count == 1)
    }

    @Test func duplicatesAreFoundAtEveryDepth() {
        let yaml = """
            cameras:
              - {path: a, path: b}
              - path: c
                detection: {fps: 1, fps: 2}
            detection:
              filters: {classes: [a], classes: [b]}
            detection: {}
            """
        #expect(
            errors(yaml) == """
                s.yml:2:15: cameras[0].path: the key stands twice, first in line 2
                s.yml:4:25: cameras[1].detection.fps: the key stands twice, first in line 4
                s.yml:6:27: detection.filters.classes: the key stands twice, first in line 6
                s.yml:7:1: detection: the key stands twice, first in line 5
                """)
    }

    /// Every key of the reference with a value of every wrong kind.
    @Test func wrongTypesNameTheKeyWhateverTheKey() {
        let list = "[1, 2]"
        let map = "{a: 1}"
        for row in SettingsReference.rows where row.key != "cameras" && row.key != "cameras[]" {
            let wrong =
                switch row.type {
                case "map": ["5", list, "\"x\""]
                case "list of maps": ["5", map, "\"x\"", "[5]"]
                case "list of texts": ["5", map, "[{a: 1}]", "[[x]]"]
                case "text", "address": [list, map]
                case "true or false": [list, map, "5", "\"true\"", "perhaps"]
                case "whole number": [list, map, "1.5", "\"1\"", "x", "0x10", "1e3", "-1", "99999999999999999999"]
                case "number", "number or null": [list, map, "\"1\"", "x", ".inf", ".nan", "-1", "1e999"]
                case "choice": [list, map, "5", "\"\""]
                default: [String]()
                }
            #expect(!wrong.isEmpty, "\(row.key) is a \(row.type)")
            for value in wrong {
                let message = errors(yaml(setting: row.key, to: value))
                let shown = row.key.replacing("[]", with: "[0]")
                #expect(message.hasPrefix("s.yml:"), "\(row.key): \(value) is accepted")
                #expect(message.contains(": \(shown)"), "\(row.key): \(value): \(message)")
            }
        }
    }

    /// A file that is in order but for one key.
    private func yaml(setting key: String, to value: String) -> String {
        let inCamera = key.hasPrefix("cameras[].")
        let parts = key.split(separator: ".").dropFirst(inCamera ? 1 : 0)
        var nested = value
        for part in parts.reversed() {
            let isList = part.hasSuffix("[]")
            nested = isList ? "{\(part.dropLast(2)): [\(nested)]}" : "{\(part): \(nested)}"
        }
        let pairs = nested.dropFirst().dropLast()
        if !inCamera { return "cameras: [a]\n\(pairs)\n" }
        return "cameras:\n  - {\(key == "cameras[].path" ? "" : "path: a, ")\(pairs)}\n"
    }

    @Test func aPasswordShowsInNoDumpOfTheSettings() throws {
        let settings = try Settings(
            yaml: """
                cameras:
                  - path: a
                    source: "rtsp://admin:hunter2@cam/1?key=hunter2"
                    loop: true
                """, file: "s.yml")
        var dumped = ""
        dump(settings, to: &dumped)
        for shown in [dumped, "\(settings)", String(reflecting: settings), "\(settings.warnings)"] {
            #expect(!shown.contains("hunter2"))
        }
        #expect(dumped.contains("***@cam"))
        #expect(settings.cameras.first?.source?.text.contains("hunter2") == true)
    }
}
