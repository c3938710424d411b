import Foundation
import NIOCore
import TestSupport
import Testing

@testable import WebAPI

@Suite(.serialized, .timeLimit(.minutes(5)))
struct WebSocketTests {
    private static let target = "/api/events/ws?kind=system"

    @Test("the handshake is answered as RFC 6455 shows, and messages follow")
    func handshake() async throws {
        let events = LiveEvents()
        try await withServer(FakeCameras(), events: events) { port, counters in
            try await onThread {
                let client = try SocketClient(port: port, Self.target)
                #expect(client.head.hasPrefix("HTTP/1.1 101 "))
                #expect(client.head.lowercased().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="))
                client.send(.ping)
                #expect(client.receive()?.opcode == 0xA)
                #expect(counters.webSockets == 1)
                events.publish(.system(.running, version: "1"), camera: nil)
                #expect(client.receive()?.text.contains(#""kind":"system""#) == true)
                client.send(.ping, Array("x".utf8))
                #expect(client.receive() == .init(opcode: 0xA, payload: Array("x".utf8)))
                client.send(.close, [0x03, 0xE8])
                #expect(client.receive()?.code == 1000)
                #expect(client.receive() == nil)
            }
            #expect(await eventually { counters.webSockets == 0 && events.counters.subscribers["websocket"] == 0 })
        }
    }

    @Test(
        "what is no handshake for a WebSocket is answered like any request",
        arguments: [
            ("GET /api/events/ws HTTP/1.1\r\nHost: t\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 426),
            ("GET /status HTTP/1.1\r\nHost: t\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 200),
            ("GET /status HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 200),
            (SocketClient.handshake("/status"), 200), (SocketClient.handshake("/nothing"), 404),
            (SocketClient.handshake("/api/events/ws?kind=x"), 400),
            (SocketClient.handshake("/api/events/ws?camera=none"), 404),
            (SocketClient.handshake("/api/events/ws", "Content-Length: 5\r\n") + "hello", 400),
            (SocketClient.handshake("/api/events/ws").replacingOccurrences(of: ": 13", with: ": 8"), 426),
            (SocketClient.handshake("/api/events/ws").replacingOccurrences(of: "dGhl", with: ""), 400),
            (SocketClient.handshake("/api/events/ws").replacingOccurrences(of: "GET", with: "POST"), 405),
            (SocketClient.handshake("/api/events/ws").replacingOccurrences(of: "HTTP/1.1", with: "HTTP/1.0"), 426),
            (SocketClient.handshake("/api/events/ws", "Upgrade: h2c\r\n"), 101),
        ])
    func others(request: String, status: Int) async throws {
        try await withServer(FakeCameras()) { port, _ in
            let response = try await onThread {
                let client = try RawClient(port: port)
                client.send(request)
                return String(decoding: client.receive { $0.count > 100 }, as: UTF8.self)
            }
            #expect(response.contains("HTTP/1.") && response.dropFirst(9).hasPrefix("\(status) "))
        }
    }

    @Test("a request for another protocol is the last of its connection, and the answer says so")
    func otherProtocol() async throws {
        let request = "GET /paths HTTP/1.1\r\nHost: t\r\n"
        let upgrade = "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
        try await withServer(FakeCameras()) { port, _ in
            for before in ["", request + "\r\n"] {
                let text = try await onThread {
                    let client = try RawClient(port: port)
                    client.send(before + request + upgrade + request + "\r\n")
                    return String(decoding: client.receive { _ in false }, as: UTF8.self)
                }
                #expect(text.matches(of: /{"paths":/).count == (before.isEmpty ? 1 : 2))
                #expect(text.lowercased().matches(of: /\r\nconnection: close\r\n/).count == 1)
            }
        }
    }

    private static let paths = "GET /paths HTTP/1.1\r\nHost: t\r\n\r\n"
    private static let ping: [UInt8] = [0x89, 0x80, 0, 0, 0, 0]
    private static let pong: [UInt8] = [0x8A, 0]

    @Test("proxies keep connections, so a later request may be a handshake too; frames may come with it")
    func laterRequest() async throws {
        var limits = WebLimits()
        // Longer than a busy machine keeps a client from sending.
        limits.requestTimeout = .seconds(3)
        limits.pingInterval = .seconds(4)
        try await withServer(FakeCameras(), limits: limits) { port, counters in
            let answers = try await onThread {
                let client = try RawClient(port: port)
                var answers: [String] = []
                for _ in 1...2 {
                    client.send(Self.paths)
                    answers.append(String(decoding: client.receive { $0.last == UInt8(ascii: "}") }, as: UTF8.self))
                }
                client.send(Array(SocketClient.handshake(Self.target).utf8) + Self.ping)
                let answer = client.receive { $0.last == 0 }
                answers.append(String(decoding: answer.prefix(13), as: UTF8.self))
                #expect(Array(answer.suffix(2)) == Self.pong)
                // By the server's own ping the time for a request is over, and nothing ends.
                #expect(client.receive()?.first == 0x89)
                client.send(Self.ping)
                #expect(client.receive { $0.last == 0 } == Self.pong)
                return answers
            }
            #expect(answers[0].hasPrefix("HTTP/1.1 200 ") && answers[1].hasPrefix("HTTP/1.1 200 "))
            #expect(answers[2] == "HTTP/1.1 101 ")
            #expect(await eventually { counters.webSockets == 0 })
        }
    }

    @Test("a handshake that is sent ahead of the answer before it is refused")
    func handshakeAhead() async throws {
        try await withServer(FakeCameras()) { port, _ in
            let answers = try await onThread {
                let client = try RawClient(port: port)
                client.send(Self.paths + SocketClient.handshake(Self.target))
                return String(decoding: client.receive { _ in false }, as: UTF8.self)
            }
            #expect(answers.contains("HTTP/1.1 200 ") && answers.contains("HTTP/1.1 426 "))
        }
    }

    @Test(
        "pages of this server may connect, and those of origins that are listed by name",
        arguments: [
            ("", true, 101), ("Origin: https://x.example\r\n", true, 403), ("Origin: http://test\r\n", true, 101),
            ("Origin: https://x.example\r\nX-Forwarded-Host: X.example\r\n", true, 101),
            ("Origin: https://x.example\r\nSec-Fetch-Site: same-origin\r\n", true, 101),
            ("Origin: https://x.example\r\nSec-Fetch-Site: cross-site\r\n", true, 403), ("", false, 101),
            ("Origin: https://home.example\r\n", false, 101), ("Origin: http://test\r\n", false, 101),
            ("Origin: https://x.example\r\n", false, 403), ("Origin: null\r\n", false, 403),
            ("Origin: https://home.example.evil\r\n", false, 403), ("Origin: http://test:81\r\n", false, 403),
        ])
    func origins(fields: String, isOpen: Bool, status: Int) async throws {
        let origins: AllowedOrigins = isOpen ? .all : .only(["https://home.example"])
        try await withServer(FakeCameras(), origins: origins) { port, _ in
            try await onThread {
                let client = try SocketClient(port: port, Self.target, fields)
                #expect(client.head.hasPrefix("HTTP/1.1 \(status) "), "\(fields)")
            }
        }
    }

    struct Fault: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: Int
        let send: @Sendable (SocketClient) -> Void
    }

    @Test(
        "frames that are wrong close the connection, and the code says why",
        arguments: [
            Fault(testDescription: "unmasked", code: 1002) { $0.send(.text, [65], isMasked: false) },
            Fault(testDescription: "reserved bit", code: 1002) { $0.send(.text, [65], bits: 0x40) },
            Fault(testDescription: "continuation of nothing", code: 1002) { $0.send(.continuation, [65]) },
            Fault(testDescription: "message in a message", code: 1002) {
                $0.send(.text, [65], isLast: false)
                $0.send(.text, [65])
            },
            Fault(testDescription: "unknown opcode", code: 1002) { $0.send(raw: [0x83, 0x80, 0, 0, 0, 0]) },
            Fault(testDescription: "ping in fragments", code: 1002) { $0.send(.ping, [65], isLast: false) },
            Fault(testDescription: "ping of 126 bytes", code: 1002) {
                $0.send(.ping, Array(repeating: 65, count: 126))
            },
            Fault(testDescription: "no UTF-8", code: 1007) { $0.send(.text, [0xC3, 0x28]) },
            Fault(testDescription: "close without a code", code: 1002) { $0.send(.close, [3]) },
            Fault(testDescription: "close with a reserved code", code: 1002) { $0.send(.close, [0x03, 0xED]) },
            Fault(testDescription: "close with a wrong reason", code: 1007) { $0.send(.close, [0x03, 0xE8, 0xFF]) },
            Fault(testDescription: "a frame of 64 KiB and a byte", code: 1009) {
                $0.send(.binary, Array(repeating: 0, count: 65537))
            },
            Fault(testDescription: "a length that lies", code: 1009) {
                $0.send(raw: [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0])
            },
            Fault(testDescription: "a length with the sign bit", code: 1009) {
                $0.send(raw: [0x82, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
            },
            Fault(testDescription: "fragments of more than 64 KiB", code: 1009) { client in
                client.send(.binary, Array(repeating: 0, count: 60000), isLast: false)
                client.send(.continuation, Array(repeating: 0, count: 6000))
            },
        ])
    func faults(_ fault: Fault) async throws {
        try await withServer(FakeCameras()) { port, _ in
            try await onThread {
                let client = try SocketClient(port: port, Self.target)
                fault.send(client)
                #expect(client.receive()?.code == fault.code)
                client.send(.close)
                #expect(client.receive() == nil)
            }
        }
    }

    @Test("messages that are right are taken: fragments with a ping between, an empty close")
    func fragments() async throws {
        try await withServer(FakeCameras()) { port, _ in
            try await onThread {
                let client = try SocketClient(port: port, Self.target)
                client.send(.text, [0xC3], isLast: false)
                client.send(.ping, [1])
                client.send(.continuation, [], isLast: false)
                client.send(.continuation, [0xA4])
                client.send(.binary, Array(repeating: 0, count: 65536))
                #expect(client.receive() == .init(opcode: 0xA, payload: [1]))
                client.send(.close)
                #expect(client.receive() == .init(opcode: 0x8, payload: []))
            }
        }
    }

    @Test("a client that answers no ping is dropped, one that does stays")
    func silence() async throws {
        var limits = WebLimits()
        limits.pingInterval = .seconds(1)
        try await withServer(FakeCameras(), limits: limits) { port, counters in
            try await onThread {
                let silent = try SocketClient(port: port, Self.target)
                let alive = try SocketClient(port: port, Self.target)
                while counters.slowViewersDropped == 0, alive.receive()?.opcode == 0x9 { alive.send(.pong) }
                #expect(silent.receive()?.opcode == 0x9)
                #expect(silent.receive()?.opcode == 0x9)
                #expect(silent.receive() == nil)
                #expect(alive.receive()?.opcode == 0x9)
            }
            #expect(counters.slowViewersDropped == 1)
        }
    }

    @Test("shutdown closes with 1001, also for one who does not answer or has sent nothing yet")
    func shutdown() async throws {
        var open: (socket: SocketClient, silent: RawClient)?
        let took = try await withServer(FakeCameras()) { port, _ in
            open = try await onThread { (try SocketClient(port: port, Self.target), try RawClient(port: port)) }
        }
        #expect(took < .seconds(5))
        let socket = try #require(open?.socket)
        try await onThread { #expect(socket.receive()?.code == 1001) }
    }
}
