package import Foundation

/// A program of another maker that serves a moving test picture of 320 × 240 as a camera does.
package struct CameraPeer: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case httpMotionJPEG, httpMotionJPEGOfFFmpeg, httpsMotionJPEG, httpLiveHLS, httpsLiveHLS, rtmp, srt, rtsp, rtsps
    }

    package typealias Serving = (program: RunningProgram, url: String)

    private struct Greeting: Decodable { let url: String }

    private let programs: [RunningProgram]
    package let url: String

    /// - Parameters:
    ///   - folder: for its files.
    ///   - port: where it listens; nil for any free port.
    package init(_ kind: Kind, in folder: URL, port: Int? = nil) async throws {
        let file = try Footage.pictures(in: folder)
        var arguments = port.map { ["--port", "\($0)"] } ?? []
        if [.httpsMotionJPEG, .httpsLiveHLS, .rtsps].contains(kind) {
            arguments += ["--certificate", try Self.certificate(in: folder).path]
        }
        switch kind {
        case .httpMotionJPEG, .httpsMotionJPEG:
            let server = try await Self.http(serving: folder, arguments: arguments)
            (programs, url) = ([server.program], server.url + "mjpeg")
        case .httpLiveHLS, .httpsLiveHLS:
            try? FileManager.default.removeItem(at: folder.appending(path: "live.m3u8"))
            let server = try await Self.http(serving: folder, arguments: arguments)
            let format = ["-f", "hls", "-hls_time", "1", "-hls_list_size", "3", "-hls_flags", "delete_segments"]
            let writer = try Self.ffmpeg(playing: file, format, to: folder.appending(path: "live.m3u8").path)
            (programs, url) = ([writer, server.program], server.url + "live.m3u8")
        case .rtsp, .rtsps:
            let server = try await Self.rtsp(serving: file, arguments: arguments)
            (programs, url) = ([server.program], server.url)
        case .httpMotionJPEGOfFFmpeg:
            url = "http://127.0.0.1:\(try port ?? freePort())/camera.mjpg"
            programs = [try Self.ffmpeg(playing: file, ["-c:v", "mjpeg", "-f", "mpjpeg", "-listen", "1"], to: url)]
        case .rtmp:
            url = "rtmp://127.0.0.1:\(try port ?? freePort())/live/camera"
            programs = [try Self.ffmpeg(playing: file, ["-f", "flv", "-listen", "1"], to: url)]
        case .srt:
            url = "srt://127.0.0.1:\(try port ?? freePort())"
            programs = [try Self.ffmpeg(playing: file, ["-f", "mpegts"], to: url + "?mode=listener")]
        }
    }

    package var port: Int? { URLComponents(string: url)?.port }

    /// Stops it in the middle of what it does; its connections stay open.
    package func freeze() {
        for program in programs { program.freeze() }
    }

    package func end() {
        for program in programs { program.end() }
    }

    /// A folder over HTTP: `mjpeg` from its JPEG files, and the files themselves.
    package static func http(serving folder: URL, arguments: [String] = []) async throws -> Serving {
        try await python("http_camera.py", [folder.path] + arguments)
    }

    /// An MP4 file in a loop over RTSP (GStreamer).
    package static func rtsp(serving file: URL, arguments: [String] = []) async throws -> Serving {
        try await python("rtsp_server.py", [file.path] + arguments)
    }

    /// A file in a loop at its own speed; as a server, FFmpeg's program waits for one reader.
    private static func ffmpeg(playing file: URL, _ format: [String], to url: String) throws -> RunningProgram {
        try RunningProgram(
            ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", file.path, "-c", "copy"] + format + [url])
    }

    private static func python(_ script: String, _ arguments: [String]) async throws -> Serving {
        try await onThread {
            let program = try RunningProgram(
                ["/usr/bin/python3", checkout.appending(path: "scripts/\(script)").path] + arguments)
            return (program, try JSONDecoder().decode(Greeting.self, from: Data(program.firstLine().utf8)).url)
        }
    }

    /// A new self-signed certificate and its key in one PEM file.
    private static func certificate(in folder: URL) throws -> URL {
        let (key, certificate) = (folder.appending(path: "key.pem"), folder.appending(path: "certificate.pem"))
        try Program.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            key.path, "-out", certificate.path, "-days", "2", "-subj", "/CN=camera",
        ])
        let both = folder.appending(path: "both.pem")
        try (Data(contentsOf: key) + Data(contentsOf: certificate)).write(to: both)
        return both
    }
}
