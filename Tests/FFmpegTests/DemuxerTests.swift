import FFmpeg
import Foundation
import TestSupport
import Testing

@Suite struct DemuxerTests {
    @Test func everyPacketOfAFileComesOut() async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 3)
            var demuxer = try Demuxer(url: file.path, subject: "pattern", interrupt: Interrupt())
            let best = demuxer.bestVideoStream
            let video = try #require(best)
            #expect(video.codec == "h264")
            #expect(video.width == 320 && video.height == 240)
            #expect(video.frameRate == 25)
            var packets = 0
            var keyFrames = 0
            while let packet = try demuxer.next() {
                packets += 1
                if packet.isKeyFrame { keyFrames += 1 }
                #expect(packet.size > 0)
            }
            #expect(packets == 75)
            #expect(keyFrames == 3)
            try demuxer.rewind()
            #expect(try demuxer.next()?.isKeyFrame == true)
        }
    }

    @Test func anErrorNamesCallSourceAndReason() async throws {
        let error = #expect(throws: FFmpegError.self) {
            _ = try Demuxer(url: "/nowhere/at/all.mp4", subject: "file:///nowhere/at/all.mp4", interrupt: Interrupt())
        }
        #expect(error?.code == .notFound)
        #expect(
            "\(try #require(error))".hasPrefix("avformat_open_input failed on file:///nowhere/at/all.mp4: No such file")
        )
    }

    @Test func aTruncatedFileIsAnErrorOrEndsEarlyButNeverTraps() async throws {
        try await withTemporaryDirectory { folder in
            let whole = try Data(contentsOf: Footage.testPattern(in: folder, seconds: 1))
            for length in stride(from: 0, to: whole.count, by: max(1, whole.count / 40)) {
                let file = folder.appending(path: "cut.mp4")
                try whole.prefix(length).write(to: file)
                do {
                    var demuxer = try Demuxer(url: file.path, subject: "cut", interrupt: Interrupt())
                    while try demuxer.next() != nil {}
                } catch is FFmpegError {
                    continue
                }
            }
        }
    }

    @Test func aBlockedOpenEndsSoonAfterCancelling() async throws {
        // A listener that accepts and says nothing.
        let listener = try SilentListener()
        let interrupt = Interrupt()
        let clock = ContinuousClock()
        let result = Task.detached {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    let outcome = Result<Void, any Error> {
                        _ = try Demuxer(
                            url: "rtsp://127.0.0.1:\(listener.port)/x", subject: "silent", interrupt: interrupt)
                    }
                    continuation.resume(returning: (outcome, clock.now))
                }
            }
        }
        #expect(await eventually { listener.hasConnection })
        let cancelled = clock.now
        interrupt.cancel()
        let (outcome, ended) = await result.value
        #expect(ended - cancelled < .seconds(2))
        #expect(throws: FFmpegError.self) { try outcome.get() }
        if case .failure(let error as FFmpegError) = outcome { #expect(error.code == .cancelled) }
    }

    @Test func aSilentSourceTimesOut() async throws {
        let listener = try SilentListener()
        var options = Demuxer.Options()
        options.openTimeoutSeconds = 0.3
        let error = #expect(throws: FFmpegError.self) {
            _ = try Demuxer(
                url: "rtsp://127.0.0.1:\(listener.port)/x", subject: "silent", options: options, interrupt: Interrupt())
        }
        #expect(error?.code == .timedOut)
    }
}
