import FFmpeg
import Foundation
import Streaming
import TestSupport
import Testing

/// What goes into a packetiser comes out of a depacketiser, byte for byte.
@Suite struct RtpRoundTripTests {
    /// Sizes around those at which a unit is cut.
    private static let edges = [
        3, 4, 1399, 1400, 1401, 1402, 2795, 2796, 2797, 2798, 2799, 4200, 65_535, 65_536, 200_000,
    ]

    @Test(arguments: [MediaCodec.h264, .h265]) func unitsOfAllSizesComeBackAsTheyWere(_ codec: MediaCodec)
        async throws
    {
        try await withTemporaryDirectoryBlocking { folder in
            // Without parameter sets in front: units come in Annex B form.
            let file =
                codec == .h264
                ? try RtpFootage.h264(in: folder, container: "ts") : try RtpFootage.h265(in: folder, container: "ts")
            var packetizer = try #require(Packetizer(Rtp.Recorded(file).stream, track: 0))
            var depacketizer = try Rtp.depacketizer(codec)
            var dice = Dice(1)
            for number in 0..<150 {
                let timestamp = UInt32.max - 75 * 3600 &+ UInt32(number) &* 3600
                let sizes =
                    (0..<Int.random(in: 1...4, using: &dice)).map { _ in
                        number < Self.edges.count ? Self.edges[number] : Int.random(in: 3...6000, using: &dice)
                    }
                let units = sizes.enumerated().map { Self.slice($0, of: $1, codec, isKey: number % 7 == 0, &dice) }
                let packets = packetizer.packets(
                    of: Rtp.unit([Self.parameterSet(codec)] + units), isKeyFrame: number % 7 == 0, at: timestamp)
                #expect(packets.allSatisfy { $0.count <= 12 + 1400 })
                #expect(packets.map { $0[1] & 0x80 != 0 } == packets.indices.map { $0 == packets.count - 1 })
                let received = depacketizer.receive(all: packets)
                let isSame = received.map(\.bytes) == [Rtp.unit([Self.parameterSet(codec)] + units)]
                #expect(isSame, "picture \(number)")
                #expect(received.map(\.isKeyFrame) == [number % 7 == 0])
                #expect(received.map { UInt32(truncatingIfNeeded: $0.timestamp) } == [timestamp])
            }
            #expect(depacketizer.losses == Depacketizer.Losses())
        }
    }

    /// A slice of a picture: type and first bits in order, the rest random.
    private static func slice(_ index: Int, of size: Int, _ codec: MediaCodec, isKey: Bool, _ dice: inout Dice)
        -> [UInt8]
    {
        let header: [UInt8] = codec == .h264 ? [isKey ? 0x65 : 0x41] : [isKey ? 19 << 1 : 1 << 1, 1]
        return header + [index == 0 ? 0x9A : 0x5A] + dice.bytes(max(0, size - header.count - 1))
    }

    private static func parameterSet(_ codec: MediaCodec) -> [UInt8] {
        codec == .h264 ? [0x67, 0x42, 0xC0, 0x1E, 0x80] : [33 << 1, 1, 0x42, 0x80]
    }

    @Test func unitsBehindLengthsThatLookLikeStartCodesComeBack() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let recorded = try Rtp.Recorded(try RtpFootage.h264(in: folder))
            #expect(recorded.stream.parameters.extradata.first == 1)
            var packetizer = try #require(Packetizer(recorded.stream, track: 0))
            var depacketizer = try Rtp.depacketizer(.h264)
            var dice = Dice(2)
            // 256 to 511: the length begins like a start code of three bytes.
            for size in 250...520 {
                let slice: [UInt8] = [0x41, 0x9A] + dice.bytes(size - 2)
                let length = [0, 0, UInt8(size >> 8), UInt8(truncatingIfNeeded: size)]
                let packets = packetizer.packets(of: length + slice, at: UInt32(size))
                #expect(depacketizer.receive(all: packets).map(\.bytes) == [Rtp.unit([slice])])
            }
        }
    }

    @Test func parameterSetsGoInFrontOfKeyFramesThatLackThem() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let recorded = try Rtp.Recorded(try RtpFootage.h264(in: folder))
            var packetizer = try #require(Packetizer(recorded.stream, track: 0))
            var depacketizer = try Rtp.depacketizer(.h264)
            let delimiter: [UInt8] = [0, 0, 0, 2, 0x09, 0xF0]
            let packets = packetizer.packets(of: delimiter + [0, 0, 0, 3, 0x65, 0x88, 1], isKeyFrame: true, at: 1)
            #expect(packets.map { $0[12] & 0x1F } == [9, 7, 8, 5])
            #expect(depacketizer.receive(all: packets).map(\.isKeyFrame) == [true])
            let next = packetizer.packets(of: [0, 0, 0, 3, 0x41, 0x9A, 1], at: 2)
            #expect(next.map { $0[12] & 0x1F } == [1])
        }
    }

    @Test func soundComesBack() throws {
        var dice = Dice(3)
        for codec in [MediaCodec.aac, .opus, .pcmu, .pcma] {
            let stream = try StreamInfo.audio(
                index: 1, codec: codec.ffmpegName, sampleRate: 48_000, channels: codec == .opus ? 2 : 1, extradata: [])
            var packetizer = try #require(Packetizer(stream, track: 1))
            var media = Rtp.media(codec)
            media.payloadType = packetizer.payloadType
            var depacketizer = try #require(Depacketizer(media))
            let largest = codec == .aac ? 8191 : codec == .opus ? 1275 : 5000
            for number in 0..<200 {
                let bytes = dice.bytes(number < 2 ? [1, largest][number] : Int.random(in: 1...largest, using: &dice))
                let start = UInt32.max - 3
                let packets = packetizer.packets(of: bytes, at: start)
                let units = depacketizer.receive(all: packets)
                let isSame = units.flatMap(\.bytes) == bytes
                #expect(isSame, "\(codec) of \(bytes.count) bytes")
                if codec == .aac || codec == .opus { #expect(units.count == 1) }
                // A byte of G.711 is a sample: what was cut has times of its own.
                var expected = start
                for (packet, unit) in zip(packets, units) where codec == .pcmu || codec == .pcma {
                    #expect(UInt32(truncatingIfNeeded: unit.timestamp) == expected)
                    expected &+= UInt32(packet.count - 12)
                }
            }
            #expect(depacketizer.losses == Depacketizer.Losses())
        }
    }

    @Test func aPacketOfSoundThatCannotBeCutAndFitsNoDatagramIsLeftOut() throws {
        let opus = try StreamInfo.audio(index: 0, codec: "opus", sampleRate: 48_000, channels: 2, extradata: [])
        var packetizer = try #require(Packetizer(opus, track: 0))
        #expect(packetizer.packets(of: [UInt8](repeating: 1, count: 70_000), at: 0).isEmpty)
        let aac = try StreamInfo.audio(index: 0, codec: "aac", sampleRate: 48_000, channels: 2, extradata: [])
        var other = try #require(Packetizer(aac, track: 0))
        #expect(other.packets(of: [UInt8](repeating: 1, count: 8192), at: 0).isEmpty)
    }

    @Test(arguments: [MediaCodec.h264, .h265]) func whatLostAPacketIsLeftOutAndTheRestIsUntouched(_ codec: MediaCodec)
        async throws
    {
        try await withTemporaryDirectoryBlocking { folder in
            let file =
                codec == .h264
                ? try RtpFootage.h264(in: folder, container: "ts") : try RtpFootage.h265(in: folder, container: "ts")
            let stream = try Rtp.Recorded(file).stream
            for seed in 0..<8 as Range<UInt64> {
                var dice = Dice(seed)
                var packetizer = try #require(Packetizer(stream, track: 0))
                var depacketizer = try Rtp.depacketizer(codec)
                var sent: Set<[UInt8]> = []
                var received: [[UInt8]] = []
                var whole = 0
                var lost = 0
                for number in 0..<100 as Range<UInt32> {
                    let isKey = number % 10 == 0
                    let slices = (0..<3).map {
                        Self.slice($0, of: Int.random(in: 10...4000, using: &dice), codec, isKey: isKey, &dice)
                    }
                    let unit = Rtp.unit((isKey ? [Self.parameterSet(codec)] : []) + slices)
                    sent.insert(unit)
                    let packets = packetizer.packets(of: unit, at: number * 3600)
                    let kept = packets.enumerated().filter { index, _ in
                        (number == 0 && index == 0) || Int.random(in: 0..<40, using: &dice) > 0
                    }.map(\.element)
                    if kept.count == packets.count { whole += 1 } else { lost += packets.count - kept.count }
                    received += depacketizer.receive(all: kept).map(\.bytes)
                }
                let isAllSent = received.allSatisfy(sent.contains)
                #expect(isAllSent, "a damaged unit came through")
                // A unit behind one that lost its end is known to be whole by its first slice.
                #expect(received.count == whole)
                #expect(depacketizer.losses.packets <= lost && depacketizer.losses.packets >= lost - 1)
            }
        }
    }
}
