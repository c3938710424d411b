/// What libav's parsers do not tell of a sequence parameter set of H.264 (ITU-T H.264, 7.3.2.1.1 and annex E) or H.265 (ITU-T
/// H.265, 7.3.2.2).
package enum SequenceParameterSet {
    /// How many pictures may be shown before one that was sent earlier.
    ///
    /// - Parameters:
    ///   - unit: a NAL unit, with its header.
    ///   - codec: FFmpeg's name.
    /// - Returns: nil when it does not say, or makes no sense.
    package static func reorderedPictures(_ unit: some Sequence<UInt8>, codec: String) -> Int? {
        var bits = BitReader(withoutEmulation: unit)
        return codec == "hevc" ? readHEVC(&bits) : read(&bits)
    }

    private static func readHEVC(_ bits: inout BitReader) -> Int? {
        guard let header = bits.number(16), header >> 9 & 0x3F == 33, bits.number(4) != nil, let layers = bits.number(3)
        else { return nil }
        // Profile, tier and level of the whole and of each layer below it.
        bits.skip(1 + 88 + 8)
        let present = (0..<layers).map { _ in (profile: bits.flag() == true, level: bits.flag() == true) }
        if layers > 0 { bits.skip(2 * (8 - layers)) }
        for layer in present { bits.skip((layer.profile ? 88 : 0) + (layer.level ? 8 : 0)) }
        bits.skipGolomb()
        if bits.golomb() == 3 { bits.skip(1) }
        bits.skipGolomb(2)
        if bits.flag() == true { bits.skipGolomb(4) }
        bits.skipGolomb(3)
        // For each layer, or for all of them together; the last has the highest.
        let sets = bits.flag() == true ? layers + 1 : 1
        bits.skipGolomb(3 * (sets - 1) + 1)
        return bits.golomb().flatMap { $0 <= 16 ? $0 : nil }
    }

    private static let profilesWithFormat: Set<Int> = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]

    private static func read(_ bits: inout BitReader) -> Int? {
        guard let header = bits.number(8), header & 0x1F == 7, let profile = bits.number(8),
            let constraints = bits.number(8), bits.number(8) != nil, bits.golomb() != nil
        else { return nil }
        if profilesWithFormat.contains(profile) { readFormat(&bits) }
        bits.skipGolomb()
        let order = bits.golomb()
        switch order {
        case 0: bits.skipGolomb()
        case 1:
            bits.skip(1)
            bits.skipGolomb(2)
            guard let count = bits.golomb(), count <= 255 else { return nil }
            bits.skipGolomb(count)
        // Pictures are shown in the order in which they are decoded.
        case 2: return 0
        default: return nil
        }
        // Baseline has no pictures to reorder; neither have streams of key frames only.
        if profile == 66 || (constraints & 0x10 != 0 && [44, 100, 110, 122, 244].contains(profile)) { return 0 }
        bits.skipGolomb()
        bits.skip(1)
        bits.skipGolomb(2)
        if bits.flag() == false { bits.skip(1) }
        bits.skip(1)
        if bits.flag() == true { bits.skipGolomb(4) }
        guard bits.flag() == true else { return nil }
        return readUsability(&bits)
    }

    private static func readFormat(_ bits: inout BitReader) {
        let chroma = bits.golomb()
        if chroma == 3 { bits.skip(1) }
        bits.skipGolomb(2)
        bits.skip(1)
        guard bits.flag() == true else { return }
        for list in 0..<(chroma == 3 ? 12 : 8) where bits.flag() == true {
            var (last, next) = (8, 8)
            for _ in 0..<(list < 6 ? 16 : 64) {
                if next != 0 {
                    guard let delta = bits.signedGolomb(), abs(delta) <= 256 else { return }
                    next = (last + delta + 256) & 0xFF
                }
                if next != 0 { last = next }
            }
        }
    }

    /// Video usability information (E.1.1).
    private static func readUsability(_ bits: inout BitReader) -> Int? {
        if bits.flag() == true, bits.number(8) == 255 { bits.skip(32) }
        if bits.flag() == true { bits.skip(1) }
        if bits.flag() == true {
            bits.skip(4)
            if bits.flag() == true { bits.skip(24) }
        }
        if bits.flag() == true { bits.skipGolomb(2) }
        if bits.flag() == true { bits.skip(65) }
        var hasBuffer = false
        for _ in 0..<2 where bits.flag() == true {
            hasBuffer = true
            guard let count = bits.golomb(), count < 32 else { return nil }
            bits.skip(8)
            for _ in 0...count {
                bits.skipGolomb(2)
                bits.skip(1)
            }
            bits.skip(20)
        }
        if hasBuffer { bits.skip(1) }
        bits.skip(1)
        guard bits.flag() == true else { return nil }
        bits.skip(1)
        bits.skipGolomb(4)
        return bits.golomb().flatMap { $0 <= 16 ? $0 : nil }
    }
}

/// Reads numbers of some bits. Behind the end there is nothing: every answer is nil.
private struct BitReader {
    private static let maximumBytes = 4096

    private var bytes: [UInt8] = []
    private var position = 0

    /// - Parameter unit: of which the bytes are taken out that keep start codes from appearing (7.4.1).
    init(withoutEmulation unit: some Sequence<UInt8>) {
        var zeros = 0
        for byte in unit.prefix(Self.maximumBytes) {
            if zeros >= 2, byte == 3 {
                zeros = 0
                continue
            }
            zeros = byte == 0 ? zeros + 1 : 0
            bytes.append(byte)
        }
    }

    /// - Parameter count: at most 32.
    mutating func number(_ count: Int) -> Int? {
        guard position <= bytes.count * 8 - count else {
            position = bytes.count * 8
            return nil
        }
        var value = 0
        for _ in 0..<count {
            value = value << 1 | Int(bytes[position / 8] >> UInt8(7 - position % 8) & 1)
            position += 1
        }
        return value
    }

    mutating func flag() -> Bool? { number(1).map { $0 == 1 } }

    mutating func skip(_ count: Int) { position = min(position + count, bytes.count * 8) }

    /// Unsigned Exp-Golomb (9.1).
    mutating func golomb() -> Int? {
        var zeros = 0
        while flag() == false { zeros += 1 }
        guard zeros <= 31, let rest = number(zeros) else { return nil }
        return (1 << zeros) - 1 + rest
    }

    mutating func signedGolomb() -> Int? {
        golomb().map { $0 % 2 == 0 ? -($0 / 2) : ($0 + 1) / 2 }
    }

    mutating func skipGolomb(_ count: Int = 1) {
        for _ in 0..<count { _ = golomb() }
    }
}
