/// Packets of AAC in LATM (RFC 6416 with `cpresent=0`: AudioMuxElements, with a length in front of each packet).
struct LATMDepacketizer: Sendable {
    /// Larger elements are given up: 64 packets of 8 KiB are more than any has.
    private static let maximumBytes = 512 << 10

    /// Packets in an element.
    private let frames: Int
    /// Ticks from one packet to the next.
    private let duration: Int64
    /// An element that does not fit one RTP packet, as far as it is there.
    private var partial: [UInt8] = []
    private var partialTime: Int64 = 0

    init(frames: Int, duration: Int64) {
        self.frames = frames
        self.duration = duration
    }

    /// - Parameter isLast: the marker; the payload ends an element.
    mutating func receive(
        _ payload: UnsafeRawBufferPointer, at time: Int64, isLast: Bool, isAfterGap: Bool,
        into units: inout [AccessUnit], _ lost: inout Int
    ) {
        if !partial.isEmpty {
            if isAfterGap {
                lost += 1
                partial = []
            } else if time != partialTime {
                // The marker was forgotten.
                takePartial(into: &units, &lost)
            }
        }
        if partial.isEmpty, isLast { return take(payload, at: time, into: &units, &lost) }
        guard partial.count + payload.count <= Self.maximumBytes else {
            lost += 1
            partial = []
            return
        }
        partialTime = time
        partial += payload
        if isLast { takePartial(into: &units, &lost) }
    }

    private mutating func takePartial(into units: inout [AccessUnit], _ lost: inout Int) {
        partial.withUnsafeBytes { take($0, at: partialTime, into: &units, &lost) }
        partial = []
    }

    /// All of the elements, or none: a fragment whose beginning was lost cannot be told from an element but by its lengths.
    private func take(
        _ bytes: UnsafeRawBufferPointer, at time: Int64, into units: inout [AccessUnit], _ lost: inout Int
    ) {
        var packets: [Range<Int>] = []
        var position = 0
        // Every element ends with its last packet.
        while position < bytes.count || !packets.count.isMultiple(of: frames) {
            guard let length = Self.length(bytes, at: &position), length <= bytes.count - position else {
                lost += 1
                return
            }
            packets.append(position..<(position + length))
            position += length
        }
        for (number, packet) in packets.enumerated() where !packet.isEmpty {
            units.append(
                AccessUnit(
                    bytes: Array(bytes.part(packet)), timestamp: time &+ Int64(number) &* duration, isKeyFrame: true))
        }
    }

    /// PayloadLengthInfo: bytes of 255, and one that is less, summed up; nil when the last is not there.
    private static func length(_ bytes: UnsafeRawBufferPointer, at position: inout Int) -> Int? {
        var length = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            length += Int(byte)
            if byte < 255 { return length }
        }
        return nil
    }
}
