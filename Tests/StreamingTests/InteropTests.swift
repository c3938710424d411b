import Cameras
import Foundation
import Streaming
import TestSupport
import Testing

/// Publishers and players of other makers, each over TCP, UDP and TLS, in every combination.
///
/// VLC is not among them, as Debian 12 builds it without RTSP: `scripts/test-vlc`.
@Suite(.serialized)
struct InteropTests {
    @Test("Every player gets what a publisher sends, byte for byte", arguments: PublishingPeer.all)
    func matrix(publisher: PublishingPeer) async throws {
        try await withServer(isLocked: true, isSecure: true) { server in
            let file = try await onThread { try Self.footage(in: server.folder) }
            let sent = try await onThread { try Self.slices(ofFile: file) }
            let program = try publisher.publish(file, to: "video/a", of: server)
            defer { program.end() }
            try #require(await eventually(within: 20) { server.cameras[0].isRunning })
            await withTaskGroup(of: Void.self) { group in
                for player in PlayingPeer.all {
                    group.addTask {
                        do {
                            let stream = try await onThread { try player.play("video/a", of: server) }
                            Self.compare(Self.slices(stream), with: sent, player)
                        } catch {
                            Issue.record("\(player): \(error)")
                        }
                    }
                }
            }
            #expect(server.counters.snapshot.lostPackets == 0)
            #expect(server.counters.snapshot.skips == 0)
            #expect(await eventually { server.counters.snapshot.readers == 0 })
        }
    }

    @Test("A publisher that comes to its end gets no error", arguments: PublishingPeer.all)
    func end(publisher: PublishingPeer) async throws {
        try await withServer(isLocked: true, isSecure: true) { server in
            let outcome = try await onThread {
                let file = try Footage.testPattern(in: server.folder)
                return try Program.outcome(
                    of: ["timeout", "--signal=KILL", "20"] + publisher.command(file, to: "video/a", of: server))
            }
            #expect(publisher.isContent(outcome), "\(outcome)")
            #expect(await eventually { server.cameras[0].status.reason?.hasPrefix("waiting for a publisher") == true })
            #expect(server.cameras[0].status.connections == 1)
        }
    }

    /// Long enough for all players at once on a busy machine.
    private static func footage(in folder: URL) throws -> URL {
        try Footage.testPattern(in: folder, seconds: 120)
    }

    private static func compare(_ received: [Data], with sent: [Data], _ player: PlayingPeer) {
        guard received.count >= 30, let first = received.first else {
            Issue.record("\(player): only \(received.count) pictures")
            return
        }
        #expect((first.first ?? 0) & 0x1f == 5, "\(player) does not begin with a key frame")
        // A player that is ended in the middle of a picture has written a part of it.
        let whole = received.dropLast()
        // The same picture may come more than once in the file.
        let runs = sent.indices.filter { sent[$0] == first }.map { zip(sent[$0...], whole).prefix { $0 == $1 }.count }
        let longest = runs.max() ?? 0
        #expect(longest == whole.count, "\(player): \(longest) of \(whole.count) pictures are those sent")
    }

    private static func slices(ofFile file: URL) throws -> [Data] {
        let plain = file.deletingPathExtension().appendingPathExtension("h264")
        try Program.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", file.path, "-c", "copy", plain.path])
        return slices(try Data(contentsOf: plain))
    }

    /// The NAL units of pictures in an Annex B stream: players and publishers add parameter sets and delimiters as they like.
    private static func slices(_ stream: Data) -> [Data] {
        let bytes = [UInt8](stream)
        var starts: [Int] = []
        var position = 0
        while position + 2 < bytes.count {
            if bytes[position + 2] > 1 {
                position += 3
            } else if bytes[position] == 0, bytes[position + 1] == 0, bytes[position + 2] == 1 {
                starts.append(position + 3)
                position += 3
            } else {
                position += 1
            }
        }
        return starts.enumerated().compactMap { number, start in
            var end = number + 1 < starts.count ? starts[number + 1] - 3 : bytes.count
            while end > start, bytes[end - 1] == 0 { end -= 1 }
            guard end > start, [1, 5].contains(bytes[start] & 0x1f) else { return nil }
            return Data(bytes[start..<end])
        }
    }
}
