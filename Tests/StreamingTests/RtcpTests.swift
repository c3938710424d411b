import Testing

@testable import Streaming

@Suite struct RtcpTests {
    @Test func aSenderReportComesBackAsItWas() {
        let report = RTCP.SenderReport(
            source: 0xDEAD_BEEF, time: RTCP.time(unixSeconds: 1_700_000_000.25), timestamp: 0xFFFF_FFF0)
        let bytes = RTCP.senderReport(report, packets: 5, bytes: 6)
        #expect(bytes.count % 4 == 0)
        #expect(bytes.withUnsafeBytes { RTCP.senderReport(in: $0) } == report)
        #expect(abs(report.seconds - 2_208_988_800 - 1_700_000_000.25) < 1e-6)
        // Behind another report, as some senders have it.
        let receiver = RTCP.receiverReport(from: 1, about: 2, lost: -1, highest: 3, lastReport: (report, age: 1.5))
        #expect((receiver + bytes).withUnsafeBytes { RTCP.senderReport(in: $0) } == report)
        #expect(receiver.withUnsafeBytes { RTCP.senderReport(in: $0) } == nil)
        // Middle of the report's time, and 1.5 s in units of 1/65536 s.
        let middle = UInt32(truncatingIfNeeded: report.time >> 16)
        #expect(Array(receiver[24..<32]) == withUnsafeBytes(of: middle.bigEndian) { Array($0) } + [0, 1, 0x80, 0])
    }

    @Test func everyLengthOfGarbageIsBounded() {
        var dice = Dice(6)
        let report = RTCP.senderReport(
            RTCP.SenderReport(source: 1, time: 2, timestamp: 3), packets: .max, bytes: .max)
        for length in 0...report.count { _ = report.prefix(length).withUnsafeBytes { RTCP.senderReport(in: $0) } }
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...64, using: &dice)).map { _ in UInt8.random(in: 0...255, using: &dice) }
            if !bytes.isEmpty { bytes[0] = bytes[0] & 0x3F | 0x80 }
            if bytes.count > 3 { (bytes[1], bytes[2]) = (200, 0) }
            _ = bytes.withUnsafeBytes { RTCP.senderReport(in: $0) }
        }
        // A length that says more than there is.
        #expect([0x80, 200, 0xFF, 0xFF, 0, 0, 0, 1].withUnsafeBytes { RTCP.senderReport(in: $0) } == nil)
        // One that is too short to be one, in front of one.
        #expect(([0x80, 200, 0, 0] + report).withUnsafeBytes { RTCP.senderReport(in: $0)?.source } == 1)
        _ = RTCP.receiverReport(
            from: 1, about: 2, lost: .max, highest: 3,
            lastReport: (RTCP.SenderReport(source: 1, time: .max, timestamp: 0), age: .infinity))
        #expect(RTCP.time(unixSeconds: -.infinity) == 0)
    }
}

@Suite struct RtpOrderTests {
    /// - Parameter interval: milliseconds from one packet to the next.
    private func delivered(_ sequences: [UInt16], every interval: Int = 0) -> [UInt16] {
        delivered(sequences.enumerated().map { ($1, $0 * interval) })
    }

    /// - Parameter packets: their sequence, and when they come in milliseconds.
    private func delivered(_ packets: [(sequence: UInt16, time: Int)]) -> [UInt16] {
        var order = SequenceOrder()
        var delivered: [UInt16] = []
        for (sequence, time) in packets {
            Rtp.packet(sequence, [1]).withUnsafeBytes { packet in
                order.receive(packet, at: .milliseconds(time)) { delivered.append(UInt16($0[2]) << 8 | UInt16($0[3])) }
            }
        }
        return delivered
    }

    @Test func packetsOfADatagramPathComeInOrderAcrossTheWrap() {
        #expect(delivered([65_533, 65_535, 65_534, 1, 0, 2]) == [65_533, 65_534, 65_535, 0, 1, 2])
        #expect(delivered([5, 7, 7, 6, 6, 5, 8]) == [5, 6, 7, 8])
    }

    @Test func aMissingPacketIsWaitedForOnlySoLong() {
        let sequences = [10] + Array(12...60 as ClosedRange<UInt16>)
        let first = delivered(Array(sequences.prefix(33)))
        #expect(first == [10])
        #expect(delivered(sequences) == sequences)
    }

    /// A picture a packet, ten a second: without a limit of time it would stand still for three seconds.
    @Test func packetsOfAQuietCameraDoNotWaitForManyOthers() {
        #expect(delivered([10, 12, 13], every: 100) == [10])
        #expect(delivered([10, 12, 13, 14], every: 100) == [10, 12, 13, 14])
        // One that comes too late is left out, and time goes on by it.
        #expect(delivered([10, 12, 13, 14, 16, 17, 11], every: 100) == [10, 12, 13, 14, 16, 17])
        #expect(delivered([(10, 0), (12, 5), (13, 154)]) == [10])
        #expect(delivered([(10, 0), (12, 5), (13, 155)]) == [10, 12, 13])
        // What comes again has not just come.
        #expect(delivered([(65_535, 0), (1, 5), (1, 100), (2, 155)]) == [65_535, 1, 2])
    }

    @Test func eachGapHasItsOwnTime() {
        // Both are over; only the first is; the missing one comes as it is given up.
        #expect(delivered([(10, 0), (12, 5), (14, 5), (20, 200)]) == [10, 12, 14])
        #expect(delivered([(10, 0), (12, 5), (14, 100), (16, 155)]) == [10, 12])
        #expect(delivered([(10, 0), (12, 5), (11, 500), (13, 500)]) == [10, 11, 12, 13])
        // The second gap of two grows old behind the first.
        #expect(delivered([(10, 0), (14, 5), (12, 100), (16, 155)]) == [10, 12, 14])
    }

    @Test func aSenderThatBeginsAnewIsFollowed() {
        #expect(delivered([100, 101, 30_000, 30_001, 30_002]) == [100, 101, 30_000, 30_001, 30_002])
        #expect(delivered([30_000, 30_001, 5, 6]) == [30_000, 30_001, 5, 6])
        var order = SequenceOrder()
        [UInt8](repeating: 0x80, count: 11).withUnsafeBytes {
            order.receive($0, at: .zero) { _ in Issue.record("too short") }
        }
    }
}

@Suite struct DecodeTimesTests {
    /// Decode times of frames at 25 a second, shown in this order.
    private func times(_ shown: [Int64], depth: Int) -> [Int64?] {
        var times = DecodeTimes(depth: depth, clockRate: 90_000)
        return shown.map { times.next(presentation: $0 * 3600).map { $0 / 3600 } }
    }

    @Test func picturesThatAreShownAsTheyComeAreDecodedThen() {
        #expect(times([0, 1, 2, 3], depth: 0) == [0, 1, 2, 3])
    }

    @Test func reorderedPicturesAreDecodedBeforeTheyAreShown() {
        let shown: [Int64] = [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11]
        let decoded = times(shown, depth: 2).compactMap(\.self)
        #expect(decoded.count == shown.count)
        #expect(zip(decoded, decoded.dropFirst()).allSatisfy(<))
        #expect(zip(decoded, shown).allSatisfy(<=))
        #expect(decoded.dropFirst(2) == Array(0...10)[...])
    }

    @Test func aDepthThatIsTooSmallIsLearntAtTheCostOfAFewPictures() {
        let shown = (0..<20).flatMap { (group: Int64) -> [Int64] in [4, 2, 1, 3].map { 4 * group + $0 } }
        var times = DecodeTimes(depth: 0, clockRate: 90_000)
        let decoded = shown.map { times.next(presentation: $0 * 3600) }
        #expect(decoded.filter { $0 == nil }.count <= 3)
        #expect(decoded.dropFirst(8).allSatisfy { $0 != nil })
        let kept = zip(decoded, shown).compactMap { time, shown in time.map { ($0, shown * 3600) } }
        #expect(zip(kept, kept.dropFirst()).allSatisfy { $0.0 < $1.0 })
        #expect(kept.allSatisfy { $0.0 <= $0.1 })
    }

    @Test func aClockThatLeapsOrGoesBackIsFollowedAtOnce() {
        #expect(times([0, 1, 2, 100_000, 100_001], depth: 0) == [0, 1, 2, 100_000, 100_001])
        #expect(times([500, 501, 400, 401], depth: 0) == [500, 501, 400, 401])
        #expect(times([1000, 1001, 1002, 0, 1, 2], depth: 1).dropFirst(3) == [-1, 0, 1])
    }

    @Test func timesThatStandStillOrAreNonsenseDoNoHarm() {
        #expect(times([5, 5, 5, 5], depth: 0) == [5, 5, 5, 5])
        var dice = Dice(7)
        var times = DecodeTimes(depth: 2, clockRate: 90_000)
        for _ in 0..<10_000 {
            let shown = Int64.random(in: -(1 << 40)...(1 << 40), using: &dice)
            if let decoded = times.next(presentation: shown) { #expect(decoded <= shown) }
        }
    }
}
