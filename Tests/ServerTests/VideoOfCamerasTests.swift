import Cameras
import Domain
import Logging
import Plumbing
import ServiceLifecycle
import TestSupport
import Testing
import WebAPI

@testable import Server

@Suite struct VideoOfCamerasTests {
    @Test func aViewerConnectsACameraOnDemand() async throws {
        try await withTemporaryDirectory { folder in
            let peer = try await CameraPeer.rtsp(serving: Footage.testPattern(in: folder, seconds: 2))
            defer { peer.program.end() }
            var source = Source(try CameraURL(peer.url))
            source.onDemandCloseSeconds = 0.5
            let camera = Camera(path: try StreamPath("video/yard"), source: source)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let group = ServiceGroup(services: [CameraSupervisor([camera], logger: logger)], logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                #expect(await eventually { camera.status.state == .idle })
                let pictures = Locked(0)
                let watch = try VideoOfCameras([camera], logger: logger).watch(camera.path, withSound: false) { piece in
                    if case .fragment = piece { pictures.withLock { $0 += 1 } }
                }
                #expect(await eventually(within: 20) { pictures.withLock { $0 } > 10 })
                watch.leave()
                #expect(await eventually(within: 20) { camera.status.state == .idle })
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }

    @Test func aCameraThatIsNotThereSaysWhy() async throws {
        let camera = Camera(path: try StreamPath("video/phone"), source: nil)
        let video = VideoOfCameras([camera], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(throws: PictureUnavailable.self) { _ = try video.watch(camera.path, withSound: false) { _ in } }
        #expect(throws: PictureUnavailable.self) {
            _ = try video.watch(StreamPath("video/none"), withSound: false) { _ in }
        }
    }
}
