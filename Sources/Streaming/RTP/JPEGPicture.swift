/// What RTP needs of a JPEG file (RFC 2435): baseline, three components, the usual Huffman tables.
struct JPEGPicture {
    /// 0: 4:2:2, 1: 4:2:0; 64 more with restart markers.
    private(set) var type: UInt8 = 1
    /// Pixels, rounded up to what the format can say: eights. Blocks are at least as large, so all of it is there.
    private(set) var width = 0
    private(set) var height = 0
    /// 128 bytes: luminance, chrominance.
    private(set) var tables: [UInt8] = []
    private(set) var restartInterval: UInt16 = 0
    /// The scan's data, without the marker at the end.
    private(set) var data = 0..<0

    /// nil for a picture that the payload format cannot hold.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var byNumber: [UInt8: [UInt8]] = [:]
        var quantisers: [UInt8] = []
        var position = 2
        guard bytes.count > 4, bytes[0] == 0xFF, bytes[1] == 0xD8 else { return nil }
        while position + 4 <= bytes.count, bytes[position] == 0xFF {
            let marker = bytes[position + 1]
            let length = Int(bytes.bigEndian16(at: position + 2))
            guard length >= 2, position + 2 + length <= bytes.count else { return nil }
            let segment = bytes.part((position + 4)..<(position + 2 + length))
            position += 2 + length
            switch marker {
            case 0xDB:
                var start = 0
                while start + 65 <= segment.count, segment[start] >> 4 == 0 {
                    byNumber[segment[start]] = Array(segment.part((start + 1)..<(start + 65)))
                    start += 65
                }
            case 0xC0:
                guard segment.count >= 15, segment[0] == 8, segment[5] == 3 else { return nil }
                height = (Int(segment.bigEndian16(at: 1)) + 7) / 8 * 8
                width = (Int(segment.bigEndian16(at: 3)) + 7) / 8 * 8
                // Both of colour must be alike.
                guard segment[10] == 0x11, segment[13] == 0x11, segment[11] == segment[14] else { return nil }
                switch segment[7] {
                case 0x21: type = 0
                case 0x22: type = 1
                default: return nil
                }
                quantisers = [segment[8], segment[11]]
            case 0xC1...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF: return nil
            case 0xC4:
                guard Self.isUsual(segment) else { return nil }
            case 0xDD where segment.count >= 2:
                restartInterval = segment.bigEndian16(at: 0)
            case 0xDA:
                var end = bytes.count
                if end - position >= 2, bytes[end - 2] == 0xFF, bytes[end - 1] == 0xD9 { end -= 2 }
                data = position..<max(position, end)
                tables = quantisers.flatMap { byNumber[$0] ?? [] }
                if restartInterval > 0 { type |= 64 }
                guard tables.count == 128, (8...2040).contains(width), (8...2040).contains(height), !data.isEmpty
                else { return nil }
                return
            default: break
            }
        }
        return nil
    }

    /// Whether a DHT segment holds nothing but the tables that the receiver puts in.
    private static func isUsual(_ segment: UnsafeRawBufferPointer) -> Bool {
        var start = 0
        while start < segment.count {
            guard let table = JPEGTables.huffman.first(where: { $0.number == segment[start] }) else { return false }
            let content = table.counts + table.values
            guard segment.part((start + 1)..<(start + 1 + content.count)).elementsEqual(content) else { return false }
            start += 1 + content.count
        }
        return true
    }
}
