import Cameras
import Domain
import FFmpeg
import Foundation
import Logging
import NIOCore
import Plumbing
import ServiceLifecycle
import Streaming
import TestSupport
import Testing

/// Live MP4 of real footage, as a browser would get it.
@Suite(.timeLimit(.minutes(5)))
struct LiveFragmentsTests {
    /// Somebody who watches and keeps all that comes.
    private final class Watcher: Sendable {
        private let source: LiveFragments
        private let watch: LiveFragments.Watch
        private let later: Locked<[VideoPiece]>

        init(_ source: LiveFragments) {
            let later = Locked<[VideoPiece]>([])
            self.source = source
            self.later = later
            watch = source.watch { piece in later.withLock { $0.append(piece) } }
        }

        var pieces: [VideoPiece] { watch.pieces + later.withLock { $0 } }
        var headers: [VideoHeader] { pieces.compactMap { if case .header(let header) = $0 { header } else { nil } } }
        var fragments: [VideoFragment] {
            pieces.compactMap { if case .fragment(let fragment) = $0 { fragment } else { nil } }
        }

        func leave() { source.leave(watch) }

        /// The MP4 that follows a header, as a file.
        func file(_ index: Int = 0, in folder: URL) throws -> URL {
            var part = -1
            var bytes = Data()
            for piece in pieces {
                switch piece {
                case .header(let header):
                    part += 1
                    if part == index { bytes.append(contentsOf: header.bytes.readableBytesView) }
                case .fragment(let fragment):
                    if part == index { bytes.append(contentsOf: fragment.bytes.readableBytesView) }
                case .ended, .unplayable: break
                }
            }
            let file = folder.appending(path: "\(UUID().uuidString).mp4")
            try bytes.write(to: file)
            return file
        }
    }

    /// Frames that FFmpeg decodes, and what it complains about.
    private static func decode(_ file: URL) async throws -> (frames: Int, complaints: String) {
        try await onThread {
            let text = try Program.run([
                "ffprobe", "-v", "warning", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of",
                "csv=p=0", file.path,
            ])
            return (Int(text.split(whereSeparator: \.isNewline).first ?? "") ?? -1, text)
        }
    }

    @Test(
        "every picture is in it, at its time, and a late viewer starts with a key frame",
        arguments: [
            ("libx264", ["-preset", "veryfast", "-level", "3.0", "-bf", "2"], "avc1.64001E"),
            ("libx265", ["-preset", "ultrafast", "-x265-params", "log-level=none"], "hvc1.1.6.L60.90"),
        ])
    func pictures(encoder: String, options: [String], name: String) async throws {
        let footage: @Sendable (URL) throws -> URL = { folder in
            try Footage.make(
                "live.mp4", in: folder,
                [
                    "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=4", "-c:v", encoder, "-pix_fmt",
                    "yuv420p", "-g", "25",
                ] + options)
        }
        try await withCamera(of: footage) { camera, folder in
            let source = LiveFragments(camera, logger: quiet)
            let watcher = Watcher(source)
            #expect(await eventually { watcher.fragments.count >= 30 })
            let late = Watcher(source)
            #expect(late.fragments.first?.isKeyFrame == true, "the current GOP is there at once")
            #expect(await eventually { watcher.fragments.count >= 60 && late.fragments.count >= 40 })
            #expect(source.viewerCount == 2)
            for viewer in [watcher, late] {
                viewer.leave()
                let (header, fragments) = (try #require(viewer.headers.first), viewer.fragments)
                #expect(viewer.headers.count == 1 && header.codecs == name)
                #expect(header.width == 320 && header.height == 240)
                let (frames, complaints) = try await Self.decode(viewer.file(in: folder))
                #expect(frames == fragments.count, "\(complaints)")
                let origin = try #require(fragments.first).mediaSeconds - (fragments.first?.bufferSeconds ?? 0)
                #expect(fragments.allSatisfy { abs($0.mediaSeconds - $0.bufferSeconds - origin) < 1e-6 })
                let wall = try #require(fragments.first).wallSeconds - (fragments.first?.mediaSeconds ?? 0)
                #expect(fragments.allSatisfy { abs($0.wallSeconds - $0.mediaSeconds - wall) < 0.2 })
                // Left out: the end of the file, where it begins anew, and the latest, among which some may be missing.
                let shown = fragments.filter { $0.mediaSeconds < 3.7 }.map(\.bufferSeconds).sorted().dropLast(4)
                #expect(zip(shown, shown.dropFirst()).allSatisfy { abs($1 - $0 - 0.04) < 0.002 })
            }
            let hub = source.camera.hub
            #expect(await eventually { hub.subscriberCount == 0 }, "nobody watches, nothing is made")
        }
    }

    @Test("a picture size that changes gets a header of its own")
    func sizes() async throws {
        let footage: @Sendable (URL) throws -> URL = { try Footage.twoSizes(in: $0) }
        try await withCamera(of: footage) { camera, folder in
            let source = LiveFragments(camera, logger: quiet)
            let watcher = Watcher(source)
            #expect(await eventually { watcher.headers.count >= 3 })
            watcher.leave()
            for index in 0..<2 {
                let (frames, complaints) = try await Self.decode(watcher.file(index, in: folder))
                #expect(frames > 0 && !complaints.contains("rror"), "\(complaints)")
            }
        }
    }

    @Test("what browsers do not play is said")
    func unplayable() async throws {
        let footage: @Sendable (URL) throws -> URL = { folder in
            try Footage.make(
                "jpeg.avi", in: folder,
                ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=1", "-c:v", "mjpeg"])
        }
        try await withCamera(of: footage) { camera, _ in
            let source = LiveFragments(camera, logger: quiet)
            let watcher = Watcher(source)
            #expect(
                await eventually {
                    watcher.pieces.contains { if case .unplayable("mjpeg") = $0 { true } else { false } }
                })
            watcher.leave()
        }
    }

    @Test(
        "sound is in it where it is wanted, in step with the picture",
        arguments: [("aac", "mp4a.40.2", "aac"), ("libopus", "opus", "opus"), ("pcm_alaw", "mp4a.40.2", "aac")])
    func sound(encoder: String, name: String, codec: String) async throws {
        let footage: @Sendable (URL) throws -> URL = { try Footage.withSound(encoder, pictures: 5, sound: 5, in: $0) }
        try await withCamera(of: footage) { camera, folder in
            let source = LiveFragments(camera, hasSound: true, logger: quiet)
            let watcher = Watcher(source)
            #expect(await eventually { watcher.fragments.count >= 80 })
            watcher.leave()
            #expect(watcher.headers.map(\.codecs) == ["avc1.42C00C,\(name)"])
            let file = try watcher.file(in: folder)
            let text = try await onThread {
                try Program.run([
                    "ffprobe", "-v", "error", "-show_entries", "stream=codec_name,duration", "-of", "csv=p=0",
                    file.path,
                ])
            }
            let streams = text.split(whereSeparator: \.isNewline).map { $0.split(separator: ",").map(String.init) }
            #expect(streams.map(\.first) == ["h264", codec], "\(text)")
            let seconds = streams.compactMap { $0.last.flatMap(Double.init) }
            #expect(seconds.count == 2 && abs(seconds[0] - seconds[1]) < 0.5, "\(text)")
        }
    }

    @Test("sound that ends takes its track with it, so that players do not wait for it")
    func soundEnds() async throws {
        let footage: @Sendable (URL) throws -> URL = { try Footage.withSound("aac", pictures: 12, sound: 2, in: $0) }
        try await withCamera(of: footage) { camera, _ in
            let source = LiveFragments(camera, hasSound: true, logger: quiet)
            let watcher = Watcher(source)
            #expect(await eventually(within: 20) { watcher.headers.count >= 2 })
            watcher.leave()
            #expect(watcher.headers.prefix(2).map { $0.codecs.contains(",") } == [true, false])
        }
    }
}
