import Foundation
import NIOCore
import Streaming
import TestSupport
import Testing

/// What broken and malicious clients send to the streaming server; none of it may disturb anybody else.
@Suite(.serialized)
struct HostilePeerTests {
    /// Bytes after which no connection can go on.
    static let deadly: [(name: String, bytes: String)] = [
        ("endless head", "OPTIONS * RTSP/1.0\r\nX: " + String(repeating: "a", count: 17 << 10)),
        ("endless line", "OPTIONS " + String(repeating: "b", count: 40 << 10)),
        ("65 headers", "OPTIONS * RTSP/1.0\r\n" + String(repeating: "A: b\r\n", count: 65) + "\r\n"),
        ("negative length", "ANNOUNCE /video/a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n"),
        ("length of 2^31", "ANNOUNCE /video/a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 2147483648\r\n\r\n"),
        ("length of 2^80", "ANNOUNCE /video/a RTSP/1.0\r\nContent-Length: 1208925819614629174706176\r\n\r\n"),
        ("length in words", "ANNOUNCE /video/a RTSP/1.0\r\nContent-Length: ten\r\n\r\n"),
        ("SDP of 1 MB", "ANNOUNCE /video/a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 1048576\r\n\r\nv=0\r\n"),
        ("HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), ("no URL", "OPTIONS RTSP/1.0\r\n\r\n"),
        ("TLS where there is none", "\u{16}\u{3}\u{1}\u{2}\u{0}"), ("binary", "\u{0}\u{1}\u{2}"),
        ("lower case", "options * RTSP/1.0\r\n\r\n"),
    ]

    /// Descriptions that are refused or taken, but harm nobody.
    static let descriptions: [(name: String, text: String)] = {
        func video(_ lines: String) -> String {
            "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\(lines)\r\n"
        }
        return [
            ("10,000 lines", "v=0\r\nm=video 0 RTP/AVP 96\r\n" + String(repeating: "a=x\r\n", count: 10_000)),
            ("100 media", "v=0\r\n" + String(repeating: "m=video 0 RTP/AVP 96\r\n", count: 100)),
            ("no media", "v=0\r\ns=x\r\n"), ("nothing that is known", "v=0\r\nm=application 9 TCP 1\r\n"),
            ("empty fmtp", video("a=fmtp:96 ")), ("bad base64", video("a=fmtp:96 sprop-parameter-sets=!!!,%%%")),
            (
                "huge sprop",
                video("a=fmtp:96 sprop-parameter-sets=" + String(repeating: "Z0LA", count: 12_000))
            ),
            // 65535 × 65535 pictures.
            ("huge picture", video("a=fmtp:96 sprop-parameter-sets=Z0IAHtoAgABAAIAAQAAQ,aM48gA==")),
            ("bad o=", "v=0\r\no=-\r\nm=video\r\nm=video 99999999 X Y\r\na=rtpmap:\r\na=fmtp\r\na=control:\r\n"),
            ("rates", "v=0\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/99999999999/-4\r\n"),
        ]
    }()

    @Test("Whoever breaks the protocol gets 400 and is cut off, while a strict player loses nothing")
    func othersGoOn() async throws {
        try await withServer(paths: ["video/a", "video/b"]) { server in
            let file = try await onThread { try Footage.testPattern(in: server.folder, seconds: 120) }
            let peer = PublishingPeer(maker: .ffmpeg, way: .tcp)
            let publisher = try peer.publish(file, to: "video/a", of: server)
            defer { publisher.end() }
            try #require(await eventually(within: 20) { server.cameras[0].isRunning })
            let url = server.url("video/a")
            async let strict = onThread {
                try Program.run([
                    "python3", checkout.appending(path: "scripts/rtsp_client.py").path, url, "--pictures", "75",
                ])
            }
            try await onThread {
                for (name, bytes) in Self.deadly {
                    let peer = try RTSPPeer(port: server.ports.rtsp)
                    peer.send(bytes)
                    // What is cut off while it still sends may not see the answer.
                    let answer = try? peer.response()
                    #expect(answer == nil || answer?.status == 400, "\(name)")
                    #expect(peer.isClosed(), "\(name)")
                }
                for (name, text) in Self.descriptions {
                    let peer = try RTSPPeer(port: server.ports.rtsp)
                    let status = try peer.request("ANNOUNCE", "video/b", body: text).status
                    #expect([200, 400, 415].contains(status), "\(name): \(status)")
                    guard status == 200 else { continue }
                    let setUp = try peer.request("SETUP", "video/b", [RTSPPeer.interleaved])
                    if setUp.status == 200 { _ = try peer.request("RECORD", "video/b") }
                    for kind in UInt8(0)...255 {
                        peer.send([0x24, kind & 1, 0, 16, 0x80, kind, 0, kind] + Array(repeating: kind, count: 12))
                    }
                    #expect(try peer.request("TEARDOWN", "video/b").status == 200, "\(name)")
                }
                try Self.sendNonsenseToPlayers(server)
            }
            _ = try await strict
            #expect(server.cameras[0].isRunning)
        }
    }

    /// RTCP garbage, channels that nobody set up, and packets from players.
    private static func sendNonsenseToPlayers(_ server: RunningServer) throws {
        let player = try RTSPPeer(port: server.ports.rtsp)
        var dice = Dice(7)
        // Before there is a session, too.
        player.send([0x24, 0, 0, 4, 1, 2, 3, 4, 0x24, 77, 0, 0])
        #expect(try player.play("video/a").status == 200)
        for length in 0..<200 {
            let channel = UInt8.random(in: 0...255, using: &dice)
            player.send([0x24, channel, 0, UInt8(length)] + dice.bytes(length))
            // A receiver report of somebody unknown, and one whose length lies.
            player.send([0x24, 1, 0, 8, 0x81, 201, 0xff, 0xff, 9, 9, 9, 9])
        }
        #expect(try player.request("GET_PARAMETER", "video/a").status == 200)
        #expect(try player.nextFrame().channel <= 1)
        #expect(try player.request("TEARDOWN", "video/a").status == 200)
    }

    @Test("Who says nothing, drips bytes or announces and does not record is cut off in time")
    func slow() async throws {
        let configure: (inout RTSPConfiguration) -> Void = { configuration in
            configuration.requestTimeout = .seconds(1)
            configuration.idleTimeout = .seconds(2)
            configuration.sessionTimeoutSeconds = 2
        }
        try await withServer(isSecure: true, configure: configure) { server in
            let secure = try #require(server.ports.rtsps)
            try await onThread {
                let silent = try (0..<50).map { _ in try RTSPPeer(port: server.ports.rtsp) }
                // The handshake of TLS is not begun, or not ended.
                let unencrypted = try RTSPPeer(port: secure)
                let halfway = try RTSPPeer(port: secure)
                halfway.send([0x16, 3, 1, 2, 0, 1])
                let cut = try RTSPPeer(port: server.ports.rtsp)
                cut.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n")
                let lying = try RTSPPeer(port: server.ports.rtsp)
                #expect(try lying.request("OPTIONS", "video/a").status == 200)
                lying.send([0x24, 0, 0xff, 0xff, 1, 2, 3])
                let announced = try RTSPPeer(port: server.ports.rtsp)
                #expect(try announced.request("ANNOUNCE", "video/a", body: RTSPPeer.description).status == 200)
                #expect(
                    try RTSPPeer(port: server.ports.rtsp).request("ANNOUNCE", "video/a", body: RTSPPeer.description)
                        .status == 455)
                for peer in silent + [unencrypted, halfway, cut, lying, announced] { #expect(peer.isClosed()) }
                // The path is free again.
                let next = try RTSPPeer(port: server.ports.rtsp)
                #expect(try next.request("ANNOUNCE", "video/a", body: RTSPPeer.description).status == 200)
            }
            #expect(await eventually { server.counters.snapshot.connections == 0 })
        }
    }

    @Test(
        "Nobody stays by sending empty lines or packets that are not asked for",
        arguments: ["\r\n", "$\u{0}\u{0}\u{1}x"])
    func dripping(drip: String) async throws {
        let configure: (inout RTSPConfiguration) -> Void = { $0.requestTimeout = .seconds(1) }
        try await withServer(configure: configure) { server in
            let peer = try await onThread { try RTSPPeer(port: server.ports.rtsp) }
            #expect(
                await eventually {
                    peer.send(drip)
                    return server.counters.snapshot.connections == 0
                })
        }
    }

    @Test("Who asks on and on and takes no answer in is stopped")
    func floodOfRequests() async throws {
        try await withServer { server in
            try await onThread {
                let peer = try RTSPPeer(port: server.ports.rtsp, receiveBuffer: 8192)
                let requests = Array(String(repeating: "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", count: 2000).utf8)
                // 64 MB would be 400 MB of answers.
                #expect((0..<1000).contains { _ in !peer.send(requests) })
            }
            #expect(await eventually(within: 20) { server.counters.snapshot.connections == 0 })
        }
    }

    @Test("More connections than are allowed are refused at once; when the others go, there is room again")
    func tooManyConnections() async throws {
        let configure: (inout RTSPConfiguration) -> Void = { $0.maximumConnections = 20 }
        try await withServer(configure: configure) { server in
            try await onThread {
                let first = try (0..<20).map { _ in try RTSPPeer(port: server.ports.rtsp) }
                for peer in first { #expect(try peer.request("OPTIONS", "video/a").status == 200) }
                for _ in 0..<100 { #expect(try RTSPPeer(port: server.ports.rtsp).isClosed()) }
                for peer in first { #expect(try peer.request("OPTIONS", "video/a").status == 200) }
            }
            #expect(server.counters.snapshot.refusedConnections == 100)
            #expect(await eventually { server.counters.snapshot.connections == 0 })
            let status = try await onThread {
                try RTSPPeer(port: server.ports.rtsp).request("OPTIONS", "video/a").status
            }
            #expect(status == 200)
        }
    }

    @Test("Sleeping peers, whose TLS waits for an answer, do not hold up the end one after the other")
    func sleepingPeers() async throws {
        let (sleepers, asked) = try await withServer(isSecure: true) { server in
            var sleepers: [any Channel] = []
            for _ in 0..<32 { sleepers.append(try await SleepingPeer.connect(port: try #require(server.ports.rtsps))) }
            return (sleepers, ContinuousClock.now)
        }
        #expect(ContinuousClock.now - asked < .seconds(15))
        for sleeper in sleepers { try? await sleeper.close() }
    }

    @Test("Frames that never end where the bytes do are not kept")
    func unalignedFrames() throws {
        var decoder = RTSPDecoder()
        let frame: [UInt8] = [0x24, 0, 4, 0] + Array(repeating: 1, count: 1024)
        // Each time one and the first byte of the next.
        decoder.append(ByteBuffer(bytes: frame.prefix(1)))
        var largest = 0
        for _ in 0..<10_000 {
            decoder.append(ByteBuffer(bytes: frame.dropFirst() + frame.prefix(1)))
            guard case .frame(0, let packet) = try decoder.next() else {
                Issue.record("no frame")
                return
            }
            #expect(packet.readableBytes == 1024)
            largest = max(largest, packet.storageCapacity)
        }
        #expect(largest <= 64 << 10)
    }
}
