import Cameras
import Domain
import FFmpeg
import Foundation
import TestSupport
import Testing

/// All packets of a file as a camera would publish them.
private func packets(of file: URL) throws -> [CameraPacket] {
    var demuxer = try Demuxer(url: file.path, subject: "pattern", interrupt: Interrupt())
    let best = demuxer.bestVideoStream
    let video = try #require(best)
    var timeline = Timeline()
    var packets: [CameraPacket] = []
    while let packet = try demuxer.next() {
        let place = timeline.place(streamSeconds: packet.decodeTime?.seconds, arrivalSeconds: 0)
        packets.append(
            CameraPacket(
                packet: packet, stream: video, decodeTime: place.decodeTime, offsetSeconds: place.offsetSeconds,
                wallSeconds: 0, generation: 1))
    }
    return packets
}

@Suite struct PacketHubTests {
    @Test func aLateConsumerStartsAtTheLastKeyFrame() async throws {
        try await withTemporaryDirectory { folder in
            let packets = try packets(of: Footage.testPattern(in: folder, seconds: 3))
            let hub = PacketHub()
            for packet in packets.prefix(60) { hub.publish(packet) }
            let late = hub.subscribe()
            hub.publish(packets[60])
            var received: [CameraPacket] = []
            while let packet = late.poll() { received.append(packet) }
            // Key frames are packets 0, 25 and 50.
            #expect(received.count == 11)
            #expect(received.first?.isVideoKeyFrame == true)
            #expect(received.first?.decodeTime == packets[50].decodeTime)
            #expect(late.droppedPackets == 0)
        }
    }

    @Test func aSlowConsumerSkipsToAKeyFrameIsCountedAndNobodyElseNotices() async throws {
        try await withTemporaryDirectory { folder in
            let packets = try packets(of: Footage.testPattern(in: folder, seconds: 3))
            let hub = PacketHub()
            let slow = hub.subscribe(for: .decoder, limit: .init(packets: 10))
            let quick = hub.subscribe()
            var received = 0
            for packet in packets.prefix(55) {
                hub.publish(packet)
                while quick.poll() != nil { received += 1 }
            }
            #expect(received == 55)
            #expect(quick.droppedPackets == 0)
            let first = try #require(slow.poll())
            #expect(first.isVideoKeyFrame)
            #expect(slow.droppedPackets == 50, "all but the five from the last key frame on")
            #expect(hub.droppedPackets == slow.droppedPackets)
            let last = packets.prefix(55).reversed().prefix { !$0.isVideoKeyFrame }.count + 1
            #expect(hub.queues[.decoder]?.depth == slow.depth && hub.queues[.decoder]?.capacity == 10)
            #expect(hub.currentGOP.packets == last && hub.currentGOP.limit == 1500)
            #expect(hub.queues[.live]?.dropped == 0 && hub.queues[.live]?.capacity == 2000)
            slow.cancel()
            #expect(slow.poll() == nil)
            #expect(hub.subscriberCount == 1)
            #expect(hub.queues[.decoder]?.dropped == 50 && hub.queues[.decoder]?.capacity == 0)
            #expect(hub.droppedPackets == 50, "what a former consumer lost stays counted")
        }
    }

    @Test func theGOPOfAGoneSourceIsForgotten() async throws {
        try await withTemporaryDirectory { folder in
            let packets = try packets(of: Footage.testPattern(in: folder, seconds: 1))
            let hub = PacketHub()
            for packet in packets { hub.publish(packet) }
            hub.endSource()
            #expect(hub.subscribe().poll() == nil)
        }
    }

    @Test func anEndlessGOPIsNotKept() async throws {
        try await withTemporaryDirectory { folder in
            let packets = try packets(of: Footage.testPattern(in: folder, seconds: 1))
            var limit = PacketHub.GOPLimit()
            limit.packets = 10
            let hub = PacketHub(limit: limit)
            for packet in packets { hub.publish(packet) }
            #expect(hub.subscribe().poll() == nil)
        }
    }

    @Test func packetsMayComeLateWhileNobodyWantsThemAtOnce() {
        let hub = PacketHub()
        let recorder = hub.subscribe(isLive: false)
        #expect(!hub.hasLiveConsumers)
        let viewer = hub.subscribe()
        #expect(hub.hasLiveConsumers)
        viewer.cancel()
        #expect(!hub.hasLiveConsumers)
        recorder.cancel()
    }
}
