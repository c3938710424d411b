import Cameras
import Domain
import FFmpeg
import Foundation
import Logging
import Recordings
import TestSupport
import Testing

@testable import Recordings

/// Footage as cameras of several kinds send it.
struct Material: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Its ending chooses the container: `ts` carries start codes (Annex B) as RTP does, `mp4` lengths.
    var container: String
    var video: [String]
    var audio: [String] = []

    static let h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0"]
    static let h265 = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:bframes=0"]
    static let plain = Material(testDescription: "H.264 as RTP has it", container: "ts", video: h264)
    static let withSound = Material(
        testDescription: "H.264 and AAC", container: "mp4", video: h264, audio: ["-c:a", "aac"])

    static let all: [Material] = [
        plain, withSound,
        Material(testDescription: "H.264 in MP4's form", container: "mp4", video: h264),
        Material(
            testDescription: "H.264 with B-frames", container: "ts",
            video: ["-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-x264-params", "open-gop=0"]),
        Material(testDescription: "H.265 as RTP has it", container: "ts", video: h265),
        Material(testDescription: "H.265 in MP4's form", container: "mp4", video: h265),
        Material(testDescription: "MJPEG", container: "mkv", video: ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]),
        Material(testDescription: "AAC with ADTS headers", container: "ts", video: h264, audio: ["-c:a", "aac"]),
        Material(testDescription: "Opus", container: "mkv", video: h264, audio: ["-c:a", "libopus"]),
    ]

    static let g711 = ["pcm_alaw", "pcm_mulaw"].map { codec in
        Material(
            testDescription: codec, container: "mkv", video: h264, audio: ["-c:a", codec, "-ar", "8000", "-ac", "1"])
    }

    /// A key frame every second, 25 pictures a second.
    func file(in folder: URL, seconds: Double = 4, size: String = "320x240", bitRate: String? = nil) throws -> URL {
        let file = folder.appending(path: "material-\(UUID().uuidString.prefix(8)).\(container)")
        let sound =
            audio.isEmpty
            ? [] : ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=\(seconds)"]
        try Program.run(
            [
                "ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
                "testsrc=size=\(size):rate=25:duration=\(seconds)",
            ] + sound + ["-pix_fmt", "yuv420p"] + video + ["-g", "25", "-keyint_min", "25", "-sc_threshold", "0"]
                + (bitRate.map { ["-b:v", $0, "-minrate", $0, "-maxrate", $0, "-bufsize", $0] } ?? []) + audio
                + [file.path])
        return file
    }
}

/// All packets of a file as a camera would publish them, sound included, from the first picture on.
func packets(
    of file: URL, startWall: Double = 1_800_000_000, generation: Int = 1, timeline: inout Timeline
) throws -> [CameraPacket] {
    var demuxer = try Demuxer(url: file.path, subject: file.lastPathComponent, interrupt: Interrupt())
    let best = demuxer.bestVideoStream
    let video = try #require(best)
    var packets: [CameraPacket] = []
    timeline.restart()
    while let packet = try demuxer.next() {
        guard let stream = demuxer.streams.first(where: { $0.index == packet.streamIndex }) else { continue }
        if packets.isEmpty, stream.kind != .video || !packet.isKeyFrame { continue }
        let seconds = (packet.decodeTime ?? packet.presentationTime)?.seconds
        let place =
            stream.index == video.index
            ? timeline.place(streamSeconds: seconds, arrivalSeconds: 0)
            : timeline.placeCompanion(stream.index, streamSeconds: seconds, arrivalSeconds: 0)
        packets.append(
            CameraPacket(
                packet: packet, stream: stream, decodeTime: place.decodeTime, offsetSeconds: place.offsetSeconds,
                wallSeconds: startWall + place.decodeTime.seconds, generation: generation))
    }
    return packets
}

func packets(of file: URL) throws -> [CameraPacket] {
    var timeline = Timeline()
    return try packets(of: file, timeline: &timeline)
}

extension CameraPacket {
    /// The payload, for comparing: NAL units without what separates them for H.264 and H.265; AAC without ADTS headers.
    func payload() -> [[UInt8]] {
        packet.payload(codec: stream.codec, extradata: stream.parameters.extradata)
    }
}

extension Packet {
    func payload(codec: String, extradata: [UInt8]) -> [[UInt8]] {
        let bytes = withBytes { Array($0) }
        switch codec {
        case "h264", "hevc": return extradata.first == 1 ? Self.lengthPrefixed(bytes) : Self.startCoded(bytes)
        case "aac" where bytes.count > 7 && bytes[0] == 0xFF && bytes[1] & 0xF0 == 0xF0:
            return [Array(bytes.dropFirst(bytes[1] & 1 == 1 ? 7 : 9))]
        default: return [bytes]
        }
    }

    private static func lengthPrefixed(_ bytes: [UInt8]) -> [[UInt8]] {
        var units: [[UInt8]] = []
        var rest = bytes[...]
        while rest.count >= 4 {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            units.append(trimmed(rest.dropFirst(4).prefix(length)))
            rest = rest.dropFirst(4 + length)
        }
        return units
    }

    private static func startCoded(_ bytes: [UInt8]) -> [[UInt8]] {
        var units: [[UInt8]] = []
        var start: Int?
        var index = 0
        while index + 2 < bytes.count {
            guard bytes[index] == 0, bytes[index + 1] == 0, bytes[index + 2] == 1 else {
                index += 1
                continue
            }
            if let start { units.append(trimmed(bytes[start..<index])) }
            start = index + 3
            index += 3
        }
        if let start { units.append(trimmed(bytes[start...])) }
        return units
    }

    /// Zeros behind a NAL unit belong to the next start code.
    private static func trimmed(_ unit: ArraySlice<UInt8>) -> [UInt8] {
        var unit = unit
        while unit.last == 0 { unit.removeLast() }
        return Array(unit)
    }
}

/// What is listed, in memory.
final class ListedClips: RecordingSink, @unchecked Sendable {
    // Safe: behind the lock.
    private let lock = NSLock()
    private var rows: [FinishedRecording] = []
    private var failure: (any Error)?

    var all: [FinishedRecording] { lock.withLock { rows } }

    func failing(_ error: (any Error)?) { lock.withLock { failure = error } }

    func contains(fileName: String) throws -> Bool {
        try lock.withLock {
            if let failure { throw failure }
            return rows.contains { $0.fileName == fileName }
        }
    }

    func insert(_ recording: FinishedRecording) throws {
        try lock.withLock {
            if let failure { throw failure }
            #expect(!rows.contains { $0.fileName == recording.fileName }, "listed twice")
            rows.append(recording)
        }
    }
}

/// What FFmpeg's own programs say of a clip.
enum Peer {
    /// Decodes everything.
    ///
    /// - Returns: what there was to complain about.
    static func complaints(about file: String) throws -> String {
        try Program.run([
            "sh", "-c", "exec ffmpeg -nostdin -v error -xerror -i \"$0\" -map 0 -f null - 2>&1", file,
        ])
    }

    static func probe(_ file: String, _ entries: String, stream: String = "v:0") throws -> String {
        try Program.run([
            "ffprobe", "-v", "error", "-select_streams", stream, "-show_entries", entries, "-of",
            "default=nokey=1:noprint_wrappers=1", file,
        ]).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

extension Logger {
    static var quiet: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }
}
