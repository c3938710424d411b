internal import ArgumentParser
internal import Cameras
private import Domain
private import FFmpeg
private import Foundation

struct Probe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what a stream, file or device is.",
        discussion: """
            URL is what a camera's `source` would be: rtsp, rtsps, rtmp, srt, http,
            https, file or device. A bare path is taken for a file.

            Examples:
              spectrax probe rtsp://admin:secret@192.168.1.20/stream1
              spectrax probe file:///home/me/video.mp4
              spectrax probe device:///dev/video0
            """)

    @Argument(help: "What to look at.")
    var url: String
    @Option(help: "How RTSP media travels: tcp or udp.")
    var transport = Source.Transport.tcp

    func run() throws {
        do {
            let isPath = !url.contains(":") || FileManager.default.fileExists(atPath: url)
            // A path stands for itself: its percent signs are no escapes.
            let path = URL(filePath: url).standardizedFileURL.path.replacing("%", with: "%25")
            let source = Source(try CameraURL(isPath ? "file:\(path)" : url), transport: transport)
            if source.url.scheme.isNetwork { printError("connecting to \(source.url.redacted) ...") }
            let demuxer = try source.open(interrupt: Interrupt())
            print("source    \(source.url.redacted)")
            print("format    \(demuxer.formatName)")
            if let seconds = demuxer.durationSeconds { print("duration  \(String(format: "%.2f", seconds)) s") }
            for stream in demuxer.streams { print("stream \(stream.index)  \(Self.line(about: stream))") }
            if demuxer.bestVideoStream == nil {
                print("There is no video in it: it cannot be a camera.")
            } else if demuxer.isStillPicture {
                print("It is a still picture: it cannot be a camera.")
            }
        } catch {
            printError("\(error)")
            throw ExitCode.failure
        }
    }

    private static func line(about stream: StreamInfo) -> String {
        var parts = ["\(stream.kind.rawValue) \(stream.codec)"]
        if let profile = stream.profile { parts[0] += " (\(profile))" }
        if stream.kind == .video {
            parts.append("\(stream.width)x\(stream.height)")
            if let format = stream.pixelFormat { parts.append(format) }
            if let rate = stream.frameRate { parts.append(String(format: "%.2f frames/s", rate)) }
        }
        if stream.kind == .audio { parts.append("\(stream.sampleRate) Hz, \(stream.channels) channels") }
        if let rate = stream.bitRate { parts.append("\(rate / 1000) kbit/s") }
        return parts.joined(separator: ", ")
    }
}

extension Source.Transport: ExpressibleByArgument {}
