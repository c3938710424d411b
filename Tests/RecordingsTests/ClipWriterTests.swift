import Cameras
import Domain
import FFmpeg
import Foundation
import TestSupport
import Testing

@testable import Recordings

/// A folder for clips, and what was listed of it.
struct ClipBench {
    let folder: RecordingFolder
    let listed = ListedClips()
    let settlement: ClipSettlement
    let camera: ClipCamera

    init(_ folder: URL) throws {
        let id = try #require(CameraID("00000000-0000-4000-8000-000000000001"))
        camera = ClipCamera(id: id, path: try StreamPath("video/front-door"), name: "Front door")
        self.folder = try RecordingFolder(path: folder.appending(path: "recordings").path)
        settlement = ClipSettlement(folder: self.folder, sink: listed, style: .test, logger: .quiet)
    }

    var files: [String] { ((try? folder.names()) ?? []).filter { $0 != RecordingFolder.markName }.sorted() }

    func journal(_ start: Int64 = 1_800_000_000_000_000) -> ClipJournal {
        ClipJournal(camera: camera, startMicroseconds: start)
    }

    /// Writes a `.part` with its journal.
    func write(_ packets: [CameraPacket], name: ClipName, finishes: Bool = true) throws -> Int {
        let first = try #require(packets.first)
        let made = try PartFile(path: folder.file(name.part))
        let file = try #require(made)
        let audio = packets.first { $0.stream.kind == .audio }?.stream
        try DiskFile.replace(folder.file(name.journal), with: journal().json)
        var writer = try ClipWriter(
            name: name, file: file, first: first, audio: audio, startMicroseconds: 1_800_000_000_000_000,
            comment: String(decoding: journal().json, as: UTF8.self))
        for packet in packets { _ = try writer.write(packet) }
        if finishes { try writer.finish() } else { file.closeFile() }
        #expect(writer.refusedPackets == 0)
        return writer.videoPackets
    }

    /// Writes a clip, settles it, and returns its path.
    func clip(of packets: [CameraPacket]) throws -> String {
        let name = ClipName(base: "clip")
        _ = try write(packets, name: name)
        guard case .listed = try settlement.settle(name, journal(), picture: nil) else {
            Issue.record("not listed")
            return ""
        }
        return folder.file(name.video)
    }
}

@Suite(.serialized) struct ClipWriterTests {
    @Test(arguments: Material.all + Material.g711) func everyPacketIsInTheClipWhichPlaysToItsEnd(_ material: Material)
        async throws
    {
        try await withTemporaryDirectoryBlocking { folder in
            let source = try packets(of: material.file(in: folder, seconds: 3))
            let bench = try ClipBench(folder)
            let clip = try bench.clip(of: source)
            try expectCopies(of: source, in: clip)
            try expectToPlay(clip, material, source: source, bench: bench)
        }
    }

    private func expectCopies(of source: [CameraPacket], in clip: String) throws {
        var demuxer = try Remux.open(clip)
        var copies: [String: [(payload: [[UInt8]], seconds: Double)]] = [:]
        while let packet = try demuxer.next() {
            let stream = demuxer.streams[packet.streamIndex]
            copies[stream.kind.rawValue, default: []].append(
                (
                    packet.payload(codec: stream.codec, extradata: stream.parameters.extradata),
                    packet.presentationTime?.seconds ?? .nan
                ))
        }
        let origin = try #require(source.first?.packet.presentationTime?.seconds)
        let video = source.filter(\.isVideo)
        let copied = try #require(copies["video"])
        #expect(copied.map(\.payload) == video.map { $0.payload() })
        let start = try #require(copied.first?.seconds)
        for (packet, copy) in zip(video, copied) {
            let expected = try #require(packet.packet.presentationTime?.seconds) - origin
            #expect(abs(copy.seconds - start - expected) < 1e-6)
        }
        let sound = source.filter { $0.stream.kind == .audio }
        guard let codec = sound.first?.stream.codec, !codec.hasPrefix("pcm") else { return }
        // Sound from before the first picture is left out; the rest is all there.
        let copiedSound = (copies["audio"] ?? []).map(\.payload)
        #expect(copiedSound == Array(sound.map { $0.payload() }.suffix(copiedSound.count)))
        #expect(copiedSound.count >= sound.count - 4 && copiedSound.count > 0)
    }

    private func expectToPlay(_ clip: String, _ material: Material, source: [CameraPacket], bench: ClipBench) throws {
        #expect(try Peer.complaints(about: clip) == "")
        let count = try Program.run([
            "ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries",
            "stream=nb_read_frames", "-of", "csv=p=0", clip,
        ])
        #expect(Int(count.trimmingCharacters(in: .whitespacesAndNewlines)) == source.count { $0.isVideo })
        let row = try #require(bench.listed.all.first)
        let duration = try #require(Double(try Peer.probe(clip, "format=duration")))
        #expect(abs(row.durationSeconds - duration) < 0.01)
        #expect(abs(duration - 3) < 0.15)
        let size = try #require(FileManager.default.attributesOfItem(atPath: clip)[.size] as? Int64)
        #expect(row.fileBytes == size)
        #expect(bench.files == ["clip.mp4"], "something was left behind")
        // The index in front: a browser plays it before it has all of it.
        let bytes = try #require(FileManager.default.contents(atPath: clip))
        let index = try #require(bytes.range(of: Data("moov".utf8)))
        let media = try #require(bytes.range(of: Data("mdat".utf8)))
        #expect(index.lowerBound < media.lowerBound)
        let codec = try Peer.probe(clip, "stream=codec_name,codec_tag_string")
        if codec.hasPrefix("hevc") { #expect(codec == "hevc\nhvc1") }
        guard !material.audio.isEmpty else { return }
        let sound = try Peer.probe(clip, "stream=codec_name,start_time,duration", stream: "a:0").split(separator: "\n")
        #expect(["aac", "opus"].contains(sound.first))
        #expect(abs((Double(sound.dropFirst().first ?? "") ?? 9)) < 0.15)
        #expect(abs((Double(sound.dropFirst(2).first ?? "") ?? 9) - 3) < 0.25)
    }

    @Test func transcodedSoundStaysWithItsPicture() async throws {
        // A tone that starts at 2 s: found at 2 s in the clip, in spite of a gap in the packets before it.
        try await withTemporaryDirectoryBlocking { folder in
            let file = folder.appending(path: "tone.mkv")
            try Program.run(
                [
                    "ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
                    "testsrc=size=320x240:rate=25:duration=4",
                    "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000:duration=2", "-filter_complex",
                    "[1]adelay=2000:all=1[a]", "-map", "0:v", "-map", "[a]", "-pix_fmt", "yuv420p",
                ] + Material.h264 + ["-g", "25", "-c:a", "pcm_alaw", "-ar", "8000", file.path])
            var source = try packets(of: file)
            source.removeAll {
                $0.stream.kind == .audio && $0.decodeTime.seconds > 0.5 && $0.decodeTime.seconds < 1.5
            }
            let bench = try ClipBench(folder)
            let clip = try bench.clip(of: source)
            let said = try Program.run([
                "sh", "-c",
                "ffmpeg -nostdin -i \"$0\" -map 0:a -af silencedetect=noise=-30dB:d=0.5 -f null - 2>&1 | grep silence_end",
                clip,
            ])
            let end = try #require(
                said.split(separator: "silence_end: ").dropFirst().first?.split(separator: " ").first.flatMap {
                    Double($0)
                })
            #expect(abs(end - 2) < 0.1, "\(said)")
        }
    }

    @Test func parameterSetsComeFromTheFirstKeyFrameWhenTheStreamTellsNone() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            for material in [Material.plain, Material.all[4]] {
                let source = try packets(of: material.file(in: folder, seconds: 2))
                let first = try #require(source.first)
                let own = try #require(try ParameterSets.inside(first.packet, of: first.stream.parameters))
                let mute = try first.stream.parameters.replacingExtradata([])
                #expect(mute.extradata.isEmpty && !own.isEmpty)
                #expect(try ParameterSets.inside(first.packet, of: mute) == own)
                #expect(try ParameterSets.inside(source[1].packet, of: mute) == nil)
            }
        }
    }

    @Test func sequenceParameterSetsAreFoundAmongOthers() {
        let h264: [UInt8] = [0, 0, 0, 1, 0x67, 1, 0, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x27, 4]
        #expect(ParameterSets.sequences(in: h264, codec: "h264") == [[0x67, 1, 0, 2], [0x27, 4]])
        #expect(ParameterSets.sequences(in: [0, 0, 1, 0x42, 1, 9, 0, 0, 1, 0x40, 1], codec: "hevc") == [[0x42, 1, 9]])
        for bytes in [[], [0], [0, 0, 1], [1, 1, 1], [0, 0, 0, 0]] as [[UInt8]] {
            #expect(ParameterSets.sequences(in: bytes, codec: "h264").isEmpty)
        }
    }

    @Test func videoThatMP4DoesNotHoldIsRefusedWithTheReason() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let material = Material(testDescription: "", container: "mkv", video: ["-c:v", "huffyuv"])
            let source = try packets(of: material.file(in: folder, seconds: 1))
            let bench = try ClipBench(folder)
            let error = #expect(throws: RecordingError.self) {
                try bench.write(source, name: ClipName(base: "clip"))
            }
            #expect(error?.description.contains("huffyuv cannot be recorded without re-encoding") == true)
        }
    }

    @Test func whateverIsCutOffTheClipKeepsItsWholeFragments() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let source = try packets(of: Material.withSound.file(in: folder))
            let bench = try ClipBench(folder)
            let name = ClipName(base: "clip")
            _ = try bench.write(source, name: name)
            let path = bench.folder.file(name.part)
            let whole = try Data(contentsOf: URL(filePath: path))
            let fragments = try FragmentScan(path: path)
            #expect(fragments.wholeBytes == whole.count)
            #expect(fragments.fragments >= 4)
            var last = 0
            let sizes = Array(stride(from: 0, to: whole.count, by: max(1, whole.count / 97))) + [whole.count]
            for size in sizes {
                try whole.prefix(size).write(to: URL(filePath: path))
                let scan = try FragmentScan(path: path)
                #expect(scan.wholeBytes <= size && scan.fragments >= last)
                last = scan.fragments
                guard scan.fragments > 0 else { continue }
                try DiskFile.truncate(path, to: scan.wholeBytes)
                let outcome = try Remux.run(from: path, to: bench.folder.file(name.temporary), metadata: [:])
                #expect(outcome.videoPackets > 0)
                #expect(abs(outcome.durationSeconds - Double(outcome.videoPackets) / 25) < 0.1)
            }
            #expect(last == fragments.fragments)
        }
    }

    @Test func aLongGOPIsInFragmentsOfASecond() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let file = folder.appending(path: "long.ts")
            try Program.run(
                [
                    "ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
                    "testsrc=size=320x240:rate=25:duration=6",
                ]
                    + ["-pix_fmt", "yuv420p"] + Material.h264 + ["-g", "1000", "-sc_threshold", "0", file.path])
            let bench = try ClipBench(folder)
            let name = ClipName(base: "clip")
            _ = try bench.write(try packets(of: file), name: name, finishes: false)
            let scan = try FragmentScan(path: bench.folder.file(name.part))
            #expect(scan.fragments >= 5)
            _ = try Recovery(folder: bench.folder, sink: bench.listed, style: .test, logger: .quiet).run()
            #expect(try #require(bench.listed.all.first).durationSeconds >= 4.9)
        }
    }

    @Test func garbageIsNoFragment() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let path = folder.appending(path: "garbage").path
            var random = SystemRandomNumberGenerator()
            for round in 0..<200 {
                var bytes = (0..<round).map { _ in UInt8.random(in: 0...255, using: &random) }
                if round % 3 == 0 { bytes = [0, 0, 0, 1, 0x6D, 0x64, 0x61, 0x74] + [255, 255, 255, 255] + bytes }
                try Data(bytes).write(to: URL(filePath: path))
                #expect(try FragmentScan(path: path).fragments == 0)
            }
        }
    }
}
