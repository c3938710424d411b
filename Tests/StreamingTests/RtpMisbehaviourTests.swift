import FFmpeg
import Streaming
import Testing

/// What cameras and phones have been seen to send, and what nobody should.
@Suite struct RtpMisbehaviourTests {
    private let sps: [UInt8] = [0x67, 0x42, 0xC0, 0x1E, 0x95, 0xA0]
    private let pps: [UInt8] = [0x68, 0xCE, 0x38, 0x80]
    private let idr: [UInt8] = [0x65, 0x88, 0x84, 0x21, 0x31]
    private let slice: [UInt8] = [0x41, 0x9A, 0x22, 0x33]
    private let sei: [UInt8] = [0x06, 0x05, 0x01, 0xAA, 0x80]

    private func received(_ payloads: [([UInt8], time: UInt32, isMarked: Bool)], _ codec: MediaCodec = .h264) throws
        -> (units: [AccessUnit], losses: Depacketizer.Losses)
    {
        var depacketizer = try Rtp.depacketizer(codec)
        var units: [AccessUnit] = []
        for (number, payload) in payloads.enumerated() {
            units += depacketizer.receive(
                Rtp.packet(UInt16(number), payload.0, at: payload.time, isMarked: payload.isMarked))
        }
        return (units, depacketizer.losses)
    }

    @Test func aMarkerOnAnSEIEndsNothing() throws {
        let (units, losses) = try received([
            (sei, 0, true), (sps, 0, true), (pps, 0, true), (idr, 0, true), (sei, 3600, true), (slice, 3600, true),
        ])
        #expect(units.map(\.bytes) == [Rtp.unit([sei, sps, pps, idr]), Rtp.unit([sei, slice])])
        #expect(losses.units == 0)
    }

    @Test func parameterSetsWithATimeOfTheirOwnBelongToThePictureBehindThem() throws {
        let (units, _) = try received([(sps, 100, false), (pps, 100, true), (idr, 3600, true)])
        #expect(units.map(\.bytes) == [Rtp.unit([sps, pps, idr])])
        #expect(units.first?.timestamp == 3600)
    }

    @Test func aPictureEndsAtTheNextTimeWhenItsMarkerIsMissing() throws {
        let (units, losses) = try received([(idr, 0, false), (slice, 3600, false), (slice, 7200, true)])
        #expect(units.map(\.bytes) == [Rtp.unit([idr]), Rtp.unit([slice]), Rtp.unit([slice])])
        #expect(losses.units == 0)
    }

    @Test func emptyFragmentsAreFragments() throws {
        let (units, losses) = try received([
            ([0x7C, 0x85], 0, false), ([0x7C, 0x05, 1, 2], 0, false), ([0x7C, 0x05], 0, false),
            ([0x7C, 0x45], 0, true),
        ])
        #expect(units.map(\.bytes) == [Rtp.unit([[0x65, 1, 2]])])
        #expect(units.first?.isKeyFrame == true)
        #expect(losses.units == 0)
    }

    @Test func fragmentsMayChangeTheirTypeLackTheirEndOrBeBothFirstAndLast() throws {
        let (units, losses) = try received([
            ([0x7C, 0x85, 1], 0, false), ([0x7C, 0x01, 2], 0, false), ([0x7C, 0x41, 3], 0, true),
            ([0x5C, 0x81, 4], 1, false), ([0x5C, 0x01, 5], 1, true), ([0x5C, 0xC1, 6], 2, true),
        ])
        #expect(units.map(\.bytes) == [[0x65, 1, 2, 3], [0x41, 4, 5], [0x41, 6]].map { Rtp.unit([$0]) })
        #expect(losses.units == 0)
    }

    @Test func fragmentsWithoutTheirFirstAreNoPicture() throws {
        let (units, losses) = try received([
            ([0x7C, 0x05, 1], 0, false), ([0x7C, 0x45, 2], 0, true), (slice, 1, true),
        ])
        #expect(units.map(\.bytes) == [Rtp.unit([slice])])
        #expect(losses.units == 1)
    }

    @Test func startCodesInAPayloadAreUnderstood() throws {
        let (units, losses) = try received([
            (Rtp.unit([sps, pps, idr]), 0, true), ([0, 0, 1] + slice, 3600, true),
            // As one unit with the header of the first; in fragments, as V380 cameras do it.
            (sps + Rtp.startCode + pps + Rtp.startCode + idr, 7200, true),
            ([0x7C, 0x87] + sps.dropFirst() + Rtp.startCode + pps + [0, 0], 10_800, false),
            ([0x7C, 0x47, 0, 1] + idr, 10_800, true),
        ])
        #expect(
            units.map(\.bytes) == [
                Rtp.unit([sps, pps, idr]), Rtp.unit([slice]), Rtp.unit([sps, pps, idr]), Rtp.unit([sps, pps, idr]),
            ])
        #expect(units.map(\.isKeyFrame) == [true, false, true, true])
        #expect(losses.units == 0)
    }

    @Test func startCodesInAPayloadOfH265AreUnderstood() throws {
        let (vps, picture): ([UInt8], [UInt8]) = ([32 << 1, 1, 0x0C], [19 << 1, 1, 0xAF, 1])
        let (units, losses) = try received([(Rtp.unit([vps, picture]), 0, true)], .h265)
        #expect(units.map(\.bytes) == [Rtp.unit([vps, picture])])
        #expect(units.first?.isKeyFrame == true && losses.units == 0)
    }

    @Test func layersOfH265ComeThrough() throws {
        // Temporal sub-layers: the identifier is in the second byte, also of fragments and aggregates.
        let second: [UInt8] = [1 << 1, 2, 0xD0, 1]
        let third: [UInt8] = [0 << 1, 3, 0xD0, 2]
        let (units, losses) = try received(
            [
                (second, 0, true), ([49 << 1, 3, 0x80, 0xD0], 1, false), ([49 << 1, 3, 0x40, 2], 1, true),
                ([48 << 1, 2, 0, 4] + second + [0, 4] + third, 2, true),
            ], .h265)
        #expect(units.map(\.bytes) == [Rtp.unit([second]), Rtp.unit([third]), Rtp.unit([second, third])])
        #expect(units.allSatisfy { !$0.isKeyFrame } && losses.units == 0)
    }

    @Test func lengthsOfAnAggregateThatLieDamageThePicture() throws {
        let (units, losses) = try received([
            ([24, 0, 4] + slice + [0xFF, 0xFF, 1], 0, true), ([24, 0, 4] + slice + [0, 0, 9], 1, true),
            ([24], 2, true), (slice, 3, true),
        ])
        #expect(units.map(\.bytes) == [Rtp.unit([slice]), Rtp.unit([slice])])
        #expect(losses.units == 1)
    }

    @Test func aGapBehindWhichOnlyPaddingComesIsNotForgotten() throws {
        var depacketizer = try Rtp.depacketizer(.h264)
        var units = depacketizer.receive(Rtp.packet(1, [0x5C, 0x81, 1]))
        // Packet 2 is lost; packet 3 has nothing but padding.
        var padding = Rtp.packet(3, [0, 0, 0, 4])
        padding[0] |= 0x20
        units += depacketizer.receive(padding)
        units += depacketizer.receive(Rtp.packet(4, [0x5C, 0x41, 2], isMarked: true))
        #expect(units.isEmpty)
        #expect(depacketizer.losses.packets == 1 && depacketizer.losses.units == 1)
    }

    @Test func aPictureWhoseEndWasLostIsNotTakenForWhole() throws {
        var depacketizer = try Rtp.depacketizer(.h264)
        var units = depacketizer.receive(Rtp.packet(1, slice, at: 0))
        // The second slice with the marker, packet 2, is lost.
        units += depacketizer.receive(Rtp.packet(3, slice, at: 3600, isMarked: true))
        // That one began with its first slice, so it is whole.
        #expect(units.map(\.timestamp) == [3600])
    }

    @Test func aStraySourceIsPassedOverAndANewOneIsTakenInTheEnd() throws {
        var depacketizer = try Rtp.depacketizer(.h264)
        var units = depacketizer.receive(Rtp.packet(1, slice, at: 0, isMarked: true))
        units += depacketizer.receive(Rtp.packet(900, idr, at: 9, isMarked: true, source: 8))
        units += depacketizer.receive(Rtp.packet(2, slice, at: 3600, isMarked: true))
        #expect(units.count == 2 && depacketizer.losses.packets == 0)
        // The encoder began anew; the first picture that is taken had begun earlier.
        for number in 0..<40 as Range<UInt16> {
            units += depacketizer.receive(
                Rtp.packet(
                    5000 + number, [0x41, 0x1A, UInt8(number)], at: 50_000, isMarked: number % 10 == 9, source: 9))
        }
        #expect(units.count == 4)
        #expect(depacketizer.source == 9)
    }

    @Test func repeatedAndLatePacketsAreLeftOut() throws {
        var depacketizer = try Rtp.depacketizer(.h264)
        let packets = [65_534, 65_535, 0, 1].map { Rtp.packet($0, slice, at: UInt32($0), isMarked: true) }
        let units = depacketizer.receive(all: packets + [packets[1], packets[3]])
        #expect(units.count == 4)
        #expect(depacketizer.losses == Depacketizer.Losses())
    }

    @Test func decodingCanBeginWhereARecoveryPointSaysSo() throws {
        let recovery: [UInt8] = [0x06, 0x05, 0x02, 1, 2, 0x06, 0x01, 0xC4, 0x80]
        let (units, _) = try received([(recovery, 0, false), (slice, 0, true), (sei, 1, false), (slice, 1, true)])
        #expect(units.map(\.isKeyFrame) == [true, false])
    }

    @Test func aPictureWithoutEndIsGivenUpAndNothingPilesUp() throws {
        var depacketizer = try Rtp.depacketizer(.h264)
        let content = [UInt8](repeating: 7, count: 60_000)
        var units = depacketizer.receive(Rtp.packet(0, [0x7C, 0x85] + content))
        for number in 1...300 as ClosedRange<UInt16> {
            units += depacketizer.receive(Rtp.packet(number, [0x7C, 0x05] + content))
        }
        units += depacketizer.receive(Rtp.packet(301, [0x7C, 0x45, 1], isMarked: true))
        #expect(units.isEmpty && depacketizer.losses.units == 1)
        units += depacketizer.receive(Rtp.packet(302, slice, at: 1, isMarked: true))
        #expect(units.count == 1)
        // Nothing but SEI, each with a time of its own and a marker: 12 MB of it.
        let message = [0x06] + [UInt8](repeating: 5, count: 60_000)
        for number in 0..<200 as Range<UInt16> {
            #expect(
                depacketizer.receive(Rtp.packet(303 + number, message, at: UInt32(number) + 2, isMarked: true)).isEmpty)
        }
    }

    @Test(arguments: MediaCodec.allCases) func noBytesDoHarm(_ codec: MediaCodec) throws {
        var dice = Dice(4)
        var depacketizer = try Rtp.depacketizer(codec)
        for number in 0..<20_000 as Range<Int> {
            var packet = Rtp.packet(
                UInt16(truncatingIfNeeded: number), dice.bytes(Int.random(in: 0...40, using: &dice)),
                at: UInt32(number / 4), isMarked: number % 4 == 3, type: codec.staticPayloadType ?? 96)
            if number % 3 == 0 { packet[0] = UInt8.random(in: 0x80...0xBF, using: &dice) }
            if number % 50 == 0 { packet.removeLast(min(packet.count, Int.random(in: 0...20, using: &dice))) }
            _ = depacketizer.receive(packet)
        }
        #expect(depacketizer.losses.strays > 0)
    }

    /// A header that says more bytes than there are must not be cut off.
    @Test(arguments: 0...12) func aHeaderOfAACWithoutItsPacketIsNoTrap(_ count: Int) throws {
        let stream = try StreamInfo.audio(index: 1, codec: "aac", sampleRate: 48_000, channels: 2, extradata: [])
        var packetizer = try #require(Packetizer(stream, track: 1))
        for protection: UInt8 in [0xF0, 0xF1] {
            let packet = [0xFF, protection] + [UInt8](repeating: 0x55, count: count)
            let batch = packet.withUnsafeBytes { packetizer.packetize($0, isKeyFrame: true, timestamp: 0) }
            #expect(batch.packets.count == 1)
        }
    }
}
