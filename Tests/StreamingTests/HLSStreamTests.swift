import Cameras
import Domain
import Foundation
import NIOCore
import Plumbing
import TestSupport
import Testing

@testable import Streaming

/// HLS of real footage, read as players do.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct HLSStreamTests {
    /// A player that waits for each part and keeps all that it gets.
    private struct Player {
        let stream: HLSStream
        var check = PlaylistCheck()
        var parts: [(uri: String, bytes: [UInt8])] = []

        mutating func play(parts wanted: Int) async throws {
            check.take(try await stream.mediaPlaylist())
            while parts.count < wanted {
                let playlist = try #require(check.latest)
                for part in playlist.segments.flatMap(\.parts) where !parts.contains(where: { $0.uri == part.uri }) {
                    parts.append((part.uri, try await bytes(part.uri)))
                }
                let last = try #require(playlist.segments.last)
                let next =
                    last.uri == nil
                    ? HLSPosition(segment: last.number, part: last.parts.count)
                    : HLSPosition(segment: last.number + 1, part: 0)
                check.take(try await stream.mediaPlaylist(having: next))
                #expect(check.latest?.segments.flatMap(\.parts) != playlist.segments.flatMap(\.parts))
            }
        }

        func bytes(_ name: String) async throws -> [UInt8] {
            try await stream.file(name).flatMap { Array($0.readableBytesView) }
        }
    }

    private static let fiveSeconds: @Sendable (URL) throws -> URL = {
        try Footage.withSound("aac", pictures: 5, sound: 5, in: $0)
    }

    @Test(arguments: [("libx264", "aac"), ("libx264", "pcm_alaw"), ("libx265", "libopus"), ("libx264", nil)])
    func allThatPlaylistsNamePlaysWithoutAGap(video: String, sound: String?) async throws {
        let footage: @Sendable (URL) throws -> URL = { folder in
            try Footage.make(
                "hls.mkv", in: folder,
                ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=10"]
                    + (sound == nil ? [] : ["-f", "lavfi", "-i", "sine=duration=10:sample_rate=48000"])
                    + ["-c:v", video, "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50"]
                    + (video == "libx265" ? ["-x265-params", "log-level=none"] : ["-bf", "2"])
                    + (sound.map { ["-c:a", $0, "-ac", "1"] + ($0 == "pcm_alaw" ? ["-ar", "8000"] : []) } ?? []))
        }
        try await withCamera(of: footage) { camera, folder in
            var player = Player(stream: HLSStream(LiveFragments(camera, hasSound: true, logger: quiet)))
            let multivariant = try await player.stream.multivariantPlaylist()
            let codecs = PlaylistCheck.attributes(multivariant)["CODECS"] ?? ""
            #expect(codecs.hasPrefix(video == "libx264" ? "avc1." : "hvc1."))
            let names = ["aac": ",mp4a.40.2", "pcm_alaw": ",mp4a.40.2", "libopus": ",opus"]
            #expect(codecs.firstIndex(of: ",").map { String(codecs[$0...]) } == sound.flatMap { names[$0] })
            #expect(multivariant.contains("RESOLUTION=320x180"))

            try await player.play(parts: 14)
            #expect(player.check.faults == [])
            let rate = PlaylistCheck.attributes(try await player.stream.multivariantPlaylist())["FRAME-RATE"]
            #expect(abs((rate.flatMap(Double.init) ?? 0) - 25) < 3)
            let segment = try #require(player.check.latest?.segments.first)
            let inParts = segment.parts.flatMap { part in player.parts.first { $0.uri == part.uri }?.bytes ?? [] }
            #expect(try await player.bytes(segment.uri ?? "") == inParts)

            let file = folder.appending(path: "played.mp4")
            let all = try await player.bytes(segment.map) + player.parts.flatMap(\.bytes)
            try Data(all).write(to: file)
            let text = try await onThread {
                try Program.run([
                    "ffprobe", "-v", "warning", "-count_frames", "-select_streams", "v", "-show_entries",
                    "stream=nb_read_frames:frame=pts_time", "-of", "csv=p=0", file.path,
                ])
            }
            let times = text.split(whereSeparator: \.isNewline).compactMap { Double($0.prefix { $0 != "," }) }
            let seconds = (player.check.latest?.segments ?? []).flatMap(\.parts)
                .filter { part in player.parts.contains { $0.uri == part.uri } }.reduce(0) { $0 + $1.seconds }
            #expect(abs(Double(times.count - 1) * 0.04 - seconds) < 0.3, "\(times.count) pictures, \(seconds) s")
        }
    }

    @Test func aPartCanBeAskedForBeforeItIsThere() async throws {
        try await withCamera(of: Self.fiveSeconds) { camera, _ in
            let player = Player(stream: HLSStream(LiveFragments(camera, hasSound: true, logger: quiet)))
            var check = PlaylistCheck()
            check.take(try await player.stream.mediaPlaylist())
            let hint = try #require(check.latest?.hint)
            let bytes = try await player.bytes(hint)
            #expect(bytes.count > 100)
            check.take(try await player.stream.mediaPlaylist())
            #expect(check.latest?.segments.flatMap(\.parts).contains { $0.uri == hint } == true)

            let last = try #require(check.latest?.segments.last).number
            await #expect(throws: HLSStream.Failure.tooFarAhead) {
                _ = try await player.stream.mediaPlaylist(having: HLSPosition(segment: last + 3, part: nil))
            }
            // Of a part that the segment has not got, the first of the next one is meant.
            check.take(try await player.stream.mediaPlaylist(having: HLSPosition(segment: last, part: 1000)))
            #expect(check.latest?.segments.contains { $0.number == last && $0.uri != nil } == true)
            #expect(check.faults == [])
            for name in ["", "x", "x-init-0.mp4", hint.replacingOccurrences(of: "part", with: "segment")] {
                await #expect(throws: HLSStream.Failure.notFound) { _ = try await player.stream.file(name) }
            }
        }
    }

    @Test func itEndsWhenNobodyAsksAndBeginsAnewUnderOtherNames() async throws {
        try await withCamera(of: Self.fiveSeconds) { camera, _ in
            let fragments = LiveFragments(camera, hasSound: true, logger: quiet)
            let stream = HLSStream(fragments, patience: .milliseconds(300))
            let first = try await stream.mediaPlaylist()
            #expect(stream.isRunning && stream.byteCount > 1000)
            #expect(await eventually { !stream.isRunning && camera.hub.subscriberCount == 0 })
            #expect(stream.byteCount == 0)
            let name = first.firstMatch(of: /URI="([^"]+)"/).map { String($0.1) } ?? ""
            await #expect(throws: HLSStream.Failure.notFound) { _ = try await stream.file(name) }
            #expect(!stream.isRunning, "files do not start it")
            #expect(try await !stream.mediaPlaylist().contains(name))
        }
    }

    @Test func itDoesNotEndUnderOneWhoAsks() async throws {
        try await withCamera(of: Self.fiveSeconds) { camera, _ in
            let stream = HLSStream(LiveFragments(camera, hasSound: true, logger: quiet), patience: .zero)
            // It takes several changes until there is a whole segment.
            let playlist = try await stream.mediaPlaylist()
            #expect(playlist.contains("#EXTINF"))
            #expect(await eventually { !stream.isRunning && camera.hub.subscriberCount == 0 })
        }
    }

    @Test func whatCannotBePlayedSaysWhy() async throws {
        let absent = Camera(path: try StreamPath("video/phone"), source: nil)
        let stream = HLSStream(LiveFragments(absent, hasSound: true, logger: quiet), patience: .milliseconds(100))
        await #expect(throws: HLSStream.Failure.unavailable(reason: "waiting for a publisher")) {
            _ = try await stream.multivariantPlaylist()
        }
        #expect(await eventually { !stream.isRunning && absent.hub.subscriberCount == 0 })
        let jpeg: @Sendable (URL) throws -> URL = { folder in
            try Footage.make(
                "jpeg.avi", in: folder,
                ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=1", "-c:v", "mjpeg"])
        }
        try await withCamera(of: jpeg) { camera, _ in
            #expect(await eventually { if case .running = camera.status.state { true } else { false } })
            let stream = HLSStream(LiveFragments(camera, hasSound: true, logger: quiet))
            await #expect(throws: HLSStream.Failure.unavailable(reason: "HLS has no mjpeg")) {
                _ = try await stream.mediaPlaylist()
            }
        }
    }

    @Test func someoneWhoGivesUpDoesNotWait() async throws {
        try await withCamera(of: Self.fiveSeconds) { camera, _ in
            let stream = HLSStream(LiveFragments(camera, hasSound: true, logger: quiet))
            _ = try await stream.mediaPlaylist()
            let start = ContinuousClock.now
            let waiting = (0..<50).map { _ in
                Task { try await stream.mediaPlaylist(having: HLSPosition(segment: 1, part: 900)) }
            }
            for task in waiting { task.cancel() }
            for task in waiting { _ = await task.result }
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }
}
