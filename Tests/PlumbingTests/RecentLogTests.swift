import Logging
import Plumbing
import Testing

@Suite struct RecentLogTests {
    @Test func theLatestLinesAreKeptAndTheNewestIsFirst() {
        let log = RecentLog(capacity: 3)
        #expect(log.lines.isEmpty)
        for number in 1...5 {
            log.append(.info, "line \(number)")
            #expect(log.lines.map(\.message) == (max(1, number - 2)...number).reversed().map { "line \($0)" })
        }
        let numbers = log.lines.map(\.sequence)
        #expect(numbers == [numbers[2] + 2, numbers[2] + 1, numbers[2]])
        // It goes on where a run before it was: that one wrote fewer than a million lines a second.
        #expect(RecentLog().capacity == 500)
    }

    @Test func aLineIsBounded() throws {
        let log = RecentLog(capacity: 2)
        let long = String(repeating: "ä", count: 1_000_000)
        let many = Dictionary(uniqueKeysWithValues: (0..<100).map { ("\($0)", long) })
        log.append(.error, long, source: long, metadata: many)
        let line = try #require(log.lines.first)
        #expect(line.message.count == RecentLog.maximumCharacters && line.message.hasSuffix("…"))
        #expect(line.metadata.count == RecentLog.maximumMetadata && line.source.count <= RecentLog.maximumCharacters)
        #expect(line.metadata.allSatisfy { $0.value.count == RecentLog.maximumCharacters })
    }

    @Test func theHandlerWritesItBesideAnother() throws {
        let log = RecentLog()
        var logger = Logger(label: "test") { _ in
            MultiplexLogHandler([SwiftLogNoOpLogHandler(), RecentLogHandler(log)])
        }
        logger.logLevel = .notice
        logger[metadataKey: "camera"] = "video/a"
        logger.info("not this")
        logger.warning("camera lost", metadata: ["reason": "connect failed on rtsp://u:p@h/1", "count": "2"])
        let line = try #require(log.lines.first)
        #expect(log.lines.count == 1 && line.level == .warning && line.source == "PlumbingTests")
        #expect(line.message == "camera lost")
        #expect(line.metadata.map(\.name) == ["camera", "count", "reason"])
        #expect(line.metadata.map(\.value) == ["video/a", "2", "connect failed on rtsp://***@h/1"])
    }

    @Test func passwordsAreNotKept() throws {
        let log = RecentLog()
        log.append(
            .error, "rtsp://u:hunter2@h/", metadata: ["password": "hunter2", "api_token": "hunter2", "bypassed": "yes"])
        // Cut in the middle of the password, if it were cut first.
        log.append(.error, String(repeating: "a", count: 980) + " rtsp://user:hunter2@h/")
        for line in log.lines {
            #expect(!"\(line.message) \(line.metadata)".contains("hunter"))
        }
        #expect(log.lines.last?.metadata.first { $0.name == "bypassed" }?.value == "yes")
    }
}

@Suite struct RedactionTests {
    @Test(arguments: [
        ("plain text, a@b and x=y", "plain text, a@b and x=y"),
        ("open rtsp://u:p@h:554/x failed", "open rtsp://***@h:554/x failed"),
        ("rtsp://h/x", "rtsp://h/x"),
        ("rtsp://u:p@ss/w@rd@h/x?a=1", "rtsp://***@h/x?a=***"),
        ("http://h/x?token=s&plain&b= then http://u:p@i", "http://h/x?token=***&***&b=*** then http://***@i"),
        ("rtsp://***@h/1: refused", "rtsp://***@h/1: refused"),
        ("(rtsp://u:p@h/1?q=s)", "(rtsp://***@h/1?q=***"),
        ("://", "://"), ("a://@", "a://***@"), ("://://u:p@h", "://***@h"),
    ]) func addressesLoseTheirSecrets(text: String, expected: String) {
        #expect(Redaction.redacted(text) == expected)
        #expect(Redaction.redacted(expected) == expected, "a second time changes nothing")
    }
}
