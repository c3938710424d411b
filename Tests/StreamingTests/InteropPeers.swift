import Access
import Foundation
import TestSupport
import Testing

/// How media travel between the server and a peer.
enum Way: String, CaseIterable, Sendable {
    case tcp, udp, tls
}

/// A program of another maker that publishes a file.
struct PublishingPeer: Sendable, CustomTestStringConvertible {
    enum Maker: String, CaseIterable, Sendable {
        case ffmpeg, gstreamer
    }

    let maker: Maker
    let way: Way

    static let all = Maker.allCases.flatMap { maker in Way.allCases.map { PublishingPeer(maker: maker, way: $0) } }

    var testDescription: String { "\(maker.rawValue) over \(way.rawValue)" }

    /// Whether it came to its end well, as far as the server has a part in it.
    ///
    /// GStreamer 1.22 cancels its own last packet, or waits for ever for its own reports; on a busy machine often, and against
    /// its own server as well. Of what it says, what the server answered counts.
    func isContent(_ outcome: Program.Outcome) -> Bool {
        switch maker {
        case .ffmpeg: outcome.status == 0 && outcome.errors.isEmpty
        case .gstreamer: !outcome.errors.contains("error response")
        }
    }

    /// Begins to publish at the file's own speed.
    func publish(_ file: URL, to path: String, of server: RunningServer) throws -> RunningProgram {
        try RunningProgram(command(file, to: path, of: server))
    }

    func command(_ file: URL, to path: String, of server: RunningServer) -> [String] {
        let protocols = way == .udp ? "udp" : "tcp"
        switch maker {
        case .ffmpeg:
            return [
                "ffmpeg", "-v", "error", "-re", "-i", file.path, "-c", "copy", "-f", "rtsp", "-rtsp_transport",
                protocols, server.url(path, isSecure: way == .tls, as: RunningServer.publisher),
            ]
        case .gstreamer:
            return [
                "gst-launch-1.0", "-q", "filesrc", "location=\(file.path)", "!", "qtdemux", "!", "h264parse",
                "config-interval=-1", "!", "identity", "sync=true", "!", "rtspclientsink",
                "location=\(server.url(path, isSecure: way == .tls))",
                "user-id=\(RunningServer.publisher.username)", "user-pw=\(RunningServer.publisher.password)",
                "protocols=\(protocols)", "tls-validation-flags=0",
            ]
        }
    }
}

/// A program of another maker that plays, and keeps what it got.
struct PlayingPeer: Sendable, CustomStringConvertible {
    enum Maker: String, CaseIterable, Sendable {
        case ffmpeg, gstreamer, mpv
        /// `scripts/rtsp_client.py`, which forgives nothing.
        case strict
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let maker: Maker
    let way: Way

    static let all = Maker.allCases.flatMap { maker in Way.allCases.map { PlayingPeer(maker: maker, way: $0) } }

    var description: String { "\(maker.rawValue) over \(way.rawValue)" }

    /// Plays some forty pictures. Blocks.
    ///
    /// - Returns: the stream as Annex B.
    func play(_ path: String, of server: RunningServer) throws -> Data {
        let name = "\(maker.rawValue)-\(way.rawValue)-\(UUID().uuidString)"
        let file = server.folder.appending(path: "\(name).h264").path
        let protocols = way == .udp ? "udp" : "tcp"
        let url = server.url(path, isSecure: way == .tls, as: RunningServer.viewer)
        var arguments: [String]
        switch maker {
        case .ffmpeg:
            arguments = [
                "ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", protocols, "-i", url, "-c", "copy",
                "-frames:v", "40", file,
            ]
        case .gstreamer:
            arguments = [
                "gst-launch-1.0", "-q", "rtspsrc", "location=\(server.url(path, isSecure: way == .tls))",
                "user-id=\(RunningServer.viewer.username)", "user-pw=\(RunningServer.viewer.password)",
                "protocols=\(protocols)", "tls-validation-flags=0", "!", "rtph264depay", "!",
                "video/x-h264,stream-format=byte-stream,alignment=au", "!", "identity", "eos-after=41", "!", "filesink",
                "location=\(file)",
            ]
        case .mpv:
            arguments = [
                "mpv", "--no-config", "--really-quiet", "--vo=null", "--ao=null", "--rtsp-transport=\(protocols)",
                "--stream-record=\(file).mkv", "--length=2", url,
            ]
        case .strict:
            arguments = [
                "python3", checkout.appending(path: "scripts/rtsp_client.py").path, url, "--transport", protocols,
                "--pictures", "40", "--out", file,
            ]
        }
        let outcome = try Program.outcome(of: ["timeout", "60"] + arguments)
        // At its end GStreamer interrupts its own PAUSE now and then, and says that it failed.
        guard outcome.status == 0 || maker == .gstreamer else {
            throw Failure(description: "\(outcome.status): \(outcome.errors.suffix(500))")
        }
        if maker == .mpv {
            try Program.run(["ffmpeg", "-nostdin", "-v", "error", "-i", "\(file).mkv", "-c", "copy", file])
        }
        return try Data(contentsOf: URL(filePath: file))
    }
}
