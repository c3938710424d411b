import Domain
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import WebAPI

/// Live messages of a running server.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct EventsTests {
    private static func camera(_ path: String = "video/front-door") throws -> LiveCamera {
        LiveCamera(streamID: "fd778237-c3e5-49e8-be03-e588801943be", path: try StreamPath(path))
    }

    private static func frame(_ seconds: Double, _ classes: [String] = ["person"]) -> LiveContent {
        .frame(
            LiveFrame(
                mediaSeconds: seconds, wallMicroseconds: 1_760_295_930_123_456, width: 640, height: 360,
                objects: classes.map {
                    LiveObject(
                        trackID: 42, className: $0, confidence: 0.95,
                        box: PixelBox(x1: 1.04, y1: 2, x2: 11.04, y2: 22.5))
                }))
    }

    private static func event(_ id: String, _ className: String = "person") -> LiveContent {
        .event(
            .started,
            LiveEvent(
                id: id, className: className, trackID: 42, confidence: 0.5, startMicroseconds: 1_760_295_930_123_456))
    }

    @Test("a message says what the document of the interface says")
    func message() async throws {
        let events = LiveEvents(firstSequence: 7, limit: .init())
        try await withServer(FakeCameras(), events: events) { port, _ in
            try await onThread {
                let client = try SocketClient(port: port, "/api/events/ws")
                events.publish(Self.frame(12.3456789), camera: try Self.camera())
                let text = try #require(client.receive()?.text)
                let expected =
                    ##"\{"seq":7,"kind":"frame","time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","camera":\{"stream_id":"##
                    + ##""fd778237-c3e5-49e8-be03-e588801943be","path":"video/front-door"\},"media_time":12.345679,"##
                    + ##""wall_time":"2025-10-12T19:05:30.123456Z","width":640,"height":360,"objects":\[\{"track_id":42,"##
                    + ##""class":"person","confidence":0.95,"box":\[1.0,2.0,10.0,20.5\]\}\]\}"##
                #expect(try Regex(expected).wholeMatch(in: text) != nil, "\(text)")
            }
        }
    }

    @Test("both transports give the same, filtered, from the message on that the client had last")
    func resumption() async throws {
        let events = LiveEvents(firstSequence: 100, limit: .init())
        let front = try Self.camera()
        events.publish(Self.event("1"), camera: front)
        events.publish(Self.event("2", "car"), camera: front)
        events.publish(Self.event("3"), camera: try Self.camera("video/backyard"))
        events.publish(Self.event("4"), camera: front)
        let query = "?camera=video/front-door&kind=event&kind=system&class=person"
        try await withServer(FakeCameras(), events: events) { port, _ in
            try await onThread {
                let socket = try SocketClient(port: port, "/api/events/ws\(query)&last_event_id=100")
                let stream = try EventStreamClient(port: port, "/api/events\(query)", "Last-Event-ID: 100\r\n")
                // From now on there is somebody to tell.
                events.publish(.system(.stopping, version: "1"), camera: nil)
                let texts = [socket.receive()?.text, socket.receive()?.text]
                #expect(texts.compactMap { $0 }.map(Self.summary) == ["103 event 4", "104 system"])
                #expect([stream.message(), stream.message()] == texts)
                #expect(stream.head.contains("Content-Type: text/event-stream; charset=utf-8\r\n"))
                #expect(stream.head.contains("X-Accel-Buffering: no\r\n"))
                #expect(stream.lines.contains("id: 103") && stream.lines.contains("retry: 1000"))
                #expect(events.counters.subscribers == ["websocket": 1, "sse": 1])
            }
        }
    }

    @Test(
        "a number from another run, or of nobody, is answered with a loss and all there is",
        arguments: [("99", true), ("98", false), ("5000", false), ("0", false), ("nonsense", false)])
    func unknownNumber(last: String, isKnown: Bool) async throws {
        let events = LiveEvents(firstSequence: 100, limit: .init())
        events.publish(Self.event("1"), camera: nil)
        try await withServer(FakeCameras(), events: events) { port, _ in
            try await onThread {
                let stream = try EventStreamClient(port: port, "/api/events", "Last-Event-ID: \(last)\r\n")
                if !isKnown {
                    #expect(stream.message().map(Self.summary) == "99 lost")
                    #expect(!stream.lines.contains("id: 99"))
                }
                #expect(stream.message().map(Self.summary) == "100 event 1")
            }
        }
    }

    @Test("the header goes before the parameter: a browser's EventSource keeps the address when it comes back")
    func headerBeforeParameter() async throws {
        let events = LiveEvents(firstSequence: 100, limit: .init())
        for id in ["1", "2", "3"] { events.publish(Self.event(id), camera: nil) }
        try await withServer(FakeCameras(), events: events) { port, _ in
            try await onThread {
                let path = "/api/events?last_event_id=100"
                let back = try EventStreamClient(port: port, path, "Last-Event-ID: 101\r\n")
                #expect(back.message().map(Self.summary) == "102 event 3")
                let first = try EventStreamClient(port: port, path)
                #expect(first.message().map(Self.summary) == "101 event 2")
            }
        }
    }

    @Test("numbers grow from run to run")
    func numbers() {
        let first = LiveEvents()
        first.publish(.system(.starting, version: "1"), camera: nil)
        let before = first.latest
        #expect(LiveEvents().latest >= before - 1 && before > 1_700_000_000_000_000)
    }

    @Test("a client that does not read loses frames only, hears of it, and the others notice nothing")
    func slowClient() async throws {
        let events = LiveEvents(firstSequence: 1, limit: .init())
        let camera = try Self.camera()
        let many = Self.frame(1, Array(repeating: "person", count: 200))
        try await withServer(FakeCameras(), events: events) { port, _ in
            try await onThread {
                let slow = try SocketClient(port: port, "/api/events/ws", receiveBuffer: 4096)
                let quick = try SocketClient(port: port, "/api/events/ws")
                let rounds: Int64 = 400
                for round in 1...rounds {
                    events.publish(many, camera: camera)
                    events.publish(Self.event("\(round)"), camera: camera)
                    #expect(quick.receiveMessage().map { Self.sequence($0.text) } == 2 * round - 1)
                    #expect(quick.receiveMessage().map { Self.sequence($0.text) } == 2 * round)
                }
                var (frames, lost, got) = (0, 0, [Int64]())
                while got.last != 2 * rounds, let text = slow.receiveMessage()?.text {
                    if text.contains(#""kind":"frame""#) { frames += 1 }
                    if text.contains(#""kind":"event""#) { got.append(Self.sequence(text)) }
                    if let count = text.firstMatch(of: /"kind":"lost".*"count":(\d+)/)?.1 { lost += Int(count) ?? 0 }
                }
                #expect(got == (1...rounds).map { 2 * $0 }, "no event is lost")
                #expect(lost > 0 && frames + lost == Int(rounds))
            }
        }
    }

    @Test("a ping of a client that lags is answered when it has caught up")
    func lateAnswer() async throws {
        let events = LiveEvents(firstSequence: 1, limit: .init())
        let camera = try Self.camera()
        let long = String(repeating: "x", count: 20_000)
        try await withServer(FakeCameras(), events: events) { port, _ in
            try await onThread {
                let slow = try SocketClient(port: port, "/api/events/ws", receiveBuffer: 4096)
                let quick = try SocketClient(port: port, "/api/events/ws")
                for sent in 1...Int64(20) {
                    events.publish(Self.event(long), camera: camera)
                    // One who reads keeps the pace.
                    #expect(quick.receiveMessage().map { Self.sequence($0.text) } == sent)
                }
                slow.send(.ping, [41])
                slow.send(.ping, [42])
                var (got, pongs) = (0, [UInt8]())
                while got < 20 || pongs.last != 42, let frame = slow.receiveMessage() {
                    if frame.opcode == 0xA { pongs += frame.payload } else { got += 1 }
                }
                #expect(got == 20 && pongs.last == 42)
            }
        }
    }

    @Test("a client that lets events pile up is disconnected, and comes back to what it missed")
    func givenUp() async throws {
        let events = LiveEvents(firstSequence: 1, limit: .init())
        let camera = try Self.camera()
        let long = String(repeating: "x", count: 2000)
        try await withServer(FakeCameras(), events: events) { port, _ in
            try await onThread {
                let slow = try SocketClient(port: port, "/api/events/ws", receiveBuffer: 4096)
                var sent: Int64 = 0
                // One who reads keeps the pace.
                let quick = try SocketClient(port: port, "/api/events/ws")
                while events.counters.givenUp == 0, sent < 5000 {
                    events.publish(Self.event("\(long)"), camera: camera)
                    sent += 1
                    #expect(quick.receiveMessage().map { Self.sequence($0.text) } == sent)
                }
                #expect(events.counters.givenUp == 1 && events.counters.subscribers["websocket"] == 1)
                var last: Int64 = 0
                while let frame = slow.receiveMessage(), frame.opcode == 0x1 {
                    #expect(Self.sequence(frame.text) == last + 1)
                    last += 1
                }
                #expect(last < sent)
                let again = try SocketClient(port: port, "/api/events/ws?last_event_id=\(last)")
                #expect(again.receive().map { Self.sequence($0.text) } == last + 1)
            }
        }
    }

    @Test("an event stream beats in silence, ends with its client, and does not hold up a shutdown")
    func eventStream() async throws {
        var limits = WebLimits()
        limits.heartbeat = .milliseconds(50)
        let events = LiveEvents()
        var open: EventStreamClient?
        let took = try await withServer(FakeCameras(), limits: limits, events: events) { port, _ in
            open = try await onThread {
                let gone = try EventStreamClient(port: port, "/api/events")
                while !gone.lines.contains(": still here"), gone.next() != nil {}
                #expect(gone.lines.contains(": still here"))
                return try EventStreamClient(port: port, "/api/events")
            }
            #expect(await eventually { events.counters.subscribers["sse"] == 1 })
            #expect(events.wantsFrames)
        }
        #expect(took < .seconds(5))
        #expect(events.counters.subscribers["sse"] == 0 && !events.wantsFrames)
        withExtendedLifetime(open) {}
    }

    private static func sequence(_ text: String) -> Int64 {
        text.firstMatch(of: /"seq":(\d+)/).flatMap { Int64($0.1) } ?? -1
    }

    private static func summary(_ text: String) -> String {
        let kind = text.firstMatch(of: /"kind":"(\w+)"/)?.1 ?? "?"
        let id = text.firstMatch(of: /"event":\{"id":"(\w+)"/).map { " \($0.1)" } ?? ""
        return "\(sequence(text)) \(kind)\(id)"
    }
}

/// A client of server-sent events; to be used inside `onThread`, by one thread at a time.
final class EventStreamClient: @unchecked Sendable {
    // Safe: used by one test on one thread at a time.
    let head: String
    /// All lines so far, those of the chunks among them.
    private(set) var lines: [String] = []
    private let client: RawClient
    private var buffer = ""

    init(port: Int, _ target: String, _ fields: String = "") throws {
        client = try RawClient(port: port)
        client.send("GET \(target) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n")
        let text = String(
            decoding: client.receive { String(decoding: $0, as: UTF8.self).contains("retry: 1000\n\n") }, as: UTF8.self)
        let end = text.range(of: "\r\n\r\n")?.upperBound ?? text.endIndex
        head = String(text[..<end])
        buffer = String(text[end...])
    }

    /// The data of the next message; nil when the stream ends.
    func message() -> String? {
        while let line = next() {
            if line.hasPrefix("data: ") { return String(line.dropFirst(6)) }
        }
        return nil
    }

    func next() -> String? {
        while true {
            if let end = buffer.firstIndex(where: \.isNewline) {
                let line = String(buffer[..<end])
                buffer = String(buffer[buffer.index(after: end)...])
                lines.append(line)
                return line
            }
            guard let more = client.receive(), !more.isEmpty else { return nil }
            buffer += String(decoding: more, as: UTF8.self)
        }
    }
}
