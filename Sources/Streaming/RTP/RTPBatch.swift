package import NIOCore

/// RTP packets of one access unit, framed as RTSP interleaves them (RFC 2326, section 10.12): made once, sent to every reader.
package struct RTPBatch: Sendable {
    /// `$`, channel, length, packet, and so on.
    package private(set) var framed: ByteBuffer
    /// Where the packets are in `framed`, from its reader index on; the four bytes in front of each are the frame's.
    package private(set) var packets: [Range<Int>] = []
    /// Bytes of payload, without headers of RTP.
    package private(set) var payloadBytes = 0
    /// Whether a reader can begin here.
    package let isKeyFrame: Bool
    /// Which of the media it belongs to: its RTP goes to channel `2 × track`.
    package let track: Int

    static let frameHeaderSize = 4

    init(track: Int, isKeyFrame: Bool, capacity: Int) {
        self.track = track
        self.isKeyFrame = isKeyFrame
        framed = ByteBufferAllocator().buffer(capacity: capacity)
    }

    /// - Parameter head: bytes of the payload format in front of `payload`.
    mutating func append(_ header: RTPHeader, head: [UInt8] = [], payload: UnsafeRawBufferPointer) {
        let size = RTPHeader.size + head.count + payload.count
        framed.writeMultipleIntegers(
            UInt8(ascii: "$"), UInt8(truncatingIfNeeded: 2 * track), UInt16(truncatingIfNeeded: size), 0x80 as UInt8,
            header.payloadType & 0x7F | (header.isMarked ? 0x80 : 0), header.sequence, header.timestamp, header.source)
        framed.writeBytes(head)
        framed.writeBytes(payload)
        packets.append((framed.writerIndex - size)..<framed.writerIndex)
        payloadBytes += head.count + payload.count
    }

    /// The same for a reader that chose another channel.
    func framed(onChannel channel: UInt8) -> ByteBuffer {
        guard channel != UInt8(truncatingIfNeeded: 2 * track) else { return framed }
        var copy = framed
        for packet in packets {
            copy.setInteger(channel, at: packet.lowerBound - Self.frameHeaderSize + 1)
        }
        return copy
    }
}
