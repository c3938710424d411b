import Cameras
import Domain
import FFmpeg
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct CameraTests {
    @Test func aFileThatLoopsRunsOnWithOneTimeline() async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 0.4)
            let camera = try camera("video/loop", "file://\(file.path)")
            let subscription = camera.hub.subscribe()
            try await withCameras([camera]) {
                var times: [Double] = []
                #expect(
                    await eventually {
                        while let packet = subscription.poll() { times.append(packet.decodeTime.seconds) }
                        return times.count >= 25
                    })
                #expect(times == times.sorted())
                #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 > 0.02 && $1 - $0 < 0.1 }, "\(times)")
                if case .running = camera.status.state {} else { Issue.record("\(camera.status.state)") }
                #expect(camera.status.framesPerSecond > 15)
            }
            #expect(camera.status.state == .stopped)
        }
    }

    @Test func aFileThatPlaysOnceEndsAndSaysSo() async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 0.2)
            let camera = try camera("video/once", "file://\(file.path)", loops: false)
            try await withCameras([camera]) {
                #expect(await eventually { camera.status.state == .finished })
                #expect(camera.status.receivedPackets == 5)
                #expect(camera.status.reason == "the file has ended")
            }
        }
    }

    @Test func aCameraThatIsNotThereWaitsAndOthersRun() async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 1)
            let dead = try camera("video/dead", "rtsp://admin:secret@127.0.0.1:9/1")
            let textFile = folder.appending(path: "no-video.bin")
            try Data("no video in here".utf8).write(to: textFile)
            let wrong = try camera("video/wrong", "file://\(textFile.path)")
            let good = try camera("video/good", "file://\(file.path)")
            try await withCameras([dead, wrong, good]) {
                #expect(await eventually { dead.status.reason != nil && wrong.status.reason != nil })
                #expect(await eventually { good.status.receivedPackets > 5 })
                #expect(dead.status.reason?.contains("Connection refused") == true)
                #expect(dead.status.reason?.contains("secret") == false)
                #expect(wrong.status.reason?.contains("no-video.bin") == true)
            }
        }
    }
}

@Suite(.serialized) struct RTSPCameraTests {
    @Test(arguments: [Source.Transport.tcp, .udp]) func packetsOfAnRTSPServerArrive(_ transport: Source.Transport)
        async throws
    {
        try await withTemporaryDirectory { folder in
            let peer = try await CameraPeer.rtsp(serving: Footage.testPattern(in: folder, seconds: 2))
            defer { peer.program.end() }
            let camera = Camera(
                path: try StreamPath("video/rtsp"), source: Source(try CameraURL(peer.url), transport: transport))
            try await withCameras([camera]) {
                #expect(await eventually(within: 20) { camera.status.receivedPackets > 30 })
                #expect(camera.status.video?.codec == "h264")
                #expect(camera.status.reason == nil)
            }
        }
    }

    @Test func aWrongPasswordIsTheReasonInStatus() async throws {
        try await withTemporaryDirectory { folder in
            let peer = try await CameraPeer.rtsp(
                serving: Footage.testPattern(in: folder, seconds: 2),
                arguments: ["--user", "admin", "--password", "right"])
            defer { peer.program.end() }
            let address = peer.url.replacingOccurrences(of: "rtsp://", with: "rtsp://admin:wrong@")
                .replacingOccurrences(of: "admin:right@admin:wrong@", with: "admin:wrong@")
            let camera = try camera("video/locked", address)
            try await withCameras([camera]) {
                #expect(await eventually(within: 20) { camera.status.reason?.contains("401") == true })
                #expect(camera.status.reason?.contains("wrong") == false)
            }
        }
    }

    @Test func aServerThatDiesAndComesBackIsFoundAgain() async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 2)
            let first = try await CameraPeer.rtsp(serving: file)
            let port = try #require(URLComponents(string: first.url)?.port)
            let camera = try camera("video/flapping", first.url)
            try await withCameras([camera]) {
                #expect(await eventually(within: 20) { camera.status.receivedPackets > 10 })
                first.program.end()
                #expect(await eventually(within: 20) { camera.status.reason != nil })
                let second = try await CameraPeer.rtsp(serving: file, arguments: ["--port", "\(port)"])
                let before = camera.status.receivedPackets
                #expect(await eventually(within: 20) { camera.status.receivedPackets > before + 10 })
                #expect(camera.status.connections == 2)
                second.program.end()
            }
        }
    }
}
