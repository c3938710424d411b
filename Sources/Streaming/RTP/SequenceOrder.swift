/// Puts packets that came over UDP into the order of their sequence, and gives up on missing ones after a while or a few others.
struct SequenceOrder: Sendable {
    private struct Waiting {
        let packet: [UInt8]
        let arrival: Duration
    }

    /// Packets that wait for a missing one at most.
    private static let capacity = 32
    /// How long they wait; whether it is over is looked at when another packet comes.
    private static let patience = Duration.milliseconds(150)

    private var next: UInt16?
    private var waiting: [UInt16: Waiting] = [:]

    /// - Parameters:
    ///   - now: of a monotonic clock.
    ///   - deliver: called for each packet that is due, in order; its bytes are valid inside the call.
    mutating func receive(
        _ packet: UnsafeRawBufferPointer, at now: Duration, deliver: (UnsafeRawBufferPointer) -> Void
    ) {
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
            if waiting[sequence] == nil { waiting[sequence] = Waiting(packet: Array(packet), arrival: now) }
            if waiting.count > Self.capacity { skip(deliver) }
        } else if gap > 0 || gap < -1000 {
            // The sender began anew.
            waiting.removeAll()
            next = sequence &+ 1
            deliver(packet)
        }
        while let earliest = waiting.values.map(\.arrival).min(), now - earliest >= Self.patience { skip(deliver) }
    }

    private mutating func deliverDue(_ deliver: (UnsafeRawBufferPointer) -> Void) {
        while let expected = next, let due = waiting.removeValue(forKey: expected) {
            next = expected &+ 1
            due.packet.withUnsafeBytes(deliver)
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
