import Cameras
import Domain
import FFmpeg
import Foundation
import Frames
import Plumbing
import TestSupport
import Testing

/// A camera of every scheme, from a peer of another maker: its pictures arrive, its end is noticed and named, and it is
/// found again when it comes back.
@Suite struct SchemeTests {
    @Test(arguments: CameraPeer.Kind.allCases) func picturesArriveAndALostCameraIsFoundAgain(_ kind: CameraPeer.Kind)
        async throws
    {
        try await withTemporaryDirectory { folder in
            let first = try await CameraPeer(kind, in: folder)
            defer { first.end() }
            var source = Source(try CameraURL(first.url))
            source.openTimeoutSeconds = 5
            source.readTimeoutSeconds = 2
            source.segmentTimeoutSeconds = 3
            let camera = Camera(path: try StreamPath("video/peer"), source: source)
            let losses = Losses()
            try await withCameras([camera], backoff: Backoff(scale: 0.1), losses: losses) {
                var viewer = Viewer(camera)
                #expect(await viewer.sees(5), "\(camera.status)")
                #expect(viewer.frames.allSatisfy { $0.frame.width == 320 && $0.frame.height == 240 })
                #expect(camera.status.reason == nil)

                first.end()
                #expect(await eventually { losses.count > 0 }, "\(camera.status)")

                let second = try await CameraPeer(kind, in: folder, port: first.port)
                defer { second.end() }
                #expect(await eventually(within: 20) { camera.status.connections >= 2 }, "\(camera.status)")
                #expect(await viewer.sees(viewer.frames.count + 5), "\(camera.status)")
                #expect(camera.status.reason == nil)

                second.freeze()
                let seconds = kind == .httpLiveHLS || kind == .httpsLiveHLS ? 3 : 2
                #expect(await eventually { losses.contains("nothing came within \(seconds) s") }, "\(camera.status)")
                let times = viewer.packets.map(\.decodeTime)
                #expect(times == times.sorted())
            }
        }
    }

    @Test func aCameraWithoutTimestampsRunsByTheArrivalOfItsPictures() async throws {
        try await withTemporaryDirectory { folder in
            try Footage.pictures(in: folder)
            let peer = try await CameraPeer.http(serving: folder, arguments: ["--fps", "10"])
            defer { peer.program.end() }
            let camera = try camera("video/slow", peer.url + "mjpeg")
            try await withCameras([camera]) {
                var viewer = Viewer(camera)
                #expect(await viewer.sees(16))
                let times = viewer.packets.map(\.decodeTime.seconds)
                let seconds = times[15] - times[0]
                // At 25 a second, which libav makes up, it were 0.6.
                #expect(seconds > 1, "16 pictures at ten a second took \(seconds) s")
                let shown = viewer.frames.suffix(11).map(\.time.seconds)
                #expect(shown[10] - shown[0] > 0.6, "11 were shown for \(shown[10] - shown[0]) s")
            }
        }
    }

    @Test func segmentsOfHLSArePlayedAtTheSpeedTheyWereFilmedAt() async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 3)
            try Program.run([
                "ffmpeg", "-v", "error", "-i", file.path, "-c", "copy", "-f", "hls", "-hls_time", "1", "-hls_list_size",
                "0", folder.appending(path: "all.m3u8").path,
            ])
            let peer = try await CameraPeer.http(serving: folder)
            defer { peer.program.end() }
            let camera = try camera("video/segments", peer.url + "all.m3u8")
            let arrivals = Locked<[ContinuousClock.Instant]>([])
            let subscription = camera.hub.subscribe { arrivals.withLock { $0.append(.now) } }
            defer { subscription.cancel() }
            try await withCameras([camera]) {
                #expect(await eventually { arrivals.withLock { $0.count >= 40 } })
                // The first call only says that there is nothing yet.
                let seconds = arrivals.withLock { ($0[26] - $0[1]) / .seconds(1) }
                #expect(seconds > 0.5, "a second of video came in \(seconds) s")
                #expect(await eventually { camera.status.reason == "the source ended the stream" })
            }
        }
    }

    @Test func theCredentialsOfTheAddressOpenAnHTTPCamera() async throws {
        try await withTemporaryDirectory { folder in
            try Footage.pictures(in: folder)
            let peer = try await CameraPeer.http(
                serving: folder, arguments: ["--user", "admin", "--password", "p@ss word"])
            defer { peer.program.end() }
            let address = peer.url.replacing("//", with: "//admin:p%40ss%20word@", maxReplacements: 1) + "mjpeg"
            let camera = try camera("video/locked", address)
            try await withCameras([camera]) {
                #expect(await eventually { camera.status.receivedPackets > 2 }, "\(camera.status)")
            }
        }
    }

    @Test func aDeviceThatIsNotThereIsNamed() async throws {
        let camera = try camera("video/webcam", "device:///dev/video-of-no-one")
        try await withCameras([camera]) {
            #expect(await eventually { camera.status.reason != nil })
            let reason = try #require(camera.status.reason)
            #expect(reason.contains("device:///dev/video-of-no-one: No such file or directory"))
            #expect(reason.contains("is the camera plugged in?"))
        }
    }
}
