import Domain
import FFmpeg
import Foundation
import NIOCore
import Streaming
import TestSupport
import Testing

/// Random numbers that are the same in each run (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Bytes among which no start code can be.
    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 7)
        while bytes.count < count {
            // No zero among them.
            withUnsafeBytes(of: next() | 0x0101_0101_0101_0101) { bytes.append(contentsOf: $0) }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}

/// Shorthand for RTP packets and what becomes of them.
enum Rtp {
    static let startCode: [UInt8] = [0, 0, 0, 1]

    static func packet(
        _ sequence: UInt16, _ payload: [UInt8], at timestamp: UInt32 = 0, isMarked: Bool = false, type: UInt8 = 96,
        source: UInt32 = 7
    ) -> [UInt8] {
        func big(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        return [0x80, type | (isMarked ? 0x80 : 0)] + big(sequence) + big(timestamp) + big(source) + payload
    }

    static func media(_ codec: MediaCodec, _ parameters: [String: String] = [:]) -> SessionDescription.Media {
        SessionDescription.Media(
            kind: codec.isVideo ? "video" : "audio", codec: codec, payloadType: codec.staticPayloadType ?? 96,
            clockRate: codec.isVideo ? 90_000 : 48_000, parameters: parameters)
    }

    static func depacketizer(_ codec: MediaCodec, _ parameters: [String: String] = [:]) throws -> Depacketizer {
        try #require(Depacketizer(media(codec, parameters)))
    }

    /// Annex B.
    static func unit(_ units: [[UInt8]]) -> [UInt8] { units.flatMap { startCode + $0 } }

    /// The packets of a batch.
    static func packets(_ batch: RTPBatch) -> [[UInt8]] {
        batch.framed.withUnsafeReadableBytes { bytes in batch.packets.map { Array(bytes[$0]) } }
    }

    /// All packets of a stream, and its access units in Annex B form.
    struct Recorded {
        var stream: StreamInfo
        var packets: [Packet]

        /// The first video or sound of a file.
        init(_ file: URL) throws {
            let interrupt = Interrupt()
            var demuxer = try Demuxer(url: file.path, subject: file.lastPathComponent, interrupt: interrupt)
            let stream = try #require(demuxer.streams.first)
            self.stream = stream
            packets = []
            while let packet = try demuxer.next() {
                if packet.streamIndex == stream.index { packets.append(packet) }
            }
        }

        var bytes: [[UInt8]] { packets.map { $0.withBytes { Array($0) } } }

        /// The NAL units of each packet behind lengths of four bytes, or as they are.
        var units: [[UInt8]] {
            guard stream.parameters.extradata.first == 1 else { return bytes }
            return bytes.map { bytes in
                var annexB: [UInt8] = []
                var rest = bytes[...]
                while rest.count >= 4 {
                    let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
                    annexB += Rtp.startCode + rest.dropFirst(4).prefix(length)
                    rest = rest.dropFirst(4 + length)
                }
                return annexB
            }
        }
    }
}

extension Depacketizer {
    mutating func receive(_ packet: [UInt8]) -> [AccessUnit] { packet.withUnsafeBytes { receive($0) } }

    mutating func receive(all packets: [[UInt8]]) -> [AccessUnit] { packets.flatMap { receive($0) } }
}

extension Packetizer {
    mutating func packets(of bytes: [UInt8], isKeyFrame: Bool = false, at timestamp: UInt32) -> [[UInt8]] {
        Rtp.packets(bytes.withUnsafeBytes { packetize($0, isKeyFrame: isKeyFrame, timestamp: timestamp) })
    }
}

/// Streams as FFmpeg's own program makes them.
enum RtpFootage {
    static func h264(in folder: URL, container: String = "mp4", frames: Int = 25, reordered: Int = 0) throws -> URL {
        try Footage.make(
            "rtp-\(reordered).\(container)", in: folder,
            [
                "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25", "-frames:v", "\(frames)", "-c:v", "libx264",
                "-preset", "fast", "-pix_fmt", "yuv420p", "-bf", "\(reordered)", "-b_strategy", "0", "-g", "10",
            ])
    }

    static func h265(in folder: URL, container: String = "mp4") throws -> URL {
        try Footage.make(
            "rtp265.\(container)", in: folder,
            [
                "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25", "-frames:v", "25", "-c:v", "libx265", "-preset",
                "ultrafast", "-x265-params", "log-level=none:keyint=10:bframes=2", "-pix_fmt", "yuv420p", "-tag:v",
                "hvc1",
            ])
    }

    static func mjpeg(in folder: URL) throws -> URL {
        try Footage.make(
            "rtp-jpeg.mkv", in: folder,
            [
                "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25", "-frames:v", "10", "-c:v", "mjpeg", "-huffman",
                "default", "-pix_fmt", "yuvj420p", "-q:v", "3",
            ])
    }

    static func sound(_ codec: String, in folder: URL, rate: Int = 48_000, channels: Int = 2) throws -> URL {
        try Footage.make(
            "rtp-\(codec).mkv", in: folder,
            [
                "-f", "lavfi", "-i", "sine=frequency=440:duration=1", "-c:a", codec, "-ar", "\(rate)", "-ac",
                "\(channels)",
            ])
    }
}
