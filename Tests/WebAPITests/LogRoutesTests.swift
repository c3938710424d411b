import Foundation
import Logging
import Plumbing
import Testing

@testable import WebAPI

@Suite(.timeLimit(.minutes(5))) struct LogRoutesTests {
    private func messages(_ port: Int, _ query: String) async throws -> [String] {
        let answer = try JSONValue(bodyOf(try await exchange(port, "GET", "/api/log\(query)")))
        return (answer["lines"]?.elements ?? []).compactMap { $0["message"]?.string }
    }

    @Test func linesCanBeChosenByLevelNumberAndAge() async throws {
        let log = RecentLog()
        for (level, message) in [(Logger.Level.debug, "a"), (.info, "b"), (.warning, "c"), (.error, "d")] {
            log.append(level, message)
        }
        try await withServer(FakeCameras(), log: log) { (port, _) async throws in
            #expect(try await messages(port, "") == ["d", "c", "b", "a"])
            #expect(try await messages(port, "?level=warning") == ["d", "c"])
            #expect(try await messages(port, "?level=info&limit=2") == ["d", "c"])
            let second = log.lines[2].sequence
            #expect(try await messages(port, "?after=\(second)") == ["d", "c"])
            #expect(try await messages(port, "?after=\(log.lines[0].sequence)") == [])
        }
    }

    @Test func aLineIsToldWhole() async throws {
        let log = RecentLog(capacity: 7)
        log.append(
            .notice, "<b>\"line\"\u{1}\n</b>", source: "Cameras",
            metadata: ["reason": "rtsp://u:hunter2@h/", "camera": "video/a"])
        try await withServer(FakeCameras(), log: log) { port, _ in
            let text = bodyOf(try await exchange(port, "GET", "/api/log"))
            let answer = try JSONValue(text)
            #expect(!text.contains("hunter2"))
            #expect(answer["capacity"]?.number == 7 && answer["total"]?.number == 1 && answer["limit"]?.number == 100)
            let line = try #require(answer["lines"]?.elements.first)
            #expect(line["message"]?.string == "<b>\"line\"\u{1}\n</b>")
            #expect(line["level"]?.string == "notice" && line["source"]?.string == "Cameras")
            #expect(line["metadata"]?["reason"]?.string == "rtsp://***@h/")
            #expect(line["seq"]?.number == Double(log.lines[0].sequence))
            let time = try #require(line["time"]?.string)
            #expect(time.contains(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/))
        }
    }
}
