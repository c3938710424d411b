/// JPEG pictures of RTP packets (RFC 2435): the headers that the payload leaves out are put in front.
struct JPEGDepacketizer: Sendable {
    private var bytes: [UInt8] = []
    private var timestamp: Int64?
    /// Bytes of the picture's data that have come; the next packet must go on there.
    private var offset = 0
    private var isDamaged = false
    /// Tables that came with an earlier picture of the same quality: a sender need not repeat those of 128...254.
    private var tablesByQuality: [UInt8: [UInt8]] = [:]

    mutating func receive(
        _ payload: UnsafeRawBufferPointer, at time: Int64, isLast: Bool, into units: inout [AccessUnit],
        _ lost: inout Int
    ) {
        if timestamp != time {
            if timestamp != nil { lost += 1 }
            bytes = []
            offset = 0
            isDamaged = false
            timestamp = time
        }
        // What is missing shows in the offsets.
        if !take(payload) { isDamaged = true }
        guard isLast else { return }
        if isDamaged || bytes.isEmpty {
            lost += 1
        } else {
            if !bytes.suffix(2).elementsEqual([0xFF, 0xD9]) { bytes += [0xFF, 0xD9] }
            units.append(AccessUnit(bytes: bytes, timestamp: time, isKeyFrame: true))
        }
        bytes = []
        timestamp = nil
    }

    /// - Returns: whether the payload makes sense here.
    private mutating func take(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard payload.count >= 8 else { return false }
        let fragmentOffset = Int(payload.bigEndian32(at: 0) & 0xFF_FFFF)
        let type = payload[4]
        let quality = payload[5]
        let (width, height) = (Int(payload[6]) * 8, Int(payload[7]) * 8)
        var position = 8
        var restartInterval: UInt16?
        if (64...127).contains(type) {
            guard payload.count >= position + 4 else { return false }
            restartInterval = payload.bigEndian16(at: position)
            position += 4
        }
        guard type & 0x3F <= 1, fragmentOffset == offset else { return false }
        if fragmentOffset == 0 {
            guard quality != 0, width > 0, height > 0 else { return false }
            var tables = quality < 128 ? JPEGTables.quantisation(quality: quality) : []
            if quality >= 128 {
                guard payload.count >= position + 4, payload[position + 1] == 0 else { return false }
                let length = Int(payload.bigEndian16(at: position + 2))
                position += 4
                guard length == 0 || length == 64 || length == 128, payload.count >= position + length else {
                    return false
                }
                tables = Array(payload.part(position..<(position + length)))
                position += length
                if length > 0 {
                    tablesByQuality[quality] = tables
                } else if quality < 255, let earlier = tablesByQuality[quality] {
                    tables = earlier
                } else {
                    return false
                }
            }
            bytes = Self.header(
                type: type & 0x3F, width: width, height: height, tables: tables, restartInterval: restartInterval)
        }
        let data = payload.part(position..<payload.count)
        guard bytes.count + data.count <= AccessUnit.maximumBytes else { return false }
        bytes.append(contentsOf: data)
        offset += data.count
        return true
    }

    /// Everything in front of the scan's data (RFC 2435, appendix B).
    private static func header(type: UInt8, width: Int, height: Int, tables: [UInt8], restartInterval: UInt16?)
        -> [UInt8]
    {
        func two(_ value: Int) -> [UInt8] { [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)] }
        var bytes: [UInt8] = [0xFF, 0xD8]
        for (number, start) in stride(from: 0, to: tables.count, by: 64).enumerated() {
            bytes += [0xFF, 0xDB] + two(67) + [UInt8(number)] + tables[start..<(start + 64)]
        }
        if let restartInterval { bytes += [0xFF, 0xDD] + two(4) + two(Int(restartInterval)) }
        let chroma: UInt8 = tables.count > 64 ? 1 : 0
        bytes += [0xFF, 0xC0] + two(17) + [8] + two(height) + two(width) + [3]
        bytes += [1, type == 0 ? 0x21 : 0x22, 0, 2, 0x11, chroma, 3, 0x11, chroma]
        for table in JPEGTables.huffman {
            bytes += [0xFF, 0xC4] + two(3 + table.counts.count + table.values.count) + [table.number]
            bytes += table.counts + table.values
        }
        return bytes + [0xFF, 0xDA] + two(12) + [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]
    }
}
