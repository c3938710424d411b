import Foundation
import NIOCore
import Streaming
import TestSupport
import Testing

/// Readers that take in less than there is.
struct SlowReaderTests {
    @Test("A reader that takes nothing in is moved on, then dropped; another beside it loses nothing")
    func stalledReader() async throws {
        let configure: (inout RTSPConfiguration) -> Void = { configuration in
            configuration.slowReaderTimeout = .seconds(1)
            configuration.readerQueueBytes = 1 << 20
        }
        try await withServer(configure: configure) { server in
            // What the system and the connection hold is full in a few seconds.
            let file = try await onThread {
                try Footage.testPattern(
                    in: server.folder, seconds: 60, size: "640x480",
                    arguments: ["-vf", "noise=alls=60:allf=t", "-qp", "48"])
            }
            let program = try PublishingPeer(maker: .ffmpeg, way: .tcp).publish(file, to: "video/a", of: server)
            defer { program.end() }
            try #require(await eventually(within: 20) { server.cameras[0].isRunning })
            let url = server.url("video/a")
            async let strict = onThread {
                try Program.run([
                    "python3", checkout.appending(path: "scripts/rtsp_client.py").path, url, "--pictures", "150",
                ])
            }
            let stalled = try await onThread {
                let stalled = try RTSPPeer(port: server.ports.rtsp, receiveBuffer: 8192)
                #expect(try stalled.play("video/a").status == 200)
                return stalled
            }
            #expect(await eventually(within: 40) { server.counters.snapshot.droppedReaders == 1 })
            #expect(server.counters.snapshot.skips > 0)
            _ = try await strict
            withExtendedLifetime(stalled) {}
        }
    }

    /// A receiver report without a report block, on the channel of RTCP.
    private static let report: [UInt8] = [0x24, 1, 0, 8, 0x80, 201, 0, 1, 0, 0, 0, 9]

    /// A reader of a stream that is more than its connection holds; all of it waits for the reader.
    private static func slowReader(
        of server: RunningServer, in folder: URL
    ) throws -> (reader: RTSPPeer, publisher: RTSPPeer, bytes: Int) {
        let pictures = try interleavedPictures(
            of: try Footage.testPattern(
                in: folder, size: "640x480", arguments: ["-vf", "noise=alls=60:allf=t", "-qp", "30"]))
        let bytes = pictures.reduce(0) { $0 + $1.count }
        // More than twice what waits in a connection, and less than what waits in front of it.
        try #require((8 << 20..<16 << 20).contains(bytes), "\(bytes)")
        let publisher = try RTSPPeer(port: server.ports.rtsp)
        try publisher.publish("video/a")
        publisher.send(pictures[0])
        let reader = try RTSPPeer(port: server.ports.rtsp, receiveBuffer: 8192)
        _ = try reader.request("DESCRIBE", "video/a")
        try #require(try reader.play("video/a").status == 200)
        for picture in pictures.dropFirst() { publisher.send(picture) }
        // Answered behind all pictures: they are with the readers now.
        try #require(try publisher.request("OPTIONS", "video/a").status == 200)
        return (reader, publisher, bytes)
    }

    @Test("A slow reader that sends reports and asks stays, and is answered in front of what waits for it")
    func slowReaderThatReports() async throws {
        let configure: (inout RTSPConfiguration) -> Void = { configuration in
            configuration.requestTimeout = .seconds(1)
        }
        try await withServer(configure: configure) { server in
            try await onThread {
                let (reader, publisher, bytes) = try Self.slowReader(of: server, in: server.folder)
                reader.send("OPTIONS * RTSP/1.0\r\nCSeq: 99\r\n\r\n")
                // For longer than the server takes to notice a request without an end.
                for _ in 0..<25 {
                    reader.send(Self.report)
                    // The pace of the client, which is what is tested.
                    Thread.sleep(forTimeInterval: 0.2)
                }
                let answer = try reader.response()
                #expect(answer.status == 200 && answer.headers["cseq"] == "99")
                #expect((4 << 20..<bytes + 1 << 16).contains(server.counters.snapshot.waitingBytes))
                #expect(reader.frames.reduce(0) { $0 + $1.packet.count } < bytes / 2)
                #expect(try reader.request("OPTIONS", "video/a").status == 200)
                withExtendedLifetime(publisher) {}
            }
            #expect(server.counters.snapshot.droppedReaders == 0)
            #expect(await eventually { server.counters.snapshot.waitingBytes == 0 })
        }
    }

    @Test("A reader that takes nothing in is dropped whatever it sends")
    func stalledReaderThatReports() async throws {
        let configure: (inout RTSPConfiguration) -> Void = { configuration in
            configuration.requestTimeout = .seconds(1)
            configuration.slowReaderTimeout = .seconds(1)
        }
        try await withServer(configure: configure) { server in
            let peers = try await onThread { try Self.slowReader(of: server, in: server.folder) }
            #expect(
                await eventually {
                    peers.reader.send(Self.report)
                    return server.counters.snapshot.droppedReaders == 1
                })
        }
    }
}
