/// Packets of AAC (RFC 3640, AAC-hbr and its kin: a size and an index for each).
struct AACDepacketizer: Sendable {
    private let sizeBits: Int
    private let indexBits: Int
    private let deltaBits: Int
    /// Ticks from one packet to the next: the clock counts samples.
    private let duration: Int64
    /// A packet that does not fit one RTP packet, as far as it is there.
    private var partial: [UInt8] = []
    private var missing = 0
    private var partialTime: Int64 = 0

    /// - Parameter parameters: those of `a=fmtp`.
    init(_ parameters: [String: String]) {
        func bits(_ name: String, _ usual: Int) -> Int {
            parameters[name].flatMap { Int($0) }.map { min(max($0, 0), 16) } ?? usual
        }
        sizeBits = bits("sizelength", 13)
        indexBits = bits("indexlength", 3)
        deltaBits = bits("indexdeltalength", 3)
        let announced = parameters["constantduration"].flatMap { Int64($0) }
        duration = announced.flatMap { (1...8192).contains($0) ? $0 : nil } ?? 1024
    }

    mutating func receive(
        _ payload: UnsafeRawBufferPointer, at time: Int64, isAfterGap: Bool, into units: inout [AccessUnit],
        _ lost: inout Int
    ) {
        if missing > 0, isAfterGap || time != partialTime { giveUp(&lost) }
        guard payload.count >= 2, sizeBits > 0 else {
            lost += 1
            return
        }
        let headerBits = Int(payload.bigEndian16(at: 0))
        let start = 2 + (headerBits + 7) / 8
        guard start <= payload.count else {
            lost += 1
            return
        }
        var bit = 16
        var position = start
        var number: Int64 = 0
        while bit + sizeBits <= 16 + headerBits {
            let size = Self.bits(payload, at: bit, count: sizeBits)
            bit += sizeBits + (number == 0 ? indexBits : deltaBits)
            let there = min(size, payload.count - position)
            let part = payload.part(position..<(position + there))
            if there < size {
                takePart(part, of: size, at: time, into: &units, &lost)
                return
            }
            if missing > 0 { giveUp(&lost) }
            if size > 0 {
                units.append(
                    AccessUnit(
                        bytes: Array(part), timestamp: time &+ number * duration, isKeyFrame: true))
            }
            position += size
            number += 1
        }
    }

    private mutating func takePart(
        _ part: UnsafeRawBufferPointer, of size: Int, at time: Int64, into units: inout [AccessUnit], _ lost: inout Int
    ) {
        if missing == 0 || partial.count + missing != size || part.count > missing {
            if missing > 0 { giveUp(&lost) }
            missing = size
            partialTime = time
        }
        partial += part
        missing -= part.count
        guard missing == 0 else { return }
        units.append(AccessUnit(bytes: partial, timestamp: time, isKeyFrame: true))
        partial = []
    }

    private mutating func giveUp(_ lost: inout Int) {
        lost += 1
        partial = []
        missing = 0
    }

    private static func bits(_ bytes: UnsafeRawBufferPointer, at first: Int, count: Int) -> Int {
        (first..<(first + count)).reduce(0) { value, bit in
            let byte = bit / 8 < bytes.count ? bytes[bit / 8] : 0
            return value << 1 | Int(byte >> UInt8(7 - bit % 8) & 1)
        }
    }
}
