import Cameras
import Domain
import FFmpeg
import Foundation
import Plumbing
import TestSupport
import Testing

/// Opens a source and reads it to its end, on a thread of its own as a camera does.
///
/// - Returns: why it ended, nil at the end of the stream; and when.
private func ending(of source: Source, interrupt: Interrupt = Interrupt()) async throws
    -> (error: FFmpegError?, at: ContinuousClock.Instant)
{
    try await onThread {
        do {
            var demuxer = try source.open(interrupt: interrupt)
            while try demuxer.next() != nil {}
            return (nil, ContinuousClock.now)
        } catch let error as FFmpegError {
            return (error, ContinuousClock.now)
        }
    }
}

private func source(_ url: String) throws -> Source {
    var source = Source(try CameraURL(url))
    source.openTimeoutSeconds = 3
    source.readTimeoutSeconds = 0.5
    source.segmentTimeoutSeconds = 0.5
    return source
}

/// Cameras that do not do what they should.
@Suite struct MisbehaviourTests {
    @Test(arguments: ["rtsp", "rtsps", "rtmp", "http", "https"])
    func whatHangsUpOrTalksNonsenseIsAnErrorThatNamesIt(_ scheme: String) async throws {
        let nonsense = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 3)) }
        for answer in [[], nonsense, Array("hello, who is there?\r\n\r\n".utf8)] {
            let listener = try LoopbackServer(answering: answer)
            let address = "\(scheme)://admin:hunter2@127.0.0.1:\(listener.port)/live/1?key=hunter2"
            let error = try await ending(of: source(address)).error
            let text = "\(try #require(error))"
            #expect(text.contains("\(scheme)://***@127.0.0.1:\(listener.port)/live/1"))
            #expect(!text.contains("hunter2"))
            #expect(error?.code == .unreachable || error?.code == .endOfStream, "\(text)")
        }
    }

    @Test func whatAnHTTPServerRefusesIsSaid() async throws {
        try await withTemporaryDirectory { folder in
            try Data("no video".utf8).write(to: folder.appending(path: "a.txt"))
            let peer = try await CameraPeer.http(
                serving: folder, arguments: ["--user", "admin", "--password", "right"])
            defer { peer.program.end() }
            let right = peer.url.replacing("//", with: "//admin:right@", maxReplacements: 1)
            let wrong = peer.url.replacing("//", with: "//admin:hunter2@", maxReplacements: 1)
            for (url, code, words) in [
                (right + "status/404", FFmpegError.Code.notFound, "404 Not Found"),
                (right + "status/403", .unauthorized, "403 Forbidden"),
                (right + "status/503", .other, "5XX Server Error"),
                (peer.url + "mjpeg", .unauthorized, "are user name and password right?"),
                (wrong + "mjpeg", .unauthorized, "401 Unauthorized"),
                (right + "a.txt", .invalidData, "no video that this FFmpeg knows"),
            ] {
                let error = try await ending(of: source(url)).error
                #expect(error?.code == code, "\(url)")
                let text = "\(try #require(error))"
                #expect(text.contains(words), "\(text)")
                #expect(!text.contains("hunter2") && !text.contains("right@"))
            }
        }
    }

    @Test func aPlaylistFromTheNetworkCannotReadFilesHere() async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 1)
            try Program.run(
                ["ffmpeg", "-v", "error", "-i", file.path, "-c", "copy", folder.appending(path: "local.ts").path])
            let served = folder.appending(path: "served")
            try FileManager.default.createDirectory(at: served, withIntermediateDirectories: true)
            let head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n"
            let segment = folder.appending(path: "local.ts").path
            try Data("\(head)file://\(segment)\n#EXT-X-ENDLIST\n".utf8).write(to: served.appending(path: "evil.m3u8"))
            let peer = try await CameraPeer.http(serving: served)
            defer { peer.program.end() }
            let evil = try await ending(of: source(peer.url + "evil.m3u8"))
            #expect(evil.error != nil)
        }
    }

    @Test(arguments: ["rtsp", "rtsps", "rtmp", "http", "https"])
    func openingASilentCameraEndsSoonAfterCancelling(_ scheme: String) async throws {
        // Two of some tries: the machine is busy with the other tests.
        var quick = 0
        var slow: [Duration] = []
        while quick < 2, slow.count < 12 {
            let listener = try SilentListener()
            let interrupt = Interrupt()
            let silent = Source(try CameraURL("\(scheme)://127.0.0.1:\(listener.port)/live"))
            async let ended = ending(of: silent, interrupt: interrupt)
            #expect(await eventually { listener.hasHeard })
            let cancelled = ContinuousClock.now
            interrupt.cancel()
            let (error, end) = try await ended
            #expect(error?.code == .cancelled)
            if end - cancelled < .milliseconds(200) { quick += 1 } else { slow.append(end - cancelled) }
        }
        #expect(quick == 2, "\(slow)")
    }

    @Test(arguments: [CameraPeer.Kind.httpMotionJPEG, .rtsp, .srt])
    func readingAFrozenCameraEndsSoonAfterCancelling(_ kind: CameraPeer.Kind) async throws {
        try await withTemporaryDirectory { folder in
            let peer = try await CameraPeer(kind, in: folder)
            defer { peer.end() }
            #expect(await eventually(within: 20) { isListened(port: peer.port ?? 0) })
            var patient = try source(peer.url)
            patient.openTimeoutSeconds = 20
            patient.readTimeoutSeconds = 20
            let interrupt = Interrupt()
            let (started, ended) = (StopSignal(), StopSignal())
            let received = Locked(0)
            async let reading: FFmpegError? = onThread { [patient] in
                defer {
                    started.raise()
                    ended.raise()
                }
                do {
                    var demuxer = try patient.open(interrupt: interrupt)
                    while try demuxer.next() != nil {
                        let count = received.withLock { count in
                            count += 1
                            return count
                        }
                        if count == 5 { started.raise() }
                    }
                } catch let error as FFmpegError {
                    return error
                }
                return nil
            }
            // On a thread, so that tests beside this one do not count.
            let seconds = try await onThread {
                // Whatever happens, the reader must not go on for ever.
                defer { interrupt.cancel() }
                guard started.wait(seconds: 60) else { return -1.0 }
                peer.freeze()
                // What was under way arrives; then nothing more does for a while.
                var seen = -1
                while received.withLock({ $0 }) != seen {
                    seen = received.withLock { $0 }
                    usleep(200_000)
                }
                let cancelled = ContinuousClock.now
                interrupt.cancel()
                _ = ended.wait(seconds: 30)
                return (ContinuousClock.now - cancelled) / .seconds(1)
            }
            #expect(try await reading?.code == .cancelled)
            #expect(seconds >= 0 && seconds < 2)
        }
    }

    @Test func aCameraThatSendsOnlySoundIsLost() async throws {
        let port = try freePort()
        let program = try RunningProgram([
            "ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=1", "-re", "-f",
            "lavfi", "-i", "sine=duration=60", "-c:v", "mpeg2video", "-c:a", "mp2", "-b:a", "384k",
            "-max_interleave_delta", "100000", "-f", "mpegts", "-flush_packets", "1", "-listen", "1",
            "http://127.0.0.1:\(port)/a.ts",
        ])
        defer { program.end() }
        #expect(await eventually(within: 20) { isListened(port: port) })
        var source = try source("http://127.0.0.1:\(port)/a.ts")
        source.readTimeoutSeconds = 1.5
        let camera = Camera(path: try StreamPath("video/sound"), source: source)
        let losses = Losses()
        try await withCameras([camera], losses: losses) {
            #expect(await eventually { losses.contains("only sound comes") }, "\(camera.status)")
        }
    }

    /// How many descriptors and threads this process has.
    private func resources() throws -> [Int] {
        try ["/proc/self/fd", "/proc/self/task"].map { try FileManager.default.contentsOfDirectory(atPath: $0).count }
    }

    /// What there is too much of once everything has ended; nil when there is hardly more than before. Other tests run
    /// beside this one, some with many connections, so it may have to wait for their ends.
    private func surplus(over before: [Int]) async throws -> String? {
        let isBack = try await eventually(within: 120) { zip(try resources(), before).allSatisfy { $0 < $1 + 50 } }
        return isBack ? nil : "descriptors and threads: \(before) before, \(try resources()) now"
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/fd")), arguments: ["rtsp", "http"])
    func aHundredFailuresLeaveNothingOpen(_ scheme: String) async throws {
        let listener = try LoopbackServer(answering: Array("RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n".utf8))
        let before = try resources()
        let camera = try camera("video/flapping", "\(scheme)://127.0.0.1:\(listener.port)/live")
        let losses = Losses()
        try await withCameras([camera], backoff: Backoff(scale: 0.00005), losses: losses) {
            #expect(await eventually(within: 60) { losses.count >= 100 })
        }
        #expect(try await surplus(over: before) == nil)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/fd")))
    func twoHundredConnectionsLeaveNothingOpen() async throws {
        try await withTemporaryDirectory { folder in
            _ = try Footage.testPattern(in: folder, seconds: 1)
            let peer = try await CameraPeer.http(serving: folder)
            defer { peer.program.end() }
            let source = try source(peer.url + "pattern.mp4")
            let before = try resources()
            for _ in 0..<20 {
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for _ in 0..<10 {
                        tasks.addTask {
                            try await onThread {
                                var demuxer = try source.open(interrupt: Interrupt())
                                _ = try demuxer.next()
                            }
                        }
                    }
                    try await tasks.waitForAll()
                }
            }
            #expect(try await surplus(over: before) == nil)
        }
    }
}
