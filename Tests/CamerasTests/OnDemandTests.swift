import Cameras
import Domain
import FFmpeg
import Foundation
import Plumbing
import TestSupport
import Testing

/// Cameras that are connected only while somebody watches.
@Suite(.serialized) struct OnDemandTests {
    private func isRunning(_ camera: Camera) -> Bool {
        if case .running = camera.status.state { true } else { false }
    }

    @Test func aCameraOnDemandConnectsForTheFirstAndLeavesAfterTheLast() async throws {
        try await withTemporaryDirectory { folder in
            let peer = try await CameraPeer.rtsp(serving: Footage.testPattern(in: folder, seconds: 2))
            defer { peer.program.end() }
            var source = Source(try CameraURL(peer.url))
            source.onDemandCloseSeconds = 0.5
            let camera = Camera(path: try StreamPath("video/yard"), source: source)
            // The recorder's packets may come late: it does not keep a camera connected.
            let recorder = camera.hub.subscribe(isLive: false)
            try await withCameras([camera]) {
                #expect(await eventually { camera.status.reason == "connects when somebody watches" })
                #expect(camera.status.state == .idle)

                let first = camera.hub.subscribe()
                #expect(await eventually(within: 20) { first.poll()?.isVideoKeyFrame == true })
                #expect(isRunning(camera) && camera.status.reason == nil)
                let second = camera.hub.subscribe()
                first.cancel()
                // The other still watches, for longer than the camera would stay.
                let seen = camera.status.receivedPackets
                #expect(await eventually(within: 20) { camera.status.receivedPackets > seen + 40 })
                #expect(isRunning(camera) && camera.status.connections == 1)
                second.cancel()
                #expect(await eventually(within: 20) { camera.status.state == .idle })
                #expect(camera.status.reason == "connects when somebody watches")
                #expect(camera.status.connections == 1)
                while recorder.poll() != nil {}
                #expect(recorder.takeSourceEnd(), "a clip ends cleanly")

                // Somebody has asked what there is, and comes.
                #expect(
                    await eventually(within: 20) {
                        camera.hub.announceConsumer()
                        return isRunning(camera)
                    })
                let third = camera.hub.subscribe()
                // On a busy machine it may have left once more before the third came.
                #expect(await eventually(within: 20) { third.poll().map { $0.generation >= 2 } ?? false })
                #expect(camera.status.connections >= 2)
            }
            #expect(camera.status.state == .stopped)
        }
    }

    @Test func aCameraThatIsNotThereIsTriedOnlyWhileSomebodyWaits() async throws {
        var source = Source(try CameraURL("rtsp://127.0.0.1:9/1"))
        source.onDemandCloseSeconds = 0
        let camera = Camera(path: try StreamPath("video/dead"), source: source)
        let losses = Losses()
        try await withCameras([camera], losses: losses) {
            #expect(await eventually { camera.status.state == .idle && camera.status.reason != nil })
            #expect(losses.count == 0)
            let viewer = camera.hub.subscribe()
            #expect(await eventually { losses.contains("Connection refused") })
            viewer.cancel()
            #expect(await eventually(within: 20) { camera.status.reason == "connects when somebody watches" })
        }
    }

    @Test func restingIsNoFailure() {
        var session = CameraSession()
        #expect(session.rest() == .rest)
        #expect(session.state == .idle)
        #expect(session.start() == .open)
        session.opened(at: 10)
        #expect(session.rest() == .rest)
        #expect(session.retry() == .open)
        #expect(session.state == .connecting(attempt: 1))
        session.stop()
        #expect(session.rest() == .end)
    }
}
