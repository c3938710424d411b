import Cameras
import Domain
import Events
import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite(.serialized) struct RecorderTests {
    @Test func aClipStartsAtTheKeyFrameBeforeThePreBufferAndHoldsEveryPacket() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let source = try packets(of: Material.withSound.file(in: folder, seconds: 14))
            let cases: [(pre: Double, lag: Double, from: Double)] = [
                (0, 0, 3), (2, 0.3, 5.4), (5, 1.9, 8.2), (2, 0.1, 1), (3.3, 1, 6.8),
            ]
            for (index, (pre, lag, from)) in cases.enumerated() {
                let bench = try RecorderBench(folder.appending(path: "\(index)"), packets: source) {
                    $0.rules.preBufferSeconds = pre
                }
                bench.lag = lag
                bench.visits = [(7, from, from + 1.6)]
                bench.play(source)
                bench.end()
                try expect(bench, from: from, pre: pre, source: source)
            }
        }
    }

    private func expect(_ bench: RecorderBench, from: Double, pre: Double, source: [CameraPacket]) throws {
        let clip = try #require(bench.listed.first)
        #expect(bench.listed.count == 1)
        let start = bench.start(of: clip)
        #expect(start <= max(0, from - pre) + 1e-3, "starts too late")
        #expect(start > max(0, from - pre) - 1.001, "more than a GOP too early")
        let end = start + clip.durationSeconds
        #expect(end >= from + 1.6 + 1 - 0.2 && end < from + 1.6 + 1 + bench.lag + 0.8)
        let video = source.filter(\.isVideo)
        let first = try #require(video.firstIndex { abs($0.decodeTime.seconds - start) < 1e-3 })
        let pictures = try bench.pictures(of: clip)
        #expect(video[first].isVideoKeyFrame)
        #expect(pictures == video[first...].prefix(pictures.count).map { $0.payload() }, "lost or doubled")
        #expect(abs(Double(pictures.count) / 25 - clip.durationSeconds) < 0.1)
        #expect(try Peer.complaints(about: bench.clips.folder.file(clip.fileName)) == "")
        #expect(try Peer.probe(bench.clips.folder.file(clip.fileName), "stream=codec_name", stream: "a:0") == "aac")
        let object = try #require(clip.objects.first)
        #expect(clip.objects.count == 1 && object.className == "person" && object.trackID == 7)
        #expect(abs(Double(object.firstSeenMicroseconds) / 1e6 - 1_800_000_000 - from) < 0.21)
        #expect(abs(Double(object.lastSeenMicroseconds - object.firstSeenMicroseconds) / 1e6 - 1.6) < 0.41)
    }

    @Test func aRowIsWhatTheClipIsAndItsPicturesLieBeside() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let source = try packets(of: Material.plain.file(in: folder, seconds: 9))
            let bench = try RecorderBench(folder, packets: source)
            bench.visits = [(3, 3, 5), (4, 3.4, 6)]
            bench.confidence = { $0 > 4.1 && $0 < 4.3 ? 0.97 : 0.7 }
            bench.play(source)
            bench.end()
            let clip = try #require(bench.listed.first)
            #expect(clip.fileName == "front-door_2027-01-15_08-00-01.mp4")
            #expect(clip.thumbnailName == "front-door_2027-01-15_08-00-01_thumb.jpg")
            #expect(clip.cleanThumbnailName == "front-door_2027-01-15_08-00-01_clean.jpg")
            #expect(
                bench.clips.files
                    == [clip.fileName, clip.thumbnailName, clip.cleanThumbnailName].compactMap(\.self)
                    .sorted())
            for name in [clip.thumbnailName, clip.cleanThumbnailName].compactMap(\.self) {
                #expect(
                    try Peer.probe(bench.clips.folder.file(name), "stream=codec_name,width,height")
                        == "mjpeg\n320\n240")
            }
            #expect(clip.objects.map(\.trackID) == [3, 4])
            #expect(clip.objects.map { ($0.confidence * 100).rounded() } == [97, 97])
            let best = try #require(clip.objects.first)
            // At 4.2 s, 1.2 s after it came: 36 px further.
            #expect(best.x1 == 46 && best.y1 == 50 && best.x2 == 106 && best.y2 == 200)
            #expect(bench.recorder.status.state == .idle && bench.recorder.status.clips == 1)
        }
    }

    @Test func aLongClipIsSplitAtAKeyFrameWithoutAGap() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let source = try packets(of: Material.withSound.file(in: folder, seconds: 14))
            let bench = try RecorderBench(folder, packets: source) { $0.maximumClipSeconds = 3 }
            bench.lag = 0.6
            bench.visits = [(1, 3, 11), (2, 4.2, 4.9), (3, 8.4, 9)]
            bench.play(source)
            bench.end()
            let listed = bench.listed
            #expect(listed.map { bench.start(of: $0).rounded() } == [1, 4, 7, 10])
            let all = try listed.flatMap { try bench.pictures(of: $0) }
            let video = source.filter(\.isVideo).filter { $0.decodeTime.seconds >= 0.999 }
            #expect(all == video.prefix(all.count).map { $0.payload() }, "lost or doubled")
            #expect(listed.map { $0.objects.compactMap(\.trackID) } == [[1], [1, 2], [1, 3], [1]])
            for clip in listed { #expect(try Peer.complaints(about: bench.clips.folder.file(clip.fileName)) == "") }
        }
    }

    @Test func aChangeOfThePictureSizeBeginsAClipWithAHeaderOfItsOwn() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let small = try packets(of: Material.plain.file(in: folder, seconds: 4))
            let large = try packets(of: Material.plain.file(in: folder, seconds: 4, size: "640x480"))
            let stream = try #require(small.first?.stream)
            // The camera goes on sending under the announcement that it made at first.
            let changed = large.map { packet in
                CameraPacket(
                    packet: packet.packet, stream: stream,
                    decodeTime: MediaTime(seconds: packet.decodeTime.seconds + 4),
                    offsetSeconds: packet.offsetSeconds + 4, wallSeconds: packet.wallSeconds + 4, generation: 1)
            }
            let bench = try RecorderBench(folder, packets: small)
            bench.visits = [(1, 1, 7)]
            bench.play(small + changed)
            bench.end()
            let listed = bench.listed
            #expect(listed.map { bench.start(of: $0).rounded() } == [0, 4])
            #expect(try bench.pictures(of: listed[0]) == small.map { $0.payload() })
            #expect(try bench.pictures(of: listed[1]) == changed.map { $0.payload() })
            for (clip, size) in zip(listed, ["320\n240", "640\n480"]) {
                let path = bench.clips.folder.file(clip.fileName)
                #expect(try Peer.complaints(about: path) == "")
                #expect(try Peer.probe(path, "frame=width,height").hasPrefix(size))
            }
        }
    }

    @Test func whenTheSourceEndsTheClipEndsAndTheNextConnectionHasItsOwn() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let file = try Material.plain.file(in: folder, seconds: 5)
            var timeline = Timeline()
            let first = try packets(of: file, generation: 1, timeline: &timeline)
            let second = try packets(of: file, generation: 2, timeline: &timeline)
            let bench = try RecorderBench(folder, packets: first)
            bench.visits = [(1, 2, 9)]
            bench.play(first)
            bench.camera.hub.endSource()
            bench.recording.round(bench.subscription)
            #expect(bench.recorder.status.state == .idle)
            bench.play(second)
            bench.end()
            let listed = bench.listed
            #expect(listed.map { bench.start(of: $0).rounded() } == [0, 5])
            #expect(try bench.pictures(of: listed[0]) == first.map { $0.payload() })
            #expect(try bench.pictures(of: listed[1]) == second.prefix(125).map { $0.payload() })
        }
    }

    @Test func aSourceThatComesBackAtOnceIsAnotherConnectionToo() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let file = try Material.plain.file(in: folder, seconds: 4)
            var timeline = Timeline()
            let first = try packets(of: file, generation: 1, timeline: &timeline)
            let second = try packets(of: file, generation: 2, timeline: &timeline)
            let bench = try RecorderBench(folder, packets: first)
            bench.visits = [(1, 1, 7)]
            bench.play(first)
            bench.camera.hub.endSource()
            bench.play(second)
            bench.end()
            #expect(bench.listed.map { bench.start(of: $0).rounded() } == [0, 4])
        }
    }

    @Test func aRecorderThatIsTooSlowLosesPacketsUpToAKeyFrameAndTheClipGoesOn() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let source = try packets(of: Material.plain.file(in: folder, seconds: 12))
            let bench = try RecorderBench(folder, packets: source, queue: .init(packets: 60))
            bench.visits = [(1, 2, 10)]
            bench.play(source.prefix(100))
            // The disk stands still for three seconds.
            bench.roundSeconds = 3
            bench.play(source.dropFirst(100).prefix(80))
            bench.roundSeconds = 0.25
            bench.play(source.dropFirst(180))
            bench.end()
            let clip = try #require(bench.listed.first)
            let status = bench.recorder.status
            #expect(bench.listed.count == 1 && status.droppedPackets > 0)
            let pictures = try bench.pictures(of: clip)
            var rest = pictures[...]
            for packet in source where packet.payload() == rest.first { rest.removeFirst() }
            #expect(rest.isEmpty, "a picture that the camera did not send, or out of order")
            let spanned = Int((clip.durationSeconds * 25).rounded())
            #expect(pictures.count == spanned - status.droppedPackets, "\(status)")
            #expect(try Peer.complaints(about: bench.clips.folder.file(clip.fileName)) == "")
        }
    }

    @Test func clipsOfOneSecondHaveNamesOfTheirOwn() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let source = try packets(of: Material.plain.file(in: folder, seconds: 5))
            for _ in 0..<3 {
                let bench = try RecorderBench(folder, packets: source)
                bench.visits = [(1, 2, 3)]
                bench.play(source)
                bench.end()
            }
            let names = try ClipBench(folder).files.filter { $0.hasSuffix(".mp4") }
            #expect(
                names == [
                    "front-door_2027-01-15_08-00-00-2.mp4", "front-door_2027-01-15_08-00-00-3.mp4",
                    "front-door_2027-01-15_08-00-00.mp4",
                ])
        }
    }

    @Test func itsOwnThreadDoesTheSame() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let source = try packets(of: Material.plain.file(in: folder, seconds: 6))
            let bench = try RecorderBench(folder, packets: source)
            bench.usesThread = true
            bench.visits = [(1, 2, 3)]
            bench.recorder.start()
            while bench.camera.hub.subscriberCount < 2 {}
            bench.play(source)
            bench.end()
            #expect(bench.listed.count == 1)
            #expect(bench.camera.hub.subscriberCount == 1, "the recorder's subscription is left behind")
        }
    }
}
