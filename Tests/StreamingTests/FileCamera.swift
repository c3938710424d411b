import Cameras
import Domain
import Foundation
import Logging
import ServiceLifecycle
import TestSupport

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Runs a camera that plays a file again and again, for as long as `body` takes.
func withCamera(
    of file: @escaping @Sendable (URL) throws -> URL, _ body: (Camera, URL) async throws -> Void
) async throws {
    try await withTemporaryDirectory { folder in
        let footage = try await onThread { try file(folder) }
        let camera = Camera(
            path: try StreamPath("video/test"), source: Source(try CameraURL("file:\(footage.path)"), loops: true))
        let group = ServiceGroup(services: [CameraSupervisor([camera], logger: quiet)], logger: quiet)
        let running = Task { try await group.run() }
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(camera, folder))
        } catch {
            outcome = .failure(error)
        }
        await group.triggerGracefulShutdown()
        try await running.value
        try outcome.get()
    }
}

extension Footage {
    /// 320x180 at 25 pictures/s with a key frame each second, and sound of an encoder of FFmpeg.
    static func withSound(_ encoder: String, pictures: Int, sound: Int, in folder: URL) throws -> URL {
        let rate = encoder.hasPrefix("pcm") ? "8000" : "48000"
        return try make(
            "sound.mkv", in: folder,
            [
                "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=\(pictures)", "-f", "lavfi", "-i",
                "sine=duration=\(sound):sample_rate=\(rate)", "-c:v", "libx264", "-preset", "ultrafast", "-tune",
                "zerolatency", "-pix_fmt", "yuv420p", "-g", "25", "-c:a", encoder, "-ac", "1",
            ])
    }
}
