/// Parameter sets and the form of NAL units, read from a stream's set-up data as FFmpeg has it.
struct SetUpUnits: Sendable {
    /// Bytes of the length in front of each unit; nil where start codes separate them.
    private(set) var lengthSize: Int?
    /// VPS, SPS, PPS.
    private(set) var sets: [[UInt8]] = []

    init(_ extradata: [UInt8], family: NALFamily) {
        extradata.withUnsafeBytes { bytes in
            if NALUnits.startsWithStartCode(bytes) {
                sets = NALUnits.betweenStartCodes(bytes).map { Array(bytes.part($0)) }
            } else if bytes.first == 1 {
                if family == .h264 { readAVC(bytes) } else { readHEVC(bytes) }
            }
        }
        sets.removeAll { !family.isParameterSet(family.type($0.first ?? 0)) }
    }

    /// AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).
    private mutating func readAVC(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 7 else { return }
        lengthSize = Int(bytes[4] & 3) + 1
        var position = 5
        for mask in [0x1F, 0xFF] as [UInt8] {
            guard position < bytes.count else { return }
            let count = Int(bytes[position] & mask)
            position += 1
            readSets(count, of: bytes, at: &position)
        }
    }

    /// HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1).
    private mutating func readHEVC(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 23 else { return }
        lengthSize = Int(bytes[21] & 3) + 1
        var position = 23
        for _ in 0..<Int(bytes[22]) {
            guard position + 3 <= bytes.count else { return }
            let count = Int(bytes.bigEndian16(at: position + 1))
            position += 3
            readSets(count, of: bytes, at: &position)
        }
    }

    private mutating func readSets(_ count: Int, of bytes: UnsafeRawBufferPointer, at position: inout Int) {
        for _ in 0..<count {
            guard position + 2 <= bytes.count else { return }
            let length = Int(bytes.bigEndian16(at: position))
            position += 2
            guard length <= bytes.count - position else { return }
            sets.append(Array(bytes.part(position..<(position + length))))
            position += length
        }
    }

    /// The NAL units of a packet.
    func units(of packet: UnsafeRawBufferPointer) -> [Range<Int>] {
        guard let lengthSize else { return NALUnits.betweenStartCodes(packet) }
        // A stream may announce one form and send the other; a length of 256 to 511 looks like a start code.
        let units = NALUnits.behindLengths(packet, lengthSize: lengthSize)
        if units.last?.upperBound != packet.count, NALUnits.startsWithStartCode(packet) {
            return NALUnits.betweenStartCodes(packet)
        }
        return units
    }
}
