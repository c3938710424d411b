import FFmpeg
import Foundation
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Streaming

/// Notes what would leave over UDP.
private final class NotingSender: DatagramSender, @unchecked Sendable {
    // Safe: used by one test on one thread.
    private(set) var sequences: [UInt16] = []
    private(set) var bytes = 0
    private(set) var reports = 0

    func send(_ batch: RTPBatch, packets: Range<Int>, to address: SocketAddress) {
        for packet in batch.packets[packets] {
            bytes += packet.count
            sequences += [batch.framed.getInteger(at: packet.lowerBound + 2) ?? 0]
        }
    }

    func sendReport(_ packet: ByteBuffer, to address: SocketAddress) { reports += 1 }
}

struct StreamReaderTests {
    /// A GOP of a megabyte, and the picture after it.
    private static func batches() throws -> (gop: [RTPBatch], next: RTPBatch) {
        let stream = try StreamInfo.audio(index: 0, codec: "pcm_alaw", sampleRate: 8000, channels: 1, extradata: [])
        var packetizer = try #require(Packetizer(stream, track: 0))
        func batch(_ bytes: Int, isKeyFrame: Bool = false) -> RTPBatch {
            let made = [UInt8](repeating: 1, count: bytes).withUnsafeBytes {
                packetizer.packetize($0, isKeyFrame: false, timestamp: 0)
            }
            var batch = RTPBatch(track: 0, isKeyFrame: isKeyFrame, capacity: bytes, packetCount: made.packets.count)
            for packet in made.packets {
                made.framed.withUnsafeReadableBytes { bytes in
                    guard let header = RTPHeader(.init(rebasing: bytes[packet])) else { return }
                    batch.append(
                        header, head: .init(start: nil, count: 0),
                        payload: .init(rebasing: bytes[(packet.lowerBound + RTPHeader.size)..<packet.upperBound]))
                }
            }
            return batch
        }
        return ([batch(300_000, isKeyFrame: true)] + (0..<70).map { _ in batch(10_000) }, batch(10_000))
    }

    private static func reader(
        _ transport: StreamTransport, _ sender: NotingSender, on channel: EmbeddedChannel
    ) -> StreamReader {
        StreamReader(
            channel: channel, transports: [0: transport], configuration: RTSPConfiguration(),
            counters: StreamingCounts(), udp: sender, onStart: { _ in }, onEnd: { _ in })
    }

    @Test("Over UDP the GOP that a reader begins with leaves bit by bit, and what comes meanwhile behind it")
    func pacing() throws {
        let (gop, next) = try Self.batches()
        let all = gop + [next]
        let sequences = all.flatMap { batch in
            batch.packets.compactMap { batch.framed.getInteger(at: $0.lowerBound + 2, as: UInt16.self) }
        }
        let channel = EmbeddedChannel()
        channel.remoteAddress = try SocketAddress(ipAddress: "127.0.0.1", port: 9)
        let sender = NotingSender()
        let reader = Self.reader(.udp(rtp: 5000, rtcp: 5001), sender, on: channel)
        let report = StreamItem.report(track: 0, ByteBuffer(bytes: [1, 2, 3, 4]))
        reader.begin(StreamStart(tracks: [], items: [report] + gop.map { .media($0) }))
        #expect(sender.reports == 1)
        var (before, bursts) = (0, 1)
        while sender.sequences.count < sequences.count, bursts < 1000 {
            // Nothing more than a burst, and its last packet.
            #expect((1...(64 << 10) + 1500).contains(sender.bytes - before), "burst \(bursts)")
            #expect(sender.sequences == Array(sequences.prefix(sender.sequences.count)))
            before = sender.bytes
            if bursts == 3 { reader.deliver([.media(next)]) }
            #expect(sender.bytes == before)
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(5))
            bursts += 1
        }
        #expect(sender.sequences == sequences)
        // Soon enough to be no wait: a burst takes five milliseconds.
        #expect(bursts <= 20)
        // It has caught up: pictures leave as they come, whatever their size.
        reader.deliver([.media(gop[0])])
        #expect(sender.sequences.count == sequences.count + gop[0].packets.count)
    }

    @Test("A reader that ends in the middle of its beginning gets no more of it")
    func endWhilePaced() throws {
        let channel = EmbeddedChannel()
        channel.remoteAddress = try SocketAddress(ipAddress: "127.0.0.1", port: 9)
        let sender = NotingSender()
        let reader = Self.reader(.udp(rtp: 5000, rtcp: 5001), sender, on: channel)
        reader.begin(StreamStart(tracks: [], items: try Self.batches().gop.map { .media($0) }))
        let sent = sender.bytes
        reader.end()
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(sent > 0 && sender.bytes == sent)
    }

    @Test("A key frame that is too much for the queue is what the reader goes on with")
    func skipping() throws {
        let (gop, next) = try Self.batches()
        let channel = EmbeddedChannel()
        var configuration = RTSPConfiguration()
        configuration.readerQueueBytes = 400_000
        let counters = StreamingCounts()
        let reader = StreamReader(
            channel: channel, transports: [0: .interleaved(channel: 0)], configuration: configuration,
            counters: counters, udp: NotingSender(), onStart: { _ in }, onEnd: { _ in })
        reader.begin(StreamStart(tracks: [], items: [.media(gop[0])]))
        channel.isWritable = false
        reader.deliver(Array(repeating: .media(next), count: 19) + [.media(gop[0]), .media(next)])
        #expect(counters.snapshot.skips == 1)
        channel.isWritable = true
        reader.becameWritable()
        var bytes = 0
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytes }
        #expect(bytes == 2 * gop[0].framed.readableBytes + next.framed.readableBytes)
    }

    @Test("Inside the connection the GOP leaves at once")
    func overTCP() throws {
        let gop = try Self.batches().gop
        let channel = EmbeddedChannel()
        let reader = Self.reader(.interleaved(channel: 0), NotingSender(), on: channel)
        reader.begin(StreamStart(tracks: [], items: gop.map { .media($0) }))
        var bytes = 0
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytes }
        #expect(bytes == gop.reduce(0) { $0 + $1.framed.readableBytes })
    }
}
