import Cameras
import Domain
import FFmpeg
import Foundation
import Plumbing
import TestSupport
import Testing

/// Files that are no video, or stop being one.
@Suite struct FileCameraTests {
    private func make(_ name: String, _ arguments: [String], in folder: URL) throws -> URL {
        let file = folder.appending(path: name)
        try Program.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i"] + arguments + [file.path])
        return file
    }

    @Test func whatIsNoVideoIsAnErrorThatSaysWhatItIs() async throws {
        try await withTemporaryDirectory { folder in
            let sound = try make("sound.mp4", ["sine=duration=1", "-c:a", "aac"], in: folder)
            let picture = try make("picture.png", ["testsrc=size=64x64", "-frames:v", "1"], in: folder)
            let text = folder.appending(path: "notes.txt")
            try Data("no video in here".utf8).write(to: text)
            let empty = folder.appending(path: "empty.mp4")
            try Data().write(to: empty)
            for (file, words) in [
                (sound, "there is no video in it"), (picture, "it is a still picture"),
                (text, "it is no video that this FFmpeg knows"), (empty, "it is no video that this FFmpeg knows"),
                (folder, "Is a directory"), (folder.appending(path: "none.mp4"), "none.mp4: there is no such file"),
            ] {
                let camera = try camera("video/file", "file://\(file.path)")
                try await withCameras([camera], backoff: Backoff(scale: 0.1)) {
                    #expect(await eventually { camera.status.reason != nil })
                    let reason = try #require(camera.status.reason)
                    #expect(reason.contains(words) && reason.contains(file.path), "\(reason)")
                }
            }
        }
    }

    @Test func aFileThatAppearsLaterIsPlayed() async throws {
        try await withTemporaryDirectory { folder in
            let camera = try camera("video/late", "file://\(folder.path)/pattern.mp4")
            try await withCameras([camera], backoff: Backoff(scale: 0.05)) {
                #expect(await eventually { camera.status.reason != nil })
                let made = try Footage.testPattern(in: folder.appending(path: "."), seconds: 1)
                #expect(made.lastPathComponent == "pattern.mp4")
                #expect(await eventually { camera.status.receivedPackets > 5 }, "\(camera.status)")
                #expect(camera.status.reason == nil)
            }
        }
    }

    /// A file that is cut short or removed while it plays: the camera goes on or waits with a reason, and plays again
    /// when the file is whole.
    @Test func aFileThatIsCutShortWhileItPlaysIsTriedAgain() async throws {
        try await withTemporaryDirectory { folder in
            // Larger than what libav holds in its buffers.
            let file = try Footage.testPattern(in: folder, seconds: 1, size: "1280x720", arguments: ["-qp", "0"])
            let whole = try Data(contentsOf: file)
            let camera = try camera("video/cut", "file://\(file.path)")
            let losses = Losses()
            try await withCameras([camera], backoff: Backoff(scale: 0.05), losses: losses) {
                #expect(await eventually { camera.status.receivedPackets > 5 })
                let handle = try FileHandle(forWritingTo: file)
                try handle.truncate(atOffset: 100)
                #expect(await eventually { losses.contains("it was cut short") }, "\(camera.status)")
                try FileManager.default.removeItem(at: file)
                #expect(await eventually { losses.contains("there is no such file") }, "\(camera.status)")
                try whole.write(to: file)
                let seen = camera.status.receivedPackets
                #expect(await eventually { camera.status.receivedPackets > seen + 5 })
                #expect(camera.status.reason == nil)
            }
        }
    }
}
