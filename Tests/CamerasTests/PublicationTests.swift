import Cameras
import Domain
import FFmpeg
import Foundation
import Plumbing
import TestSupport
import Testing

@Suite struct PublicationTests {
    private static func footage(in folder: URL) throws -> (stream: StreamInfo, packets: [Packet]) {
        let file = try Footage.testPattern(in: folder, seconds: 1)
        var demuxer = try Demuxer(url: file.path, subject: "pattern.mp4", interrupt: Interrupt())
        var packets: [Packet] = []
        while let packet = try demuxer.next() { packets.append(packet) }
        let stream = demuxer.bestVideoStream
        return (try #require(stream), packets)
    }

    private func phone() throws -> Camera { Camera(path: try StreamPath("video/phone"), source: nil) }

    @Test func everyChangeOfStateIsTold() async throws {
        try await withTemporaryDirectory { folder in
            let (stream, packets) = try await onThread { try Self.footage(in: folder) }
            let camera = try phone()
            let heard = Locked<[String]>([])
            camera.observe { status in heard.withLock { $0.append(status.reason ?? "\(status.state)") } }
            let publication = try camera.publish(from: "10.0.0.1")
            for packet in packets { publication.receive(packet, of: stream) }
            publication.end("it left")
            // Not each packet: only what changes.
            let told = heard.withLock { $0 }
            #expect(told.count == 3, "\(told)")
            #expect(told.first == "10.0.0.1 has connected; no key frame yet")
            #expect(told.dropFirst().first?.hasPrefix("running") == true)
            #expect(told.last == "waiting for a publisher (the last one left: it left)")
        }
    }

    @Test func onlyOnePublishesAtATimeAndOnlyWhereThereIsNoSource() throws {
        let camera = try phone()
        #expect(camera.status.reason == "waiting for a publisher")
        let first = try camera.publish(from: "10.0.0.1")
        #expect(throws: PublishError.busy(publisher: "10.0.0.1")) { try camera.publish(from: "10.0.0.2") }
        #expect("\(PublishError.busy(publisher: "10.0.0.1"))".contains("10.0.0.1"))
        #expect(camera.status.state == .connecting(attempt: 1))
        first.end("it left")
        _ = try camera.publish(from: "10.0.0.2")

        let pulled = Camera(
            path: try StreamPath("video/pulled"), source: Source(try CameraURL("rtsp://127.0.0.1:9/x"), loops: true))
        #expect(throws: PublishError.hasSource) { try pulled.publish(from: "10.0.0.1") }
    }

    @Test func aPublishersPacketsReachTheCameraAsAPulledCamerasDo() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let (stream, packets) = try Self.footage(in: folder)
            let camera = try phone()
            let subscription = camera.hub.subscribe()
            let publication = try camera.publish(from: "phone")
            for packet in packets { publication.receive(packet, of: stream) }
            let status = camera.status
            if case .running = status.state {} else { Issue.record("\(status.state)") }
            #expect(status.reason == nil && status.connections == 1)
            #expect(status.video?.width == 320 && status.receivedPackets == 25)
            #expect(status.receivedBytes == packets.reduce(0) { $0 + $1.size })
            #expect(status.framesPerSecond > 0)
            var times: [Double] = []
            while let packet = subscription.poll() { times.append(packet.decodeTime.seconds) }
            #expect(times.count == 25)
            #expect(zip(times, times.dropFirst()).allSatisfy { abs($1 - $0 - 0.04) < 1e-3 })
            publication.end("the connection was closed")
        }
    }

    @Test func afterItsEndTheCameraWaitsForTheNextWhoGoesOnOnTheSameTimeline() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let (stream, packets) = try Self.footage(in: folder)
            let camera = try phone()
            let subscription = camera.hub.subscribe()
            let first = try camera.publish(from: "phone")
            for packet in packets { first.receive(packet, of: stream) }
            first.end("goodbye")
            first.end("twice")
            for packet in packets { first.receive(packet, of: stream) }
            #expect(camera.status.state == .idle)
            #expect(camera.status.reason == "waiting for a publisher (the last one left: goodbye)")
            #expect(camera.status.receivedPackets == 25)

            var former: [CameraPacket] = []
            while let packet = subscription.poll() { former.append(packet) }
            #expect(subscription.takeSourceEnd())
            // What is kept of the last picture group is not for those who come now.
            #expect(camera.hub.subscribe().poll() == nil)

            let second = try camera.publish(from: "phone")
            // In the middle of a group: consumers wait for a key frame.
            for packet in packets.dropFirst(3) { second.receive(packet, of: stream) }
            #expect(subscription.poll() == nil)
            for packet in packets { second.receive(packet, of: stream) }
            let next = try #require(subscription.poll())
            #expect(next.isVideoKeyFrame)
            #expect(next.generation == former[0].generation + 1)
            #expect(next.decodeTime.seconds > former[24].decodeTime.seconds)
            #expect(next.decodeTime.seconds < former[24].decodeTime.seconds + 2)
            #expect(camera.status.connections == 2)
        }
    }

    @Test func aPublicationThatIsForgottenLeavesItsPath() throws {
        let camera = try phone()
        do {
            let publication = try camera.publish(from: "phone")
            _ = publication
        }
        #expect(camera.status.reason?.hasPrefix("waiting for a publisher") == true)
        _ = try camera.publish(from: "another")
    }
}
