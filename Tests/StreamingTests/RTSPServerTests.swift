import Cameras
import Foundation
import NIOCore
import Streaming
import TestSupport
import Testing

/// Publishers and readers that keep to the protocol, byte by byte over sockets of our own.
struct RTSPServerTests {
    @Test("One publisher at a time, and none where the settings have a source or no camera")
    func publishers() async throws {
        try await withServer(sourced: "video/pulled") { server in
            try await onThread {
                let first = try RTSPPeer(port: server.ports.rtsp)
                try first.publish("video/a")
                let second = try RTSPPeer(port: server.ports.rtsp)
                let refused = try second.request("ANNOUNCE", "video/a", body: RTSPPeer.description)
                #expect(refused.status == 455)
                #expect(refused.headers["x-reason"]?.contains("publishes to it already") == true)
                let pulled = try second.request("ANNOUNCE", "video/pulled", body: RTSPPeer.description)
                #expect(pulled.status == 455)
                #expect(pulled.headers["x-reason"]?.contains("source in the settings") == true)
                #expect(try second.request("ANNOUNCE", "video/none", body: RTSPPeer.description).status == 404)
                #expect(try first.request("TEARDOWN", "video/a").status == 200)
                // The same connection may begin again, and the path is free for others.
                try second.publish("video/a")
                #expect(try first.request("OPTIONS", "video/a").status == 200)
            }
        }
    }

    @Test(
        "The publisher publishes and the viewer watches; neither does the other's, nobody does anything without a password"
    )
    func rights() async throws {
        try await withServer(isLocked: true) { server in
            let file = try await onThread { try Footage.testPattern(in: server.folder, seconds: 120) }
            let program = try PublishingPeer(maker: .ffmpeg, way: .tcp).publish(file, to: "video/a", of: server)
            defer { program.end() }
            try #require(await eventually(within: 20) { server.cameras[0].isRunning })
            try await onThread {
                let client = checkout.appending(path: "scripts/rtsp_client.py").path
                func play(_ url: String) throws -> Program.Outcome {
                    try Program.outcome(of: ["python3", client, url, "--pictures", "2"])
                }
                #expect(try play(server.url("video/a", as: RunningServer.viewer)).status == 0)
                #expect(try play(server.url("video/a", as: RunningServer.publisher)).errors.contains("DESCRIBE: 403"))
                #expect(try play(server.url("video/a")).errors.contains("DESCRIBE: 401"))
                let anonymous = try RTSPPeer(port: server.ports.rtsp)
                #expect(try anonymous.request("ANNOUNCE", "video/a", body: RTSPPeer.description).status == 401)
                #expect(try anonymous.request("SETUP", "video/a/trackID=0", [RTSPPeer.interleaved]).status == 401)
                #expect(try anonymous.request("PLAY", "video/a").status == 455)
                let viewer = server.url("video/a", as: RunningServer.viewer)
                let publishing = try Program.outcome(of: [
                    "timeout", "60", "ffmpeg", "-nostdin", "-v", "error", "-i", file.path, "-c", "copy", "-f", "rtsp",
                    "-rtsp_transport", "tcp", viewer,
                ])
                #expect(publishing.errors.contains("403"))
            }
        }
    }

    @Test("A session's id is worth nothing on another connection")
    func foreignSession() async throws {
        try await withServer { server in
            let pictures = try await onThread {
                try interleavedPictures(of: try Footage.testPattern(in: server.folder))
            }
            try await onThread {
                let publisher = try RTSPPeer(port: server.ports.rtsp)
                try publisher.publish("video/a")
                for picture in pictures { publisher.send(picture) }
                let player = try RTSPPeer(port: server.ports.rtsp)
                _ = try player.request("DESCRIBE", "video/a")
                let session = try #require(
                    try player.request("SETUP", "video/a/trackID=0", [RTSPPeer.interleaved]).session)
                let thief = try RTSPPeer(port: server.ports.rtsp)
                for method in ["PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER", "RECORD"] {
                    #expect(try thief.request(method, "video/a", ["Session: \(session)"]).status == 454, "\(method)")
                }
                #expect(try player.request("PLAY", "video/a", ["Session: \(session);timeout=60"]).status == 200)
            }
        }
    }

    @Test("A reader that comes in the middle of a GOP gets its key frame at once")
    func lateReader() async throws {
        try await withServer { server in
            let file = try await onThread { try Footage.testPattern(in: server.folder, seconds: 2) }
            let pictures = try await onThread { try interleavedPictures(of: file) }
            try await onThread {
                let publisher = try RTSPPeer(port: server.ports.rtsp)
                try publisher.publish("video/a")
                let early = try RTSPPeer(port: server.ports.rtsp)
                for picture in pictures.prefix(5) { publisher.send(picture) }
                _ = try early.request("DESCRIBE", "video/a")
                #expect(try early.play("video/a").status == 200)
                for picture in pictures[5..<20] { publisher.send(picture) }
                _ = try Self.pictures(20, of: early)
                // The feed runs, and nothing more comes: what is not sent at once never is.
                let late = try RTSPPeer(port: server.ports.rtsp)
                let answer = try late.play("video/a")
                let got = try Self.pictures(20, of: late)
                #expect(got.first?.isKeyFrame == true)
                let information = try #require(answer.headers["rtp-info"])
                #expect(information.contains(";seq=\(got[0].sequence);rtptime=\(got[0].timestamp)"))
            }
        }
    }

    @Test("With a query in the URL two media are published and played as without it", arguments: ["", "?x=1"])
    func queries(query: String) async throws {
        try await withServer { server in
            let file = try await onThread { try Footage.withSound("aac", pictures: 60, sound: 60, in: server.folder) }
            let program = try PublishingPeer(maker: .ffmpeg, way: .tcp).publish(file, to: "video/a\(query)", of: server)
            defer { program.end() }
            try #require(await eventually(within: 20) { server.cameras[0].isRunning })
            try await onThread {
                let player = try RTSPPeer(port: server.ports.rtsp)
                let described = try player.request("DESCRIBE", "video/a\(query)")
                #expect(described.headers["content-base"] == player.uri("video/a/"))
                for track in 0..<2 {
                    let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=\(2 * track)-\(2 * track + 1)"
                    let setUp = try player.request("SETUP", "video/a\(query)/trackID=\(track)", [transport])
                    #expect(setUp.status == 200)
                }
                let information = try #require(try player.request("PLAY", "video/a\(query)").headers["rtp-info"])
                for track in 0..<2 {
                    #expect(information.contains("url=\(player.uri("video/a/trackID=\(track);seq="))"))
                }
                let found = try Program.outcome(of: [
                    "timeout", "60", "ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries",
                    "stream=codec_name", "-of", "csv=p=0", server.url("video/a\(query)"),
                ])
                #expect(found.output.split(separator: "\n").sorted() == ["aac", "h264"], "\(found)")
            }
        }
    }

    @Test("A session that is set up lasts as long as the client was told; a connection without one does not")
    func idleSession() async throws {
        let configure: (inout RTSPConfiguration) -> Void = { $0.idleTimeout = .seconds(1) }
        try await withServer(configure: configure) { server in
            try await onThread {
                let waiting = try RTSPPeer(port: server.ports.rtsp)
                #expect(try waiting.request("ANNOUNCE", "video/a", body: RTSPPeer.description).status == 200)
                let setUp = try waiting.request("SETUP", "video/a/streamid=0", [RTSPPeer.interleaved])
                #expect(setUp.headers["session"]?.hasSuffix(";timeout=60") == true)
                // It came later, and is looked at later.
                let other = try RTSPPeer(port: server.ports.rtsp)
                #expect(try other.request("OPTIONS", "video/a").status == 200)
                #expect(other.isClosed())
                #expect(try waiting.request("RECORD", "video/a").status == 200)
            }
        }
    }

    @Test("A publisher that pauses is not taken for gone; its camera waits, and goes on with it")
    func pausedPublisher() async throws {
        let configure: (inout RTSPConfiguration) -> Void = { $0.publisherTimeout = .seconds(1) }
        try await withServer(paths: ["video/a", "video/b"], configure: configure) { server in
            try await onThread {
                let camera = server.cameras[0]
                let pictures = try interleavedPictures(of: try Footage.testPattern(in: server.folder))
                let publisher = try RTSPPeer(port: server.ports.rtsp)
                try publisher.publish("video/a")
                for picture in pictures.prefix(30) { publisher.send(picture) }
                #expect(try publisher.request("PAUSE", "video/a").status == 200)
                #expect(camera.status.state == .connecting(attempt: 1))
                #expect(camera.status.reason == "127.0.0.1 has paused")
                #expect(server.counters.snapshot.publishers == 0)
                // What comes now is not taken.
                let received = camera.status.receivedPackets
                for picture in pictures[30..<60] { publisher.send(picture) }
                #expect(try publisher.request("OPTIONS", "video/a").status == 200)
                #expect(camera.status.receivedPackets == received && received >= 29 && !camera.isRunning)

                let other = try RTSPPeer(port: server.ports.rtsp)
                #expect(try other.request("ANNOUNCE", "video/a", body: RTSPPeer.description).status == 455)
                // One that records and is silent came later, and is looked at later.
                try other.publish("video/b")
                #expect(other.isClosed())

                #expect(try publisher.request("RECORD", "video/a").status == 200)
                // It begins with a key frame, and with no loss.
                for picture in pictures[45...] { publisher.send(picture) }
                #expect(try publisher.request("OPTIONS", "video/a").status == 200)
                #expect(camera.isRunning && camera.status.connections == 2)
                #expect(server.counters.snapshot.publishers == 1 && server.counters.snapshot.lostPackets == 0)
            }
        }
    }

    private struct Picture {
        var sequence: UInt16
        var timestamp: UInt32
        var isKeyFrame: Bool
    }

    /// Takes whole pictures off channel 0, by their marker.
    private static func pictures(_ count: Int, of peer: RTSPPeer) throws -> [Picture] {
        var pictures: [Picture] = []
        var current: Picture?
        while pictures.count < count {
            let (channel, packet) = try peer.nextFrame()
            guard channel == 0 else { continue }
            let kind = packet[12] & 0x1f == 28 ? packet[13] & 0x1f : packet[12] & 0x1f
            var picture =
                current
                ?? Picture(
                    sequence: UInt16(packet[2]) << 8 | UInt16(packet[3]),
                    timestamp: packet[4..<8].reduce(0) { $0 << 8 | UInt32($1) }, isKeyFrame: false)
            if [5, 7, 24].contains(kind) { picture.isKeyFrame = true }
            current = picture
            if packet[1] & 0x80 != 0 {
                pictures.append(picture)
                current = nil
            }
        }
        return pictures
    }

    @Test("SETUP again and again leaves one session; transports that are not spoken are refused")
    func setUps() async throws {
        try await withServer { server in
            let pictures = try await onThread {
                try interleavedPictures(of: try Footage.testPattern(in: server.folder))
            }
            try await onThread {
                let publisher = try RTSPPeer(port: server.ports.rtsp)
                try publisher.publish("video/a")
                for picture in pictures { publisher.send(picture) }
                let player = try RTSPPeer(port: server.ports.rtsp)
                _ = try player.request("DESCRIBE", "video/a")
                for refused in ["Transport:", "Transport: RTP/AVP;multicast", "Transport: RTP/SAVP;unicast", "X: y"] {
                    #expect(try player.request("SETUP", "video/a/trackID=0", [refused]).status == 461)
                }
                let first = try player.request(
                    "SETUP", "video/a/trackID=0", ["Transport: RTP/AVP/TCP;ssrc=1;unicast;interleaved=8-9"])
                for round in 0..<500 {
                    let port = 20_000 + 2 * (round % 3)
                    let transport = "Transport: RTP/AVP;unicast;client_port=\(port)-\(port + 1)"
                    let again = try player.request("SETUP", "video/a/trackID=0", [transport])
                    #expect(again.status == 200)
                    #expect(again.session == first.session)
                }
                _ = try player.request("SETUP", "video/a/trackID=0", ["Transport: RTP/AVP/TCP;interleaved=8-9"])
                #expect(try player.request("SETUP", "video/a/trackID=1", [RTSPPeer.interleaved]).status == 404)
                #expect(try player.request("PLAY", "video/a").status == 200)
                #expect([8, 9].contains(try player.nextFrame().channel))
            }
        }
    }

    @Test("A publisher over UDP that sets up the same ports twice is heard")
    func repeatedSetUpOverUDP() async throws {
        try await withServer { server in
            let recorded = try await onThread { try Rtp.Recorded(try Footage.testPattern(in: server.folder)) }
            let publisher = try await onThread {
                let (rtp, rtcp) = try DatagramPeer.pair()
                let publisher = try RTSPPeer(port: server.ports.rtsp)
                #expect(try publisher.request("ANNOUNCE", "video/a", body: RTSPPeer.description).status == 200)
                let transport = "Transport: RTP/AVP;unicast;client_port=\(rtp.port)-\(rtcp.port);mode=record"
                for _ in 0..<2 {
                    #expect(try publisher.request("SETUP", "video/a/streamid=0", [transport]).status == 200)
                }
                #expect(try publisher.request("RECORD", "video/a").status == 200)
                var packetizer = try #require(Packetizer(recorded.stream, track: 0))
                for (number, picture) in recorded.bytes.prefix(10).enumerated() {
                    let time = UInt32(number * 3600)
                    for packet in packetizer.packets(of: picture, isKeyFrame: number == 0, at: time) {
                        rtp.send(packet, to: server.ports.rtp ?? 0)
                    }
                }
                return publisher
            }
            #expect(await eventually { server.cameras[0].isRunning })
            withExtendedLifetime(publisher) {}
        }
    }

    @Test("A killed publisher's camera waits for the next, which takes over; a reader goes on")
    func publisherComesBack() async throws {
        try await withServer { server in
            let file = try await onThread { try Footage.testPattern(in: server.folder, seconds: 120) }
            let peer = PublishingPeer(maker: .ffmpeg, way: .tcp)
            let first = try peer.publish(file, to: "video/a", of: server)
            try #require(await eventually(within: 20) { server.cameras[0].isRunning })
            let url = server.url("video/a")
            async let strict = onThread {
                try Program.run([
                    "python3", checkout.appending(path: "scripts/rtsp_client.py").path, url, "--pictures", "100",
                ])
            }
            try #require(await eventually { server.counters.snapshot.sentBytes > 0 })
            first.end()
            try #require(await eventually { !server.cameras[0].isRunning })
            #expect(server.cameras[0].status.reason?.hasPrefix("waiting for a publisher") == true)
            let second = try peer.publish(file, to: "video/a", of: server)
            defer { second.end() }
            try #require(await eventually(within: 20) { server.cameras[0].isRunning })
            // Numbers and times go on where they were.
            _ = try await strict
        }
    }

    @Test("A port that is taken is told by its name, and nothing stays open")
    func portInUse() async throws {
        let busy = try SilentListener()
        let configure: (inout RTSPConfiguration) -> Void = { $0.port = busy.port }
        let error = await #expect(throws: RTSPServerCannotListen.self) {
            try await withServer(configure: configure) { _ in }
        }
        #expect(error?.kind == .rtsp)
        #expect(error?.description.contains("127.0.0.1:\(busy.port)") == true)
        #expect(error?.description.contains("already in use") == true)
    }

    @Test("Every port is open on the loopback only when the settings say so")
    func bindAddress() async throws {
        try await withServer(isSecure: true) { server in
            let ports = [
                server.ports.rtsp, server.ports.rtsps ?? 0, server.ports.rtp ?? 0, (server.ports.rtp ?? 0) + 1,
            ]
            for port in ports {
                let name = String(format: ":%04X", port)
                // A table that changes while it is read may lack a line. Other programs may have the port of the other protocol.
                let own = { listeningSockets(of: getpid())?.filter { $0.hasSuffix(name) } }
                #expect(await eventually { own() == ["0100007F" + name] })
            }
        }
    }
}
