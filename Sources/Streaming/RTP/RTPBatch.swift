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

    /// - Parameters:
    ///   - capacity: bytes that are likely to come, with all headers.
    ///   - packetCount: packets that are likely to come.
    init(track: Int, isKeyFrame: Bool, capacity: Int, packetCount: Int) {
        self.track = track
        self.isKeyFrame = isKeyFrame
        framed = ByteBufferAllocator().buffer(capacity: capacity)
        packets.reserveCapacity(packetCount)
    }

    /// - Parameter head: bytes of the payload format in front of `payload`.
    mutating func append(_ header: RTPHeader, head: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) {
        let size = RTPHeader.size + head.count + payload.count
        let frame = framed.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.frameHeaderSize + size) { room in
            room.storeBytes(of: UInt8(ascii: "$"), as: UInt8.self)
            room.storeBytes(of: UInt8(truncatingIfNeeded: 2 * track), toByteOffset: 1, as: UInt8.self)
            room.storeBytes(of: UInt16(truncatingIfNeeded: size).bigEndian, toByteOffset: 2, as: UInt16.self)
            var rest = UnsafeMutableRawBufferPointer(rebasing: room[Self.frameHeaderSize...])
            header.write(to: rest)
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[RTPHeader.size...])
            rest.copyMemory(from: head)
            UnsafeMutableRawBufferPointer(rebasing: rest[head.count...]).copyMemory(from: payload)
            return Self.frameHeaderSize + size
        }
        packets.append((framed.writerIndex - frame + Self.frameHeaderSize)..<framed.writerIndex)
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
