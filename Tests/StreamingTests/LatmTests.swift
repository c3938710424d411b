import FFmpeg
import Foundation
import Logging
import Plumbing
import TestSupport
import Testing

@testable import Streaming

/// AAC in LATM (RFC 6416), as GStreamer announces and sends it.
@Suite struct LatmTests {
    /// Bytes of fields of so many bits.
    private static func bytes(_ fields: [(value: Int, bits: Int)]) -> [UInt8] {
        let bits = fields.flatMap { field in (0..<field.bits).reversed().map { field.value >> $0 & 1 } }
        return stride(from: 0, to: bits.count, by: 8).map { start in
            UInt8((0..<8).reduce(0) { $0 << 1 | (start + $1 < bits.count ? bits[start + $1] : 0) })
        }
    }

    private static func description(
        _ fields: String, rate: Int = 44_100, name: String = "MP4A-LATM"
    ) throws -> SessionDescription.Media {
        let lines = ["m=audio 0 RTP/AVP 97", "a=fmtp:97 \(fields)", "a=rtpmap:97 \(name)/\(rate)"]
        return try #require(try SessionDescription(parsing: lines.joined(separator: "\r\n").utf8).media.first)
    }

    // MARK: The description

    @Test func whatGStreamerAnnouncesIsAAC() throws {
        let media = try Self.description("cpresent=0;config=40002410")
        #expect(media.codec == .aac && media.clockRate == 44_100 && media.channels == 1)
        #expect(media.setUpData == [0x12, 0x08])
        #expect(media.latm?.frames == 1 && media.latm?.duration(clockRate: 44_100) == 1024)
    }

    /// FFmpeg's, with two channels; HE-AAC of RFC 6416, section 7.5, at either of its rates.
    @Test(
        arguments: [
            ("400024203fc0", 44_100, [0x12, 0x10], 2, 1024), ("400026203fc0", 24_000, [0x13, 0x10], 2, 1024),
            ("400026203fc0", 48_000, [0x13, 0x10], 2, 2048),
            ("40005623101fe0", 48_000, [0x2B, 0x11, 0x88, 0x00], 2, 2048),
        ] as [(String, Int, [UInt8], Int, Int64)])
    func rateAndChannelsAreThoseOfTheConfiguration(
        _ digits: String, _ rate: Int, _ audio: [UInt8], _ channels: Int, _ duration: Int64
    ) throws {
        let media = try Self.description("config=\(digits);cpresent=0", rate: rate)
        #expect(media.codec == .aac && media.channels == channels && media.setUpData == audio)
        #expect(media.latm?.duration(clockRate: media.clockRate) == duration)
    }

    /// Of a file of FFmpeg's, which says that there is no SBR; of one with SBR and PS.
    @Test(
        arguments: [
            ("40002420adca00", 44_100, [0x12, 0x10, 0x56, 0xE5, 0x00], 2),
            ("40002610adcb3a91", 24_000, [0x13, 0x08, 0x56, 0xE5, 0x9D, 0x48, 0x80], 2),
        ] as [(String, Int, [UInt8], Int)])
    func whatFilesHaveBehindTheConfigurationIsKept(_ digits: String, _ rate: Int, _ audio: [UInt8], _ channels: Int)
        throws
    {
        let media = try Self.description("config=\(digits);cpresent=0", rate: rate)
        #expect(media.codec == .aac && media.channels == channels && media.setUpData == audio)
    }

    @Test(arguments: [
        // Configurations in the stream, which is what it is when nothing is said.
        "config=40002410", "cpresent=1;config=40002410", "cpresent=0", "cpresent=0;config=", "cpresent=0;config=4",
        "cpresent=0;config=zz002410", "cpresent=0;config=40", "cpresent=0;config=400024",
        // Version 1, times of their own, two programs, two layers.
        "cpresent=0;config=C0002410", "cpresent=0;config=00002410", "cpresent=0;config=40102410",
        "cpresent=0;config=40022410",
        // Fixed lengths, other data behind the packets.
        "cpresent=0;config=400024110000", "cpresent=0;config=400024103fe0",
        // A type that is not AAC's, a reserved rate, channels described elsewhere.
        "cpresent=0;config=40001210", "cpresent=0;config=40003210", "cpresent=0;config=40002680",
        "cpresent=0;config=40002400",
    ])
    func anythingElseIsNotKnown(_ fields: String) throws {
        let media = try Self.description(fields)
        #expect(media.codec == nil && Depacketizer(media) == nil)
    }

    @Test func aClockThatDoesNotCountSamplesIsNotKnown() throws {
        #expect(try Self.description("cpresent=0;config=40002410", rate: 90_000).codec == nil)
    }

    @Test func everyBeginningOfAConfigurationIsTakenOrRefused() throws {
        // A rate of its own, a core coder's delay, 64 packets an element.
        let full = Self.bytes([
            (0, 1), (1, 1), (63, 6), (0, 4), (0, 3), (5, 5), (15, 4), (12_345, 24), (1, 4), (3, 4), (2, 5), (1, 1),
            (1, 1), (99, 14), (0, 1), (0, 3), (255, 8), (0, 1), (0, 1),
        ])
        let whole = try #require(StreamMuxConfiguration(full))
        #expect(whole.frames == 64 && whole.sampleRate == 12_345 && whole.frameLength == 960)
        let taken = (0...full.count).filter { StreamMuxConfiguration(Array(full.prefix($0))) != nil }
        #expect(taken == Array(10...full.count))
        var dice = Dice(9)
        for _ in 0..<20_000 {
            _ = StreamMuxConfiguration([0x40, 0] + dice.bytes(Int.random(in: 0...12, using: &dice)))
        }
    }

    // MARK: Packets

    private static func depacketizer(frames: Int = 1) throws -> Depacketizer {
        let configuration = bytes([
            (0, 1), (1, 1), (frames - 1, 6), (0, 7), (2, 5), (3, 4), (2, 4), (0, 3), (0, 3), (255, 8), (0, 2),
        ])
        let digits = configuration.map { String(format: "%02x", $0) }.joined()
        return try #require(Depacketizer(try description("cpresent=0;config=\(digits)", rate: 48_000)))
    }

    private static func packet(
        _ sequence: UInt16, _ payload: [UInt8], at timestamp: UInt32 = 0, isMarked: Bool = true
    ) -> [UInt8] {
        Rtp.packet(sequence, payload, at: timestamp, isMarked: isMarked, type: 97)
    }

    /// With its length in front.
    private static func element(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](repeating: 255, count: bytes.count / 255) + [UInt8(bytes.count % 255)] + bytes
    }

    @Test(arguments: [1, 254, 255, 256, 509, 510, 511, 8191]) func lengthsAreRunsThatAByteBelow255Ends(_ count: Int)
        throws
    {
        var dice = Dice(3)
        let bytes = dice.bytes(count)
        var depacketizer = try Self.depacketizer()
        let units = depacketizer.receive(Self.packet(1, Self.element(bytes), at: 77))
        #expect(units == [AccessUnit(bytes: bytes, timestamp: 77, isKeyFrame: true)])
        #expect(depacketizer.losses == Depacketizer.Losses())
    }

    @Test func packetsOfOneElementAndElementsOfOnePacketFollowOneAnother() throws {
        for frames in [1, 2, 4] {
            var depacketizer = try Self.depacketizer(frames: frames)
            // An empty one takes its time and is no unit.
            let packets: [[UInt8]] = [[1, 2], [], [3], [4, 5, 6]]
            let units = depacketizer.receive(Self.packet(1, packets.flatMap(Self.element), at: 1000))
            #expect(units.map(\.bytes) == [[1, 2], [3], [4, 5, 6]])
            #expect(units.map(\.timestamp) == [1000, 3048, 4072])
        }
    }

    @Test func fragmentsArePutTogether() throws {
        var dice = Dice(4)
        let bytes = dice.bytes(3000)
        let element = Self.element(bytes)
        var depacketizer = try Self.depacketizer()
        var units = depacketizer.receive(Self.packet(1, Array(element[..<5]), isMarked: false))
        units += depacketizer.receive(Self.packet(2, Array(element[5..<1400]), isMarked: false))
        #expect(units.isEmpty)
        units += depacketizer.receive(Self.packet(3, Array(element[1400...])))
        // One whose sender forgets the marker ends with the next.
        units += depacketizer.receive(Self.packet(4, [2, 7, 7], at: 1024, isMarked: false))
        units += depacketizer.receive(Self.packet(5, [1, 8], at: 2048))
        #expect(units.map(\.bytes) == [bytes, [7, 7], [8]])
        #expect(units.map(\.timestamp) == [0, 1024, 2048])
        #expect(depacketizer.losses == Depacketizer.Losses())
    }

    @Test func anElementOfWhichSomethingIsMissingIsLeftOut() throws {
        let element = Self.element([UInt8](repeating: 9, count: 3000))
        for missing in 0..<3 {
            var depacketizer = try Self.depacketizer()
            var units = depacketizer.receive(Self.packet(0, [1, 1]))
            for (number, start) in [0, 1400, 2800].enumerated() where number != missing {
                let part = Array(element[start..<min(start + 1400, element.count)])
                units += depacketizer.receive(Self.packet(UInt16(number + 1), part, at: 1024, isMarked: number == 2))
            }
            units += depacketizer.receive(Self.packet(4, [1, 2], at: 2048))
            #expect(units.map(\.bytes) == [[1], [2]], "without fragment \(missing)")
            #expect(depacketizer.losses.packets == 1 && depacketizer.losses.units > 0)
        }
    }

    @Test(arguments: [
        [255], [255, 255, 255], [4, 1, 2, 3], [2, 1, 1, 3, 1], [255, 10] + [UInt8](repeating: 1, count: 264),
        [UInt8](repeating: 255, count: 60_000),
    ]) func lengthsThatLieAreLostAndTheNextIsTaken(_ payload: [UInt8]) throws {
        var depacketizer = try Self.depacketizer()
        #expect(depacketizer.receive(Self.packet(1, payload)).isEmpty)
        #expect(depacketizer.losses.units == 1)
        #expect(depacketizer.receive(Self.packet(2, [1, 5], at: 1024)).map(\.bytes) == [[5]])
    }

    @Test func anElementOfSixtyFourPacketsThatAreNotThereIsLost() throws {
        var depacketizer = try Self.depacketizer(frames: 64)
        #expect(depacketizer.receive(Self.packet(1, [1, 5, 1, 6])).isEmpty)
        #expect(depacketizer.losses.units == 1)
        #expect(depacketizer.receive(Self.packet(2, [UInt8](repeating: 0, count: 63) + [1, 5])).count == 1)
    }

    @Test func anElementWithoutEndIsGivenUpAndNothingPilesUp() throws {
        var depacketizer = try Self.depacketizer()
        let content = [UInt8](repeating: 255, count: 60_000)
        for number in 0..<200 as Range<UInt16> {
            #expect(depacketizer.receive(Self.packet(number, content, isMarked: false)).isEmpty)
        }
        #expect(depacketizer.losses.units > 10)
        #expect(depacketizer.receive(Self.packet(200, [1, 5], at: 1024)).map(\.bytes) == [[5]])
    }

    // MARK: What is said

    private struct Lines: LogHandler {
        let lines: Locked<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let media = event.metadata?["media"].map { ": \($0)" } ?? ""
            lines.withLock { $0.append("\(event.message)\(media)") }
        }
    }

    @Test func mediaThatAreLeftOutAreNamedInTheLog() async throws {
        let lines = Locked<[String]>([])
        try await withServer(logger: Logger(label: "test") { _ in Lines(lines: lines) }) { server in
            try await onThread {
                let sections = [
                    "m=audio 0 RTP/AVP 97", "a=rtpmap:97 MP4A-LATM/44100", "a=fmtp:97 cpresent=1",
                    "m=application 0 RTP/AVP 98", "m=audio 0 RTP/AVP 8", "m=audio 0 RTP/AVP 0",
                    "m=video 0 RTP/AVP 99", "a=rtpmap:99 V\u{1B}P8\(String(repeating: "x", count: 100))/90000",
                ]
                let description = RTSPPeer.description + sections.map { $0 + "\r\n" }.joined()
                try RTSPPeer(port: server.ports.rtsp).publish("video/a", description: description)
            }
        }
        let expected =
            "media of a publisher left out: MP4A-LATM, application, PCMU, VP8" + String(repeating: "x", count: 37)
        #expect(lines.withLock { $0.filter { $0.contains("left out") } } == [expected])
    }

    @Test func nothingIsSaidOfAPublisherWhoseMediaAreAllTaken() async throws {
        let lines = Locked<[String]>([])
        try await withServer(logger: Logger(label: "test") { _ in Lines(lines: lines) }) { server in
            try await onThread {
                let sound =
                    "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MP4A-LATM/44100\r\na=fmtp:97 cpresent=0;config=40002410\r\n"
                try RTSPPeer(port: server.ports.rtsp).publish("video/a", description: RTSPPeer.description + sound)
            }
        }
        #expect(lines.withLock { $0.contains("publisher") && !$0.contains { $0.contains("left out") } })
    }
}
