import Cameras
import FFmpeg
import Foundation
import Streaming
import TestSupport
import Testing

/// A file that FFmpeg's program makes and publishes.
struct CodecSample: Sendable, CustomTestStringConvertible {
    let name: String
    let arguments: [String]

    var testDescription: String { name }

    static let all = [
        CodecSample(
            name: "H.264 with B-frames and AAC",
            arguments: ["-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-c:a", "aac"]),
        CodecSample(
            name: "H.265 and Opus",
            arguments: [
                "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:open-gop=0", "-c:a",
                "libopus",
            ]),
        CodecSample(
            name: "MJPEG and G.711 µ-law",
            arguments: [
                "-c:v", "mjpeg", "-q:v", "5", "-huffman", "default", "-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1",
            ]),
        CodecSample(
            name: "H.264 and G.711 A-law",
            arguments: ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"]),
    ]

    func make(in folder: URL) throws -> URL {
        try Footage.make(
            "codecs.mkv", in: folder,
            [
                "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=60", "-f", "lavfi", "-i",
                "anoisesrc=duration=60:sample_rate=48000:seed=1", "-g", "25", "-pix_fmt", "yuvj420p",
            ] + arguments)
    }
}

@Suite(.serialized)
struct CodecInteropTests {
    private enum Part: String, CaseIterable {
        /// Decoded: parameter sets may be added or left out.
        case pictures
        /// As they are.
        case sound

        var arguments: [String] {
            switch self {
            case .pictures: ["-map", "0:v", "-fps_mode", "passthrough"]
            case .sound: ["-map", "0:a", "-c", "copy"]
            }
        }
    }

    @Test("Pictures and sound of every codec come out as they went in", arguments: CodecSample.all)
    func codecs(sample: CodecSample) async throws {
        try await withServer { server in
            let file = try await onThread { try sample.make(in: server.folder) }
            let program = try RunningProgram([
                "ffmpeg", "-v", "error", "-re", "-i", file.path, "-c", "copy", "-f", "rtsp", "-rtsp_transport", "tcp",
                server.url("video/a"),
            ])
            defer { program.end() }
            try #require(await eventually(within: 20) { server.cameras[0].isRunning })
            await withTaskGroup(of: Void.self) { group in
                for part in Part.allCases {
                    let sent = Task { try await onThread { try Self.hashes(of: file.path, [], part, for: 60) } }
                    for way in ["tcp", "udp"] {
                        group.addTask {
                            do {
                                let received = try await onThread {
                                    try Self.hashes(of: server.url("video/a"), ["-rtsp_transport", way], part, for: 2)
                                }
                                let all = try await sent.value
                                let isRun = all.indices.contains { all[$0...].starts(with: received) }
                                #expect(received.count > 20, "\(part) over \(way)")
                                #expect(isRun, "\(part) over \(way): \(received.count) differ from what was sent")
                            } catch {
                                Issue.record("\(part) over \(way): \(error)")
                            }
                        }
                    }
                }
            }
            #expect(server.cameras[0].status.audio != nil)
        }
    }

    /// GStreamer wraps AAC in LATM when nobody tells it otherwise.
    @Test func soundThatGStreamerWrapsByItselfComesOutAsItWentIn() async throws {
        try await withServer { server in
            let file = try await onThread {
                try Footage.make(
                    "latm.mp4", in: server.folder,
                    [
                        "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=60", "-f", "lavfi", "-i",
                        "anoisesrc=duration=60:sample_rate=44100:seed=1", "-g", "25", "-pix_fmt", "yuv420p", "-c:v",
                        "libx264", "-preset", "ultrafast", "-c:a", "aac", "-ac", "2",
                    ])
            }
            let program = try RunningProgram([
                "gst-launch-1.0", "-q", "filesrc", "location=\(file.path)", "!", "qtdemux", "name=d", "rtspclientsink",
                "name=s", "protocols=tcp", "location=\(server.url("video/a"))", "d.video_0", "!", "queue", "!",
                "h264parse", "config-interval=-1", "!", "identity", "sync=true", "!", "s.", "d.audio_0", "!", "queue",
                "!", "aacparse", "!", "identity", "sync=true", "!", "s.",
            ])
            defer { program.end() }
            try #require(await eventually(within: 20) { server.cameras[0].isRunning })
            let (received, sent) = try await onThread {
                (
                    try Self.hashes(of: server.url("video/a"), ["-rtsp_transport", "tcp"], .sound, for: 2),
                    try Self.hashes(of: file.path, [], .sound, for: 60)
                )
            }
            let isRun = sent.indices.contains { sent[$0...].starts(with: received) }
            #expect(received.count > 20)
            #expect(isRun, "\(received.count) differ from what was sent")
            #expect(server.cameras[0].status.audio?.channels == 2)
        }
    }

    /// One for each picture or packet.
    private static func hashes(of url: String, _ options: [String], _ part: Part, for seconds: Int) throws -> [String] {
        let input = ["timeout", "60", "ffmpeg", "-nostdin", "-v", "error"] + options + ["-i", url]
        let output = try Program.run(input + part.arguments + ["-t", "\(seconds)", "-f", "framemd5", "-"])
        return output.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            let fields = line.split(separator: ",")
            return fields.count > 5 ? fields[5].trimmingCharacters(in: .whitespaces) : nil
        }
    }
}
