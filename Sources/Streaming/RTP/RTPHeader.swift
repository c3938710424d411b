/// The fixed header of an RTP packet (RFC 3550, section 5.1).
package struct RTPHeader: Sendable, Hashable {
    package var isMarked: Bool
    package var payloadType: UInt8
    package var sequence: UInt16
    package var timestamp: UInt32
    package var source: UInt32
    /// Where the payload is among the packet's bytes, without padding and header extension.
    package var payload: Range<Int>

    /// Bytes of a header without contributing sources and extension.
    package static let size = 12

    /// nil for what is no RTP packet, or lies about its lengths.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.size, bytes[0] >> 6 == 2 else { return nil }
        var start = Self.size + 4 * Int(bytes[0] & 0x0F)
        if bytes[0] & 0x10 != 0 {
            guard bytes.count >= start + 4 else { return nil }
            start += 4 + 4 * Int(bytes.bigEndian16(at: start + 2))
        }
        var end = bytes.count
        if bytes[0] & 0x20 != 0 {
            let padding = Int(bytes[end - 1])
            guard padding > 0 else { return nil }
            end -= padding
        }
        guard start <= end else { return nil }
        isMarked = bytes[1] & 0x80 != 0
        payloadType = bytes[1] & 0x7F
        sequence = bytes.bigEndian16(at: 2)
        timestamp = bytes.bigEndian32(at: 4)
        source = bytes.bigEndian32(at: 8)
        payload = start..<end
    }

    /// Writes a header without contributing sources and extension.
    ///
    /// - Parameter room: `size` bytes or more.
    func write(to room: UnsafeMutableRawBufferPointer) {
        room.storeBytes(of: 0x80, as: UInt8.self)
        room.storeBytes(of: payloadType & 0x7F | (isMarked ? 0x80 : 0), toByteOffset: 1, as: UInt8.self)
        room.storeBytes(of: sequence.bigEndian, toByteOffset: 2, as: UInt16.self)
        room.storeBytes(of: timestamp.bigEndian, toByteOffset: 4, as: UInt32.self)
        room.storeBytes(of: source.bigEndian, toByteOffset: 8, as: UInt32.self)
    }
}

extension UnsafeRawBufferPointer {
    /// - Precondition: two bytes are there; callers have checked.
    func bigEndian16(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }

    /// - Precondition: four bytes are there; callers have checked.
    func bigEndian32(at offset: Int) -> UInt32 {
        UInt32(bigEndian16(at: offset)) << 16 | UInt32(bigEndian16(at: offset + 2))
    }

    /// The part of it, as far as it is there.
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range.clamped(to: 0..<count)])
    }
}

/// Numbers that wrap, as numbers that do not.
struct Unwrapped32: Sendable {
    private(set) var last: Int64?

    /// The nearest number to the last one that ends in these 32 bits.
    mutating func callAsFunction(_ value: UInt32) -> Int64 {
        let next: Int64
        if let last {
            next = last &+ Int64(Int32(bitPattern: value &- UInt32(truncatingIfNeeded: last)))
        } else {
            next = Int64(value)
        }
        last = next
        return next
    }
}
