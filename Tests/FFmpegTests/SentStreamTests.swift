import Domain
import FFmpeg
import Foundation
import TestSupport
import Testing

/// Streams that are described by their first key frame.
@Suite struct SentStreamTests {
    private static func firstKeyFrame(_ arguments: [String], in folder: URL) throws -> (bytes: [UInt8], StreamInfo) {
        let file = try Footage.make(
            "sent.ts", in: folder,
            ["-f", "lavfi", "-i", "testsrc=size=322x242:rate=25", "-frames:v", "12", "-pix_fmt", "yuv420p"]
                + arguments)
        var demuxer = try Demuxer(url: file.path, subject: "sent.ts", interrupt: Interrupt())
        let (packet, streams) = (try demuxer.next(), demuxer.streams)
        return (try #require(packet).withBytes { Array($0) }, try #require(streams.first))
    }

    @Test(arguments: [("libx264", "h264", 0), ("libx264", "h264", 2), ("libx265", "hevc", 2)])
    func sizeProfileAndReorderingAreThoseOfTheParameterSets(_ encoder: String, _ codec: String, _ reordered: Int)
        async throws
    {
        try await withTemporaryDirectoryBlocking { folder in
            let arguments =
                encoder == "libx264"
                ? ["-bf", "\(reordered)"] : ["-x265-params", "log-level=none:bframes=\(reordered):b-pyramid=1"]
            let (bytes, original) = try Self.firstKeyFrame(
                ["-c:v", encoder, "-preset", "fast"] + arguments, in: folder)
            let stream = try StreamInfo.video(
                index: 3, codec: codec, keyFrame: bytes, extradata: [], clockRate: 90_000)
            #expect(stream.index == 3 && stream.kind == .video && stream.codec == codec)
            #expect(stream.width == 322 && stream.height == 242)
            #expect(stream.pixelFormat == "yuv420p")
            #expect(stream.profile == original.profile)
            #expect(stream.reorderedPictures == reordered)
        }
    }

    /// A sequence parameter set of H.264 (7.3.2.1.1) for pictures of so many blocks of 16 pixels a side, and a key frame.
    private static func keyFrame(blocks: Int) -> [UInt8] {
        var bits: [Bool] = []
        func number(_ value: Int, _ count: Int) { bits += (0..<count).reversed().map { value >> $0 & 1 == 1 } }
        /// Exp-Golomb (9.1).
        func golomb(_ value: Int) {
            let length = (value + 1).bitWidth - (value + 1).leadingZeroBitCount
            number(0, length - 1)
            number(value + 1, length)
        }
        number(66, 8)
        number(0xC0, 8)
        number(51, 8)
        for value in [0, 0, 2, 1] { golomb(value) }
        number(0, 1)
        golomb(blocks - 1)
        golomb(blocks - 1)
        // Frames, 8x8 inference, no cropping, no VUI; the end.
        number(0b11001, 5)
        bits += [Bool](repeating: false, count: (8 - bits.count % 8) % 8)
        let payload = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<(start + 8)].reduce(0 as UInt8) { $0 << 1 | ($1 ? 1 : 0) }
        }
        return [0, 0, 0, 1, 0x67] + payload + [0, 0, 0, 1, 0x68, 0xCE, 0x38, 0x80, 0, 0, 0, 1, 0x65, 0x88, 0x84, 0x21]
    }

    @Test func picturesOfUnreasonableSizeAreRefused() throws {
        let usual = try StreamInfo.video(
            index: 0, codec: "h264", keyFrame: Self.keyFrame(blocks: 20), extradata: [], clockRate: 90_000)
        #expect(usual.width == 320 && usual.height == 320)
        for blocks in [1025, 4096, 65_536, 1 << 27] {
            #expect(throws: FFmpegError.self) {
                try StreamInfo.video(
                    index: 0, codec: "h264", keyFrame: Self.keyFrame(blocks: blocks), extradata: [], clockRate: 90_000)
            }
        }
    }

    @Test func noParameterSetDoesHarm() {
        let set = Self.keyFrame(blocks: 20)[4...].prefix(16)
        #expect(SequenceParameterSet.reorderedPictures(set, codec: "h264") == 0)
        for length in 0...set.count { _ = SequenceParameterSet.reorderedPictures(set.prefix(length), codec: "h264") }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            let profile = [77, 100, 66].randomElement(using: &random) ?? 77
            let rest = (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = SequenceParameterSet.reorderedPictures([0x67, UInt8(profile), 0, 30] + rest, codec: "h264")
            _ = SequenceParameterSet.reorderedPictures([0x42, 1] + rest, codec: "hevc")
        }
    }

    @Test func trailingBytesBehindAParameterSetDoNoHarm() throws {
        var bytes = Self.keyFrame(blocks: 20)
        let next = try #require(Data(bytes).range(of: Data([0, 0, 0, 1, 0x68]))).lowerBound
        bytes.insert(contentsOf: [0, 0, 0], at: next)
        let stream = try StreamInfo.video(index: 0, codec: "h264", keyFrame: bytes, extradata: [], clockRate: 90_000)
        #expect(stream.width == 320)
    }

    @Test(arguments: [
        [], [0], [0, 0, 0, 1], [0, 0, 0, 1, 0x67], [0, 0, 0, 1, 0x65, 0x88], [UInt8](repeating: 0xFF, count: 500),
    ])
    func bytesWithoutParameterSetsAreRefused(_ bytes: [UInt8]) {
        for codec in ["h264", "hevc", "mjpeg", "nothing"] {
            #expect(throws: FFmpegError.self) {
                try StreamInfo.video(index: 0, codec: codec, keyFrame: bytes, extradata: [], clockRate: 90_000)
            }
        }
    }

    @Test func soundThatMakesNoSenseIsRefused() throws {
        let stream = try StreamInfo.audio(
            index: 1, codec: "aac", sampleRate: 44_100, channels: 2, extradata: [0x12, 0x10])
        #expect(stream.kind == .audio && stream.channels == 2 && stream.parameters.extradata == [0x12, 0x10])
        for (rate, channels) in [(0, 1), (-1, 1), (48_000, 0), (48_000, 1000), (.max, 1)] {
            #expect(throws: FFmpegError.self) {
                try StreamInfo.audio(index: 1, codec: "aac", sampleRate: rate, channels: channels, extradata: [])
            }
        }
    }
}
