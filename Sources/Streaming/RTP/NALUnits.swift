/// Finding NAL units among bytes.
enum NALUnits {
    static let startCode: [UInt8] = [0, 0, 0, 1]

    /// The units between start codes (ITU-T H.264, annex B), without those and the zeros in front of them.
    static func betweenStartCodes(_ bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        var units: [Range<Int>] = []
        var start: Int?
        var position = 0
        while position + 2 < bytes.count {
            // Of three bytes the last tells most: above 1 it can be part of no start code.
            let third = bytes[position + 2]
            if third > 1 {
                position += 3
            } else if third == 1, bytes[position] == 0, bytes[position + 1] == 0 {
                if let start { append(start..<position, of: bytes, to: &units) }
                start = position + 3
                position += 3
            } else {
                position += 1
            }
        }
        if let start { append(start..<bytes.count, of: bytes, to: &units) }
        return units
    }

    private static func append(_ range: Range<Int>, of bytes: UnsafeRawBufferPointer, to units: inout [Range<Int>]) {
        var end = range.upperBound
        while end > range.lowerBound, bytes[end - 1] == 0 { end -= 1 }
        if end > range.lowerBound { units.append(range.lowerBound..<end) }
    }

    /// The units behind lengths of `lengthSize` bytes (ISO/IEC 14496-15). A length that lies ends the list.
    static func behindLengths(_ bytes: UnsafeRawBufferPointer, lengthSize: Int) -> [Range<Int>] {
        var units: [Range<Int>] = []
        var position = 0
        while (1...4).contains(lengthSize), position + lengthSize <= bytes.count {
            let length = (0..<lengthSize).reduce(0) { $0 << 8 | Int(bytes[position + $1]) }
            position += lengthSize
            guard length <= bytes.count - position else { break }
            if length > 0 { units.append(position..<(position + length)) }
            position += length
        }
        return units
    }

    static func startsWithStartCode(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > 4, bytes[0] == 0, bytes[1] == 0 else { return false }
        return bytes[2] == 1 || (bytes[2] == 0 && bytes[3] == 1)
    }
}

/// What matters of the types of NAL units.
enum NALFamily: Sendable {
    case h264
    case h265

    /// Type of the unit that begins with `byte`.
    func type(_ byte: UInt8) -> UInt8 { self == .h264 ? byte & 0x1F : byte >> 1 & 0x3F }

    /// Whether it holds a part of a picture.
    func isPicture(_ type: UInt8) -> Bool { self == .h264 ? (1...5).contains(type) : type < 32 }

    /// Whether decoding can begin with a picture of it (IDR; for H.265 any random access point).
    func isKey(_ type: UInt8) -> Bool { self == .h264 ? type == 5 : (16...23).contains(type) }

    /// Whether it is an access unit delimiter, which comes before everything else.
    func isDelimiter(_ type: UInt8) -> Bool { type == (self == .h264 ? 9 : 35) }

    /// Whether it is a parameter set that decoding needs.
    func isParameterSet(_ type: UInt8) -> Bool { self == .h264 ? type == 7 || type == 8 : (32...34).contains(type) }
}
