import Cameras
import Domain
import FFmpeg
import Foundation
import Frames
import TestSupport
import Testing

/// Streams that are harder to follow than H.264 without B-frames.
@Suite struct VideoKindTests {
    /// Watches a camera until it has shown `count` pictures, then looks at the order of its times.
    private func watch(_ camera: Camera, count: Int) async throws -> [CameraFrame] {
        var viewer = Viewer(camera)
        try await withCameras([camera]) {
            #expect(await viewer.sees(count), "\(camera.status)")
        }
        let decode = viewer.packets.map(\.decodeTime.seconds)
        #expect(steps(of: decode).allSatisfy { $0 > 0.01 && $0 < 0.2 }, "\(decode)")
        let frames = viewer.frames
        // What has gathered while connecting is decoded in one go, and only the newest of it shown; so it is where the
        // machine lags.
        let shown = frames.map(\.time.seconds).suffix(count - 10)
        #expect(steps(of: Array(shown)).allSatisfy { $0 > 0.01 && $0 < 0.6 }, "\(shown)")
        return frames
    }

    private func steps(of times: [Double]) -> [Double] {
        zip(times, times.dropFirst()).map { $1 - $0 }
    }

    static let bFrames = ["-preset", "medium", "-bf", "3", "-b_strategy", "0", "-g", "25"]
    static let hevc = ["-c:v", "libx265", "-x265-params", "log-level=none:keyint=25"]

    @Test(arguments: [bFrames, hevc]) func aFileIsShownInOrder(_ encoding: [String]) async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 1, arguments: encoding)
            // In a loop: the last pictures of a round come out of the decoder in the next one.
            let camera = try camera("video/file", "file://\(file.path)")
            let frames = try await watch(camera, count: 60)
            #expect(frames.allSatisfy { $0.frame.width == 320 })
        }
    }

    @Test(arguments: [(bFrames, "h264"), (hevc, "h265")]) func anRTSPStreamIsShownInOrder(
        _ encoding: [String], _ codec: String
    ) async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 2, arguments: encoding)
            let peer = try await CameraPeer.rtsp(serving: file, arguments: ["--codec", codec])
            defer { peer.program.end() }
            let camera = try camera("video/rtsp", peer.url)
            _ = try await watch(camera, count: 40)
            #expect(camera.status.video?.codec == (codec == "h264" ? "h264" : "hevc"))
        }
    }

    @Test func aPictureThatChangesItsSizeIsShownOn() async throws {
        try await withTemporaryDirectory { folder in
            let camera = try camera("video/sizes", "file://\(Footage.twoSizes(in: folder).path)")
            let frames = try await watch(camera, count: 40)
            #expect(Set(frames.map(\.frame.width)) == [320, 640])
        }
    }
}
