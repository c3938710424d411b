import Domain
import Foundation
import Logging
import NIOCore
import Plumbing
import ServiceLifecycle
import Store
import TestSupport
import Testing

@testable import WebAPI

/// `/api/live/ws` with a camera that the test plays.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct LiveVideoTests {
    private final class FakeVideo: LiveVideo {
        let viewers = Locked<[Int: @Sendable (LiveVideoPiece) -> Void]>([:])
        let soundWanted = Locked<[Bool]>([])
        let first: [LiveVideoPiece]

        init(_ first: [LiveVideoPiece]) {
            self.first = first
        }

        func watch(
            _ path: StreamPath, withSound: Bool, _ receive: @escaping @Sendable (LiveVideoPiece) -> Void
        ) throws(PictureUnavailable) -> LiveVideoWatch {
            soundWanted.withLock { $0.append(withSound) }
            if path.rawValue == "video/backyard" {
                throw PictureUnavailable(path: path, reason: "it is connecting")
            }
            let token = viewers.withLock { viewers in
                viewers[viewers.count] = receive
                return viewers.count - 1
            }
            return LiveVideoWatch(pieces: first) { self.viewers.withLock { $0[token] = nil } }
        }

        func tell(_ piece: LiveVideoPiece) {
            for receive in viewers.withLock({ Array($0.values) }) { receive(piece) }
        }
    }

    private static let header = LiveVideoPiece.header(
        codecs: "avc1.64001F", width: 640, height: 360, generation: 3, bytes: ByteBuffer(string: "ftyp"))

    private static func fragment(_ number: Int, isKeyFrame: Bool = false, bytes: Int = 8) -> LiveVideoPiece {
        var buffer = ByteBuffer(integer: Int64(number))
        buffer.writeRepeatingByte(0, count: max(0, bytes - 8))
        return .fragment(
            isKeyFrame: isKeyFrame, bufferSeconds: Double(number) / 25, mediaSeconds: 100 + Double(number) / 25,
            wallMicroseconds: 1_760_295_930_123_456, bytes: buffer)
    }

    private static func withVideo(
        _ first: [LiveVideoPiece], limits: WebLimits = .patient,
        _ body: @escaping @Sendable (Int, FakeVideo, WebCounters) throws -> Void
    ) async throws {
        let video = FakeVideo(first)
        try await withServer(FakeCameras(), limits: limits, video: video) { port, counters in
            try await onThread { try body(port, video, counters) }
        }
        #expect(video.viewers.withLock { $0.isEmpty })
    }

    @Test("a viewer gets the header, the current GOP, and then picture after picture")
    func order() async throws {
        try await Self.withVideo([Self.header, Self.fragment(1, isKeyFrame: true), Self.fragment(2)]) {
            port, video, counters in
            let client = try SocketClient(port: port, "/api/live/ws?path=video/front-door")
            #expect(
                client.receive()?.text
                    == #"{"type":"init","codecs":"avc1.64001F","mime":"video/mp4","width":640,"height":360,"generation":3}"#
            )
            #expect(client.receive() == .init(opcode: 2, payload: Array("ftyp".utf8)))
            #expect(
                client.receive()?.text
                    == #"{"type":"time","media_time":100.04,"wall_time":"2025-10-12T19:05:30.123456Z","buffer_time":0.04}"#
            )
            #expect(client.receive() == .init(opcode: 2, payload: [0, 0, 0, 0, 0, 0, 0, 1]))
            #expect(client.receive()?.payload.last == 2)
            #expect(counters.viewers == [try StreamPath("video/front-door"): 1])
            video.tell(Self.fragment(3, bytes: 100_000))
            let large = client.receive()
            #expect(large?.payload.count == 100_000 && large?.payload[7] == 3)
            video.tell(.ended(reason: "the camera has gone"))
            let close = client.receive()
            #expect(close?.code == 4503 && close?.text.hasSuffix("the camera has gone") == true)
        }
    }

    @Test(
        "what cannot be shown is said by the code",
        arguments: [("video/none", 4404), ("", 400), ("video/backyard", 4503), ("%3Cscript%3E", 4404)])
    func refusals(path: String, code: Int) async throws {
        try await Self.withVideo([Self.header]) { port, _, _ in
            let client = try SocketClient(port: port, "/api/live/ws?path=\(path)")
            if code < 1000 {
                #expect(client.head.hasPrefix("HTTP/1.1 \(code) "))
            } else {
                #expect(client.receive()?.code == code)
            }
        }
    }

    @Test("sound comes for those who ask for it")
    func sound() async throws {
        try await Self.withVideo([Self.header]) { port, video, _ in
            for query in ["", "?sound=true", "?sound=false", "?sound=1"] {
                _ = try SocketClient(port: port, "/api/live/ws\(query)").receive()
            }
            #expect(video.soundWanted.withLock { $0 } == [false, true, false, true])
            #expect(try SocketClient(port: port, "/api/live/ws?sound=loud").head.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test("a codec that browsers do not play is named before the end")
    func unplayable() async throws {
        try await Self.withVideo([.unplayable(codec: "mjpeg")]) { port, _, _ in
            let client = try SocketClient(port: port, "/api/live/ws")
            #expect(client.receive()?.text.hasPrefix(#"{"type":"init","codecs":"mjpeg","#) == true)
            #expect(client.receive()?.code == 4415)
        }
    }

    @Test("the GOP that a viewer begins with may be larger than what may wait later, and pictures after it come")
    func largeGOP() async throws {
        let gop = (1...40).map { Self.fragment($0, isKeyFrame: $0 == 1, bytes: 100_000) }
        try await Self.withVideo([Self.header] + gop) { port, video, counters in
            let client = try SocketClient(port: port, "/api/live/ws?path=video/front-door", receiveBuffer: 4096)
            for number in 41...60 { video.tell(Self.fragment(number, bytes: 10_000)) }
            var got: [Int] = []
            while got.last != 60, let frame = client.receiveMessage() {
                if frame.opcode == 2, frame.payload.count > 8 { got.append(Int(frame.payload[7])) }
            }
            #expect(got == Array(1...60) && counters.video.skippedFragments == 0)
        }
    }

    @Test("what is under way when a viewer leaves finds nobody, and harms nothing")
    func leaving() async throws {
        try await Self.withVideo([Self.header]) { port, video, counters in
            var client: SocketClient? = try SocketClient(port: port, "/api/live/ws?path=video/front-door")
            _ = client?.receive()
            let receive = video.viewers.withLock { Array($0.values) }
            client = nil
            while counters.webSockets > 0 { Thread.sleep(forTimeInterval: 0.01) }
            // Its connection leaves memory a moment later, which nothing tells.
            Thread.sleep(forTimeInterval: 0.1)
            for piece in receive { piece(Self.fragment(1, isKeyFrame: true)) }
            #expect(counters.video.viewers == 0 && counters.video.waitingBytes == 0)
            #expect(try SocketClient(port: port, "/api/live/ws").head.hasPrefix("HTTP/1.1 101 "))
        }
    }

    @Test("what waits for a viewer is not counted any more when its camera has gone")
    func endWithMuchWaiting() async throws {
        try await Self.withVideo([Self.header]) { port, video, counters in
            let client = try SocketClient(port: port, "/api/live/ws?path=video/front-door", receiveBuffer: 4096)
            for number in 1...60 { video.tell(Self.fragment(number, isKeyFrame: true, bytes: 100_000)) }
            while counters.video.waitingBytes < 1 << 20 { Thread.sleep(forTimeInterval: 0.01) }
            video.tell(.ended(reason: "the camera has gone"))
            while counters.video.viewers > 0 { Thread.sleep(forTimeInterval: 0.01) }
            #expect(counters.video.waitingBytes == 0)
            withExtendedLifetime(client) {}
        }
    }

    @Test("a slow viewer that takes in something stays, though its pongs are late; one that takes in nothing goes")
    func slowness() async throws {
        var limits = WebLimits()
        limits.pingInterval = .seconds(1)
        let gop = (1...40).map { Self.fragment($0, isKeyFrame: $0 == 1, bytes: 100_000) }
        try await Self.withVideo([Self.header] + gop, limits: limits) { port, _, counters in
            let viewer = try RawClient(port: port, receiveBuffer: 4096)
            viewer.send(SocketClient.handshake("/api/live/ws?path=video/front-door"))
            // For longer than silence may last.
            for _ in 1...100 {
                #expect(viewer.receive()?.isEmpty == false)
                // The pace of the viewer, which is what is tested.
                Thread.sleep(forTimeInterval: 0.03)
            }
            #expect(counters.webSockets == 1 && counters.slowViewersDropped == 0)
            while counters.webSockets > 0 { Thread.sleep(forTimeInterval: 0.05) }
            #expect(counters.slowViewersDropped == 1)
        }
    }

    @Test("a viewer that lags goes on with a key frame, and misses nothing after it")
    func lag() async throws {
        try await Self.withVideo([Self.header]) { port, video, counters in
            let client = try SocketClient(port: port, "/api/live/ws?path=video/front-door", receiveBuffer: 4096)
            let quick = try SocketClient(port: port, "/api/live/ws?path=video/front-door")
            for _ in 1...2 { _ = quick.receive() }
            // 8 MB, a key frame each ten pictures; one who reads keeps the pace.
            for number in 1...80 {
                video.tell(Self.fragment(number, isKeyFrame: number % 10 == 1, bytes: 100_000))
                while let frame = quick.receive(), frame.opcode != 2 {}
            }
            // The quick one has all; of the slow one as much waits as may, but for what the system holds.
            #expect((1 << 20..<3 << 20).contains(counters.video.waitingBytes))
            for _ in 1...2 { _ = client.receive() }
            var got: [Int] = []
            // With these read, less waits than the server lets wait.
            while got.count < 20, let frame = client.receiveMessage() {
                if frame.opcode == 2 { got.append(Int(frame.payload[7])) }
            }
            // The first of them are no key frames.
            for number in 84...250 {
                video.tell(Self.fragment(number, isKeyFrame: number % 10 == 1))
                while let frame = quick.receive(), frame.opcode != 2 {}
            }
            while got.last != 250, let frame = client.receiveMessage() {
                if frame.opcode == 2 { got.append(Int(frame.payload[7])) }
            }
            let gaps = zip(got, got.dropFirst()).filter { $1 != $0 + 1 }
            #expect(!gaps.isEmpty && gaps.allSatisfy { $1 % 10 == 1 }, "\(got)")
        }
    }
}
