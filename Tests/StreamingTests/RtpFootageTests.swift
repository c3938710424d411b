import Domain
import FFmpeg
import Foundation
import NIOCore
import NIOPosix
import Plumbing
import TestSupport
import Testing

@testable import Streaming

/// Against FFmpeg's own RTP, both ways, with what real encoders make.
@Suite struct RtpFootageTests {
    enum Kind: String, CaseIterable, CustomTestStringConvertible, Sendable {
        case h264, h264Reordered, h265, mjpeg, aac, latm, opus, pcmu

        var testDescription: String { rawValue }

        var codec: MediaCodec {
            switch self {
            case .h264, .h264Reordered: .h264
            case .h265: .h265
            case .mjpeg: .mjpeg
            case .aac, .latm: .aac
            case .opus: .opus
            case .pcmu: .pcmu
            }
        }

        func footage(in folder: URL) throws -> URL {
            switch self {
            case .h264: try RtpFootage.h264(in: folder)
            case .h264Reordered: try RtpFootage.h264(in: folder, reordered: 2)
            case .h265: try RtpFootage.h265(in: folder)
            case .mjpeg: try RtpFootage.mjpeg(in: folder)
            case .aac, .latm: try RtpFootage.sound("aac", in: folder)
            case .opus: try RtpFootage.sound("libopus", in: folder)
            case .pcmu: try RtpFootage.sound("pcm_mulaw", in: folder, rate: 8000, channels: 1)
            }
        }
    }

    /// What must be the same of a stream's packets on both sides, whatever a payload format may change: slices of pictures, the
    /// data of a JPEG's scan, sound.
    private static func essence(_ units: [[UInt8]], _ kind: Kind) -> [[UInt8]] {
        switch kind.codec {
        case .h264, .h265:
            let family = kind.codec == .h264 ? NALFamily.h264 : .h265
            return units.flatMap { unit in
                unit.withUnsafeBytes { bytes in
                    NALUnits.betweenStartCodes(bytes).map { Array(bytes.part($0)) }
                }
            }.filter { family.isPicture(family.type($0[0])) }
        case .mjpeg:
            return units.map { unit in
                let data = Data(unit)
                let start = data.range(of: Data([0xFF, 0xDA]))?.lowerBound ?? 0
                return Array(data[(start + 14)...])
            }
        case .aac, .opus: return units
        case .pcmu, .pcma: return [units.flatMap(\.self)]
        }
    }

    /// All of it that an RTP muxer of FFmpeg's sends, and the description that it writes.
    private static func sent(
        _ file: URL, as kind: Kind, in folder: URL, until isEnough: @escaping ([[UInt8]], String) -> Bool
    ) async throws -> (packets: [[UInt8]], description: String) {
        final class Collector: ChannelInboundHandler, Sendable {
            typealias InboundIn = AddressedEnvelope<ByteBuffer>
            let packets = Locked<[[UInt8]]>([])
            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                let bytes = Array(unwrapInboundIn(data).data.readableBytesView)
                packets.withLock { $0.append(bytes) }
            }
        }
        let collector = Collector()
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.so_rcvbuf), value: 4 << 20)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(collector) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        let sdp = folder.appending(path: "session.sdp")
        _ = try await onThread {
            try Program.run([
                "ffmpeg", "-nostdin", "-v", "error", "-re", "-i", file.path, "-c", "copy", "-f", "rtp", "-rtpflags",
                kind == .latm ? "+latm" : "-latm", "-sdp_file", sdp.path, "rtp://127.0.0.1:\(port)",
            ])
        }
        let description = try String(contentsOf: sdp, encoding: .utf8)
        _ = await eventually(within: 5) { isEnough(collector.packets.withLock(\.self), description) }
        try await channel.close()
        return (collector.packets.withLock(\.self), description)
    }

    private static func received(_ packets: [[UInt8]], _ description: String) throws -> [AccessUnit] {
        let media = try #require(try SessionDescription(parsing: description.utf8).media.first)
        var depacketizer = try #require(Depacketizer(media))
        return depacketizer.receive(all: packets)
    }

    @Test(arguments: Kind.allCases) func whatFFmpegSendsArrivesByteForByte(_ kind: Kind) async throws {
        try await withTemporaryDirectory { folder in
            let file = try await onThread { try kind.footage(in: folder) }
            var expected = Self.essence(try Rtp.Recorded(file).units, kind)
            // FFmpeg gathers a few packets of AAC, and never sends the last of them.
            if kind == .aac { expected.removeLast(2) }
            let whole = expected
            let (packets, description) = try await Self.sent(file, as: kind, in: folder) { packets, description in
                (try? Self.received(packets, description)).map { Self.essence($0.map(\.bytes), kind) == whole }
                    ?? false
            }
            let units = try Self.received(packets, description)
            let essence = Self.essence(units.map(\.bytes), kind)
            #expect(essence.map(\.count) == expected.map(\.count))
            #expect(!essence.isEmpty)
            let isSame = essence == expected
            #expect(isSame)
            #expect(units.first?.isKeyFrame == true)
            let media = try #require(try SessionDescription(parsing: description.utf8).media.first)
            #expect(media.codec == kind.codec)
            if kind.codec == .h264 || kind.codec == .aac { #expect(!media.setUpData.isEmpty) }
        }
    }

    /// Hands packets to libav's RTP demuxer.
    private final class Feed: RTPFeed {
        private var packets: ArraySlice<[UInt8]>

        init(_ packets: [[UInt8]]) { self.packets = packets[...] }

        func nextPacket(into buffer: UnsafeMutableRawBufferPointer) throws(FFmpegError) -> Int? {
            guard let packet = packets.popFirst() else { return nil }
            buffer.copyBytes(from: packet)
            return packet.count
        }
    }

    @Test(arguments: Kind.allCases) func whatIsSentFromHereArrivesAtFFmpegByteForByte(_ kind: Kind) async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let recorded = try Rtp.Recorded(try kind.footage(in: folder))
            var packetizer = try #require(Packetizer(recorded.stream, track: 0))
            let description = SessionText.describing(name: "test", media: [(recorded.stream, packetizer)])
            var packets: [[UInt8]] = []
            for packet in recorded.packets {
                let seconds = (packet.presentationTime ?? packet.decodeTime)?.seconds ?? 0
                packets += packetizer.packets(
                    of: packet.withBytes { Array($0) }, isKeyFrame: packet.isKeyFrame,
                    at: UInt32((seconds + 1) * Double(packetizer.clockRate)))
            }
            var demuxer = try Demuxer(
                description: description, feed: Feed(packets), subject: "test", interrupt: Interrupt())
            var units: [[UInt8]] = []
            while let packet = try? demuxer.next() { units.append(packet.withBytes { Array($0) }) }
            let expected = Self.essence(recorded.units, kind)
            let essence = Self.essence(units, kind)
            #expect(essence.count == expected.count && !essence.isEmpty)
            let isSame = essence == expected
            #expect(isSame)
            let streams = demuxer.streams
            let stream = try #require(streams.first)
            #expect(stream.codec == kind.codec.ffmpegName)
            #expect(stream.width == recorded.stream.width && stream.sampleRate == recorded.stream.sampleRate)
        }
    }
}
