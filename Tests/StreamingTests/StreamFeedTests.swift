import Cameras
import Domain
import FFmpeg
import Foundation
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Streaming

/// Notes what it gets.
private final class NotingReader: StreamFeed.Reader, @unchecked Sendable {
    // Safe: used by one test on one thread.
    private(set) var pictures: [UInt16] = []
    private(set) var start: StreamStart?
    var onDelivery: () -> Void = {}

    func begin(_ start: StreamStart) {
        self.start = start
        note(start.items)
    }

    func deliver(_ items: [StreamItem]) {
        note(items)
        onDelivery()
    }

    private(set) var isTold = false
    /// By track.
    private(set) var batches: [Int: Int] = [:]

    func endOfMedia(_ reason: String) { isTold = true }

    /// Sequence numbers of all packets.
    private func note(_ items: [StreamItem]) {
        for case .media(let batch) in items {
            batches[batch.track, default: 0] += 1
            pictures += batch.packets.compactMap { batch.framed.getInteger(at: $0.lowerBound + 2) }
        }
    }
}

struct StreamFeedTests {
    @Test("A reader that begins in the middle is told the times of one moment for pictures and sound")
    func startingTimes() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            // Pictures that are shown in another order than they come.
            let file = try Footage.make(
                "reordered.mkv", in: folder,
                [
                    "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=3", "-f", "lavfi", "-i",
                    "sine=duration=3:sample_rate=48000", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "2", "-g",
                    "25",
                    "-c:a", "aac",
                ])
            var demuxer = try Demuxer(url: file.path, subject: "reordered.mkv", interrupt: Interrupt())
            let streams = demuxer.streams
            var packets: [Packet] = []
            while let packet = try demuxer.next() { packets.append(packet) }
            let sound = try #require(streams.first { $0.kind == .audio })
            let camera = Camera(path: try StreamPath("video/a"), source: nil)
            let publication = try camera.publish(from: "test")
            publication.expect(sound: sound)
            let loop = EmbeddedEventLoop()
            let feeds = StreamFeeds(on: loop)
            let first = NotingReader()
            var feed: StreamFeed?
            var keyFrames = 0
            // Up to the middle of the third GOP.
            for packet in packets {
                if let time = packet.presentationTime, time.seconds > 2.6 { break }
                guard let stream = streams.first(where: { $0.index == packet.streamIndex }) else { continue }
                if stream.kind == .video, packet.isKeyFrame { keyFrames += 1 }
                publication.receive(packet, of: stream)
                if feed == nil, stream.kind == .video { feed = feeds.join(first, to: camera) }
                loop.run()
            }
            #expect(keyFrames == 3)
            let late = NotingReader()
            let lateFeed = feeds.join(late, to: camera)
            loop.run()

            let start = try #require(late.start)
            try #require(start.tracks.count == 2)
            var moments: [Double] = []
            for (track, rate) in [90_000.0, 48_000].enumerated() {
                let report = try #require(start.items.compactMap { Self.report($0, track) }.first)
                let timestamp = try #require(start.tracks[track].timestamp)
                moments.append(report.seconds + Double(Int32(bitPattern: timestamp &- report.timestamp)) / rate)
                let packet = try #require(start.items.compactMap { Self.firstPacket($0, track) }.first)
                #expect(start.tracks[track].sequence == packet.sequence)
                if track == 0 { #expect(timestamp == packet.timestamp) }
            }
            #expect(abs(moments[0] - moments[1]) < 0.001, "\(moments)")
            // Both are told in front of the first picture.
            let told = start.items.prefix { if case .report = $0 { true } else { false } }
            #expect(told.count == 2)
            if let feed { feeds.leave(first, feed) }
            feeds.leave(late, lateFeed)
            loop.run()
        }
    }

    private static func report(_ item: StreamItem, _ wanted: Int) -> RTCP.SenderReport? {
        guard case .report(let track, let packet) = item, track == wanted else { return nil }
        return packet.withUnsafeReadableBytes { RTCP.senderReport(in: $0) }
    }

    private static func firstPacket(_ item: StreamItem, _ track: Int) -> (sequence: UInt16, timestamp: UInt32)? {
        guard case .media(let batch) = item, batch.track == track, let packet = batch.packets.first,
            let sequence: UInt16 = batch.framed.getInteger(at: packet.lowerBound + 2),
            let timestamp: UInt32 = batch.framed.getInteger(at: packet.lowerBound + 4)
        else { return nil }
        return (sequence, timestamp)
    }

    /// A camera without a source; publishes what it is given.
    private struct Stage {
        let camera: Camera
        let feeds: StreamFeeds
        let loop = EmbeddedEventLoop()
        private(set) var publication: Publication

        init() throws {
            camera = Camera(path: try StreamPath("video/a"), source: nil)
            publication = try camera.publish(from: "first")
            feeds = StreamFeeds(on: loop)
        }

        mutating func publishAgain() throws {
            publication.end("it left")
            loop.run()
            publication = try camera.publish(from: "second")
        }

        func publish(_ packets: some Sequence<Packet>, of stream: StreamInfo) {
            for packet in packets { publication.receive(packet, of: stream) }
            loop.run()
        }

        func join() -> (reader: NotingReader, feed: StreamFeed) {
            let reader = NotingReader()
            let feed = feeds.join(reader, to: camera)
            loop.run()
            return (reader, feed)
        }
    }

    @Test("Who joins after the camera came back with another codec gets that, though others are slow to leave")
    func otherMedia() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let before = try Rtp.Recorded(try RtpFootage.h264(in: folder))
            let after = try Rtp.Recorded(try RtpFootage.h265(in: folder))
            var stage = try Stage()
            stage.publish(before.packets.prefix(5), of: before.stream)
            let (old, oldFeed) = stage.join()
            try stage.publishAgain()
            stage.publish(after.packets.prefix(3), of: after.stream)
            #expect(old.isTold)
            let seen = old.pictures.count
            let (late, lateFeed) = stage.join()
            stage.publish(after.packets.dropFirst(3).prefix(4), of: after.stream)
            // The key frame of the new GOP, and what came since.
            #expect(late.batches[0] == 7 && !late.isTold && old.pictures.count == seen)
            stage.feeds.leave(old, oldFeed)
            stage.publish(after.packets.dropFirst(7).prefix(2), of: after.stream)
            #expect(late.batches[0] == 9)
            stage.feeds.leave(late, lateFeed)
            stage.loop.run()
        }
    }

    @Test("Sound that a camera has since it came back is for those who join then; the others go on")
    func newSound() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let recorded = try Rtp.Recorded(try RtpFootage.h264(in: folder))
            let sound = try StreamInfo.audio(
                index: 1, codec: "pcm_alaw", sampleRate: 8000, channels: 1, extradata: [])
            var stage = try Stage()
            stage.publish(recorded.packets.prefix(5), of: recorded.stream)
            let (old, oldFeed) = stage.join()
            try stage.publishAgain()
            stage.publication.expect(sound: sound)
            stage.publish(recorded.packets.prefix(3), of: recorded.stream)
            let (late, lateFeed) = stage.join()
            let heard = try (0..<4).map { number in
                try Packet(
                    copying: [UInt8](repeating: 0xD5, count: 160), stream: sound, presentationTicks: 160 * number,
                    decodeTicks: 160 * number, isKeyFrame: true)
            }
            stage.publish(heard, of: sound)
            stage.publish(recorded.packets.dropFirst(3).prefix(2), of: recorded.stream)
            #expect(late.batches == [0: 5, 1: 4])
            #expect(!old.isTold && old.batches[0] == 10)
            stage.feeds.leave(old, oldFeed)
            stage.feeds.leave(late, lateFeed)
            stage.loop.run()
        }
    }

    @Test("Times beyond all bounds of a hostile source are sent somehow")
    func absurdTimes() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let recorded = try Rtp.Recorded(try RtpFootage.h264(in: folder))
            let sets = SetUpUnits(recorded.stream.parameters.extradata, family: .h264).sets
            let keyFrame = Rtp.unit(sets) + (try #require(recorded.units.first))
            let stream = try StreamInfo.video(
                index: 0, codec: "h264", keyFrame: keyFrame, extradata: Rtp.unit(sets), clockRate: 1)
            let stage = try Stage()
            let (reader, feed) = stage.join()
            for ticks in [4_000_000_000_000_000_000, 0, Int64.max, Int64.min + 1] {
                let packet = try Packet(
                    copying: keyFrame, stream: stream, presentationTicks: ticks, decodeTicks: ticks, isKeyFrame: true)
                stage.publish([packet], of: stream)
            }
            #expect(reader.batches[0] == 4)
            stage.feeds.leave(reader, feed)
            stage.loop.run()
        }
    }

    @Test("A picture that comes while a reader joins is not lost to it")
    func joining() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let recorded = try Rtp.Recorded(try Footage.testPattern(in: folder))
            let camera = Camera(path: try StreamPath("video/a"), source: nil)
            let publication = try camera.publish(from: "test")
            func publish(_ number: Int) { publication.receive(recorded.packets[number], of: recorded.stream) }
            publish(0)
            let loop = EmbeddedEventLoop()
            let feeds = StreamFeeds(on: loop)
            let first = NotingReader()
            let feed = feeds.join(first, to: camera)
            loop.run()
            publish(1)
            loop.run()
            let second = NotingReader()
            _ = feeds.join(second, to: camera)
            // Waits behind the joining, and finds the picture that comes in the middle of it.
            publish(2)
            first.onDelivery = {
                first.onDelivery = {}
                publish(3)
            }
            loop.run()
            #expect(first.pictures.count >= 4)
            #expect(second.pictures == first.pictures)
            feeds.leave(first, feed)
            feeds.leave(second, feed)
            loop.run()
        }
    }
}
