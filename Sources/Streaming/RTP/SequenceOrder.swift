/// Puts packets that came over UDP into the order of their sequence, and gives up on missing ones after a few others.
struct SequenceOrder: Sendable {
    /// Packets that wait for a missing one at most.
    private static let capacity = 32

    private var next: UInt16?
    private var waiting: [UInt16: [UInt8]] = [:]

    /// - Parameter deliver: called for each packet that is due, in order; its bytes are valid inside the call.
    mutating func receive(_ packet: UnsafeRawBufferPointer, deliver: (UnsafeRawBufferPointer) -> Void) {
        guard packet.count >= RTPHeader.size else { return }
        let sequence = packet.bigEndian16(at: 2)
        guard let expected = next else {
            next = sequence &+ 1
            deliver(packet)
            return
        }
        let gap = Int16(bitPattern: sequence &- expected)
        if gap == 0 {
            next = sequence &+ 1
            deliver(packet)
            deliverDue(deliver)
        } else if gap > 0, gap < 1000 {
            waiting[sequence] = Array(packet)
            if waiting.count > Self.capacity { skip(deliver) }
        } else if gap > 0 || gap < -1000 {
            // The sender began anew.
            waiting.removeAll()
            next = sequence &+ 1
            deliver(packet)
        }
    }

    private mutating func deliverDue(_ deliver: (UnsafeRawBufferPointer) -> Void) {
        while let expected = next, let packet = waiting.removeValue(forKey: expected) {
            next = expected &+ 1
            packet.withUnsafeBytes(deliver)
        }
    }

    /// Goes on with the oldest that waits.
    private mutating func skip(_ deliver: (UnsafeRawBufferPointer) -> Void) {
        guard let expected = next,
            let oldest = waiting.keys.min(by: { $0 &- expected < $1 &- expected })
        else { return }
        next = oldest
        deliverDue(deliver)
    }
}
