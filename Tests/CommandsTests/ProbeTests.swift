import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ProbeTests {
    @Test func aFileIsDescribed() async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 2)
            for argument in [file.path, "file://\(file.path)", "pattern.mp4"] {
                let outcome = try await spectrax("probe", argument, in: folder)
                #expect(outcome.status == 0, "\(outcome.errors)")
                let lines = outcome.output.split(separator: "\n")
                #expect(lines.first?.hasSuffix("/pattern.mp4") == true)
                #expect(lines.contains("duration  2.00 s"))
                let stream = "stream 0  video h264 (Constrained Baseline), 320x240, yuv420p, 25.00 frames/s"
                #expect(lines.last?.hasPrefix(stream) == true)
            }
        }
    }

    @Test func aNameWithSpecialCharactersIsAPath() async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 1)
            let odd = folder.appending(path: "a b:50%20#?.mp4")
            try FileManager.default.moveItem(at: file, to: odd)
            #expect(try await spectrax("probe", "a b:50%20#?.mp4", in: folder).status == 0)
        }
    }

    @Test func whatCannotBeACameraIsSaid() async throws {
        try await withTemporaryDirectory { folder in
            let sound = try Footage.make("a.m4a", in: folder, ["-f", "lavfi", "-i", "sine=duration=1"])
            try Footage.pictures(in: folder)
            let heard = try await spectrax("probe", sound.path)
            #expect(heard.output.contains("There is no video in it: it cannot be a camera."))
            let picture = try await spectrax("probe", folder.appending(path: "01.jpg").path)
            #expect(picture.output.contains("It is a still picture: it cannot be a camera."))
        }
    }

    @Test func anRTSPCameraIsDescribedAndItsPasswordNeverShown() async throws {
        try await withTemporaryDirectory { folder in
            let peer = try await CameraPeer.rtsp(
                serving: Footage.testPattern(in: folder, seconds: 2),
                arguments: ["--user", "admin", "--password", "hunter2"])
            defer { peer.program.end() }
            let address = peer.url.replacing("//", with: "//admin:hunter2@", maxReplacements: 1)
            let right = try await spectrax("probe", address)
            #expect(right.status == 0, "\(right.errors)")
            #expect(right.output.contains("source    rtsp://***@127.0.0.1:"))
            #expect(right.output.contains("stream 0  video h264"))
            let wrong = try await spectrax("probe", address.replacing("hunter2", with: "hunter22"))
            #expect(wrong.status == 1)
            #expect(wrong.errors.contains("401 Unauthorized"))
            for outcome in [right, wrong] { #expect(!(outcome.output + outcome.errors).contains("hunter2")) }
        }
    }

    @Test(arguments: [
        ("missing.mp4", 1, "/missing.mp4: there is no such file\n"),
        ("rtsp://admin:hunter2@127.0.0.1:9/x", 1, "rtsp://***@127.0.0.1:9/x: Connection refused"),
        ("http://admin:hunter2@127.0.0.1:9/x?key=hunter2", 1, "http://***@127.0.0.1:9/x?key=***: Connection refused"),
        ("device:///dev/video-of-no-one", 1, "is the camera plugged in?"),
        ("exec:rm -rf", 1, "it must start with one of rtsp, rtsps, rtmp, srt, http, https, file, device and a colon"),
        ("rtsp://", 1, "not a camera address: it has no host"),
        ("rtsp://cam/\n-i", 1, "not a camera address: it has a line break"),
        ("--transport=carrier-pigeon", 64, "Please provide one of 'tcp' and 'udp'"),
    ])
    func whatCannotBeOpenedIsAnError(_ argument: String, _ status: Int, _ words: String) async throws {
        let outcome = try await spectrax("probe", argument)
        #expect(outcome.status == status)
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
        #expect(!outcome.errors.contains("hunter2") && outcome.output.isEmpty)
    }
}
