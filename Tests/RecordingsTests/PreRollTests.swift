import Cameras
import Domain
import FFmpeg
import Foundation
import Recordings
import TestSupport
import Testing

@Suite(.serialized) struct PreRollTests {
    @Test func itReachesBackFarEnoughAndAtMostOneGOPFurther() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let packets = try packets(of: Material.withSound.file(in: folder, seconds: 8))
            for seconds in [0.0, 0.5, 1, 2.4, 5, 30] { expectToHold(seconds, of: packets) }
        }
    }

    private func expectToHold(_ seconds: Double, of packets: [CameraPacket]) {
        var preRoll = PreRoll(limit: .init(seconds: seconds))
        for (index, packet) in packets.enumerated() {
            preRoll.append(packet)
            let held = preRoll.packets(fromSeconds: -.infinity)
            #expect(held.first?.isVideoKeyFrame == true)
            #expect(held.last?.decodeTime == packet.decodeTime)
            #expect(held.count == preRoll.packetCount)
            #expect(held.map(\.packet.size).reduce(0, +) == preRoll.byteCount)
            let sofar =
                (packets[0...index].last { $0.isVideo }?.decodeTime.seconds ?? 0) - packets[0].decodeTime.seconds
            #expect(preRoll.seconds >= min(seconds, sofar) - 1e-6)
            #expect(preRoll.seconds < seconds + 1.0001, "more than a GOP too much")
        }
        #expect(preRoll.shortenings == 0)
    }

    @Test func aMomentIsFoundAtTheKeyFrameBeforeIt() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let packets = try packets(of: Material.plain.file(in: folder, seconds: 5))
            var preRoll = PreRoll(limit: .init(seconds: 10))
            for packet in packets { preRoll.append(packet) }
            for (moment, start) in [(-3.0, 0.0), (0, 0), (0.99, 0), (1, 1), (3.5, 3), (99, 4)] {
                #expect(abs((preRoll.packets(fromSeconds: moment).first?.decodeTime.seconds ?? -1) - start) < 0.001)
            }
        }
    }

    @Test func itsBytesAreBoundedAndCounted() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let packets = try packets(of: Material.plain.file(in: folder, seconds: 5))
            let bytes = packets.map(\.packet.size).reduce(0, +) / 3
            var preRoll = PreRoll(limit: .init(seconds: 10, bytes: bytes))
            for packet in packets {
                preRoll.append(packet)
                #expect(preRoll.byteCount <= bytes)
            }
            #expect(preRoll.shortenings > 0)
            #expect(preRoll.packets(fromSeconds: 0).first?.isVideoKeyFrame == true)
        }
    }

    @Test func aGOPThatIsTooLargeIsLetGoAndTheNextOneIsKept() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let packets = try packets(of: Material.plain.file(in: folder, seconds: 3))
            let first = packets.prefix(20).map(\.packet.size).reduce(0, +)
            var preRoll = PreRoll(limit: .init(seconds: 10, bytes: first))
            for packet in packets.prefix(24) { preRoll.append(packet) }
            #expect(preRoll.packetCount == 0 && preRoll.byteCount == 0 && preRoll.shortenings == 1)
            for packet in packets.dropFirst(24).prefix(5) { preRoll.append(packet) }
            #expect(preRoll.packets(fromSeconds: 0).first?.decodeTime.seconds == 1)
        }
    }

    @Test func nothingIsHeldBeforeTheFirstKeyFrame() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let packets = try packets(of: Material.withSound.file(in: folder, seconds: 2))
            var preRoll = PreRoll(limit: .init(seconds: 10))
            for packet in packets.drop(while: { $0.isVideoKeyFrame }).prefix(10) { preRoll.append(packet) }
            #expect(preRoll.packetCount == 0 && preRoll.packets(fromSeconds: 0).isEmpty)
        }
    }
}
