import Cameras
import Domain
import FFmpeg
import Foundation
import TestSupport
import Testing

@testable import Streaming

/// From a publisher's RTP to a camera's packets.
@Suite struct PublishedStreamsTests {
    /// A publisher of one or two media.
    private struct Publisher {
        let camera: Camera
        let subscription: PacketSubscription
        let publication: Publication
        var streams: PublishedStreams

        init(_ media: [SessionDescription.Media]) throws {
            camera = Camera(path: try StreamPath("video/phone"), source: nil)
            subscription = camera.hub.subscribe(includesAudio: true)
            publication = try camera.publish(from: "test")
            let text = "v=0\r\nm=video 0 RTP/AVP 96\r\n"
            var description = try SessionDescription(parsing: text.utf8)
            description.media = media
            streams = try PublishedStreams(description, publication: publication)
        }

        mutating func send(_ packets: [[UInt8]], media: Int = 0) {
            for packet in packets { packet.withUnsafeBytes { streams.receive($0, media: media) } }
        }

        mutating func report(source: UInt32, seconds: Double, timestamp: UInt32, media: Int) {
            let report = RTCP.SenderReport(
                source: source, time: RTCP.time(unixSeconds: seconds), timestamp: timestamp)
            RTCP.senderReport(report, packets: 1, bytes: 1).withUnsafeBytes { streams.receiveReport($0, media: media) }
        }

        func received() -> [CameraPacket] {
            var packets: [CameraPacket] = []
            while let packet = subscription.poll() { packets.append(packet) }
            return packets
        }
    }

    /// Packets of footage; its first picture is shown at `start` ticks.
    private static func packets(of recorded: Rtp.Recorded, from start: UInt32) throws -> [[[UInt8]]] {
        var packetizer = try #require(Packetizer(recorded.stream, track: 0))
        return recorded.packets.map { packet in
            let seconds = packet.presentationTime?.seconds ?? 0
            let ticks = Int64((seconds * Double(packetizer.clockRate)).rounded())
            return packetizer.packets(
                of: packet.withBytes { Array($0) }, isKeyFrame: packet.isKeyFrame,
                at: start &+ UInt32(truncatingIfNeeded: ticks))
        }
    }

    @Test(arguments: [MediaCodec.h264, .h265]) func reorderedPicturesGetDecodeTimesThatAFileTakes(_ codec: MediaCodec)
        async throws
    {
        try await withTemporaryDirectoryBlocking { folder in
            let recorded = try Rtp.Recorded(
                codec == .h264
                    ? try RtpFootage.h264(in: folder, frames: 60, reordered: 2) : try RtpFootage.h265(in: folder))
            var publisher = try Publisher([Rtp.media(codec)])
            // The clock wraps in the middle.
            for packets in try Self.packets(of: recorded, from: UInt32.max - 40_000) { publisher.send(packets) }
            let received = publisher.received()
            #expect(received.count == recorded.packets.count)
            #expect(publisher.streams.failure == nil && publisher.streams.latePictures == 0)
            #expect(publisher.streams.losses == Depacketizer.Losses())

            let shown = received.compactMap { $0.packet.presentationTime?.seconds }
            let original = recorded.packets.compactMap { $0.presentationTime?.seconds }
            #expect(shown != shown.sorted(), "the footage has no reordered pictures")
            for (one, other) in zip(shown, original) {
                #expect(abs((one - shown[0]) - (other - original[0])) < 1e-4)
            }
            let decoded = received.map(\.decodeTime)
            #expect(zip(decoded, decoded.dropFirst()).allSatisfy { $0.seconds < $1.seconds })
            for packet in received {
                let presentation = try #require(packet.packet.presentationTime).seconds + packet.offsetSeconds
                #expect(packet.decodeTime.seconds <= presentation + 1e-6)
            }
            #expect(received.map(\.isVideoKeyFrame) == recorded.packets.map(\.isKeyFrame))

            // libav takes no packet whose times are out of order.
            let file = folder.appending(path: "copy.mp4")
            let stream = try #require(received.first).stream
            #expect(stream.width == 320 && stream.height == 240)
            #expect(stream.reorderedPictures == 2)
            var muxer = try Muxer(
                path: file.path, streams: [stream.parameters], options: ["use_editlist": "0"])
            for packet in received { try muxer.write(packet.packet, stream: 0) }
            try muxer.finish()
            let frames = try Program.run([
                "ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames,width", "-of",
                "csv=p=0", file.path,
            ])
            #expect(frames == "320,\(recorded.packets.count)\n")
        }
    }

    @Test func timesBeyondAllBoundsAlignNothing() throws {
        let text = """
            v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/1\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 PCMU/768000\r\n
            """
        var publisher = try Publisher(try SessionDescription(parsing: text.utf8).media)
        var timestamp: UInt32 = 0
        for number in UInt16(0)..<6000 {
            publisher.send([Rtp.packet(number, [0x41, 0x9A, 0, 0], at: timestamp, isMarked: true, source: 1)])
            timestamp &+= 0x7FFF_FFFF
        }
        publisher.send([Rtp.packet(0, [UInt8](repeating: 0xFF, count: 160), type: 97, source: 2)], media: 1)
        publisher.report(source: 1, seconds: 1, timestamp: timestamp, media: 0)
        publisher.report(source: 2, seconds: 1, timestamp: 0, media: 1)
        #expect(publisher.received().isEmpty)
    }

    @Test func parameterSetsOfThePicturesGoBeforeThoseAnnounced() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let recorded = try Rtp.Recorded(try RtpFootage.h264(in: folder))
            let other = try Rtp.Recorded(
                try Footage.testPattern(in: folder, seconds: 0.2, size: "160x120"))
            let announced = SetUpUnits(other.stream.parameters.extradata, family: .h264).sets.map {
                Data($0).base64EncodedString()
            }
            var publisher = try Publisher([
                Rtp.media(.h264, ["sprop-parameter-sets": announced.joined(separator: ",")])
            ])
            for packets in try Self.packets(of: recorded, from: 0) { publisher.send(packets) }
            let stream = try #require(publisher.received().first).stream
            #expect(stream.width == 320 && stream.height == 240)
            let own = SetUpUnits(recorded.stream.parameters.extradata, family: .h264).sets
            #expect(SetUpUnits(stream.parameters.extradata, family: .h264).sets == own)
        }
    }

    @Test func picturesWithoutParameterSetsSayWhatIsWrongUntilSomeCome() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let recorded = try Rtp.Recorded(try RtpFootage.h264(in: folder))
            var publisher = try Publisher([Rtp.media(.h264)])
            let pictures = try Self.packets(of: recorded, from: 9000)
            let packet = try #require(pictures.first?.first)
            let first = try #require(packet.withUnsafeBytes { RTPHeader($0) })
            publisher.send([Rtp.packet(first.sequence &- 1, [0x65, 0x88, 0x84, 1], isMarked: true)])
            #expect(publisher.streams.failure?.contains("parameter sets") == true)
            #expect(publisher.received().isEmpty)
            #expect(publisher.camera.status.video == nil)
            for packets in pictures {
                // Of the same source as the first.
                publisher.send(packets.map { Array($0[..<8]) + [0, 0, 0, 7] + Array($0[12...]) })
            }
            #expect(publisher.streams.failure == nil)
            #expect(publisher.received().count > 10)
            if case .running = publisher.camera.status.state {} else { Issue.record("not running") }
        }
    }

    @Test func soundIsInStepWithThePicturesAsTheirReportsSay() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let recorded = try Rtp.Recorded(try RtpFootage.h264(in: folder, frames: 100))
            var publisher = try Publisher([Rtp.media(.h264), Rtp.media(.opus)])
            var lag: [Double] = []
            // Pictures begin at 500,000 ticks, and sound, which was made at the same time, at 77 ticks. It comes 0.3 s late.
            for (number, packets) in try Self.packets(of: recorded, from: 500_000).enumerated() {
                publisher.send(packets)
                let source = packets[0][8..<12].reduce(0) { $0 << 8 | UInt32($1) }
                let sound = (number - 8) * 1920
                if sound >= 0 {
                    publisher.send(
                        [Rtp.packet(UInt16(number), [1, 2, 3], at: 77 + UInt32(sound), source: 99)], media: 1)
                }
                if number == 20 {
                    // One of a source that nobody knows is passed over.
                    publisher.report(source: 1, seconds: 5, timestamp: 9, media: 1)
                    publisher.report(source: 99, seconds: 1000, timestamp: 77, media: 1)
                    publisher.report(source: source, seconds: 1000, timestamp: 500_000, media: 0)
                }
            }
            var latestPicture = 0.0
            for packet in publisher.received() {
                if packet.isVideo {
                    latestPicture = packet.decodeTime.seconds
                } else {
                    lag.append(latestPicture - packet.decodeTime.seconds)
                }
            }
            // Until the reports came, what arrived together was taken for one time.
            #expect(abs(try #require(lag.first)) < 0.05)
            #expect(abs(try #require(lag.last) - 8 * 0.04) < 0.01)
        }
    }

    @Test func reportsToThePublisherTellWhatWasLost() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let recorded = try Rtp.Recorded(try RtpFootage.h264(in: folder))
            var publisher = try Publisher([Rtp.media(.h264)])
            #expect(publisher.streams.receiverReports(from: 5).isEmpty)
            var packets = try Self.packets(of: recorded, from: 0).flatMap(\.self)
            for index in packets.indices {
                let sequence = UInt16(65_530) &+ UInt16(index)
                packets[index].replaceSubrange(
                    2...3, with: [UInt8(sequence >> 8), UInt8(truncatingIfNeeded: sequence)])
            }
            let count = packets.count
            packets.remove(at: 10)
            publisher.send(packets)
            let report = try #require(publisher.streams.receiverReports(from: 5).first)
            #expect(report.media == 0)
            #expect(Array(report.packet[8..<12]) == Array(packets[0][8..<12]))
            #expect(Array(report.packet[13..<16]) == [0, 0, 1])
            let highest = report.packet[16..<20].reduce(0) { $0 << 8 | UInt32($1) }
            #expect(highest == 65_530 + UInt32(count) - 1)
        }
    }

    @Test func aSecondPublisherGoesOnWhereTheFirstEnded() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let recorded = try Rtp.Recorded(try RtpFootage.h264(in: folder))
            var publisher = try Publisher([Rtp.media(.h264)])
            for packets in try Self.packets(of: recorded, from: 0) { publisher.send(packets) }
            let first = publisher.received()
            publisher.publication.end("it said goodbye")
            #expect(publisher.subscription.takeSourceEnd())
            // Late packets of one that has gone do nothing.
            for packets in try Self.packets(of: recorded, from: 99) { publisher.send(packets) }
            #expect(publisher.received().isEmpty)
            let again = try publisher.camera.publish(from: "another")
            var description = try SessionDescription(parsing: "m=video 0 RTP/AVP 96\r\n".utf8)
            description.media = [Rtp.media(.h264)]
            publisher.streams = try PublishedStreams(description, publication: again)
            for packets in try Self.packets(of: recorded, from: 3_000_000_000) { publisher.send(packets) }
            let second = publisher.received()
            #expect(second.count == first.count)
            #expect(second.allSatisfy { $0.generation == first[0].generation + 1 })
            let step = try #require(second.first).decodeTime.seconds - (try #require(first.last)).decodeTime.seconds
            #expect(step > 0 && step < 0.2)
        }
    }

    @Test func aDescriptionWithoutPicturesIsRefused() throws {
        #expect(throws: SessionDescriptionError.self) { try Publisher([Rtp.media(.opus)]) }
    }
}
