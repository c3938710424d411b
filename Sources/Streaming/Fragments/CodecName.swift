/// Names of codecs as browsers want them (RFC 6381), read from the set-up data that MP4 keeps.
enum CodecName {
    /// - Parameters:
    ///   - sound: `aac` or `opus`.
    ///   - configuration: an AudioSpecificConfig, for AAC.
    static func name(ofSound sound: String, configuration: [UInt8]) -> String {
        guard sound == "aac" else { return sound }
        // ISO/IEC 14496-3, 1.6.2.1: the object type takes 5 bits, or 6 more after all ones.
        guard configuration.count >= 2 else { return "mp4a.40.2" }
        let short = configuration[0] >> 3
        let long = 32 + ((configuration[0] & 7) << 3 | configuration[1] >> 5)
        return "mp4a.40.\(short == 31 ? long : short)"
    }

    /// - Parameter header: an initialisation segment with one video track.
    /// - Returns: nil for what is neither H.264 nor H.265.
    static func name(in header: [UInt8]) -> String? {
        if let box = content(of: "avcC", in: header), box.count >= 4 {
            // AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).
            return "avc1." + box[1...3].map { hex($0, digits: 2) }.joined()
        }
        if let box = content(of: "hvcC", in: header), box.count >= 13 { return hevc(box) }
        return nil
    }

    /// HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1), named as in its annex E.
    private static func hevc(_ box: [UInt8]) -> String {
        let space = ["", "A", "B", "C"][Int(box[1] >> 6)]
        let tier = box[1] & 0x20 == 0 ? "L" : "H"
        let flags = box[2...5].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var reversed: UInt32 = 0
        for bit in 0..<32 where flags & 1 << bit != 0 { reversed |= 1 << (31 - bit) }
        var constraints = Array(box[6...11])
        while constraints.last == 0 { constraints.removeLast() }
        let parts =
            ["hvc1", "\(space)\(box[1] & 0x1F)", String(reversed, radix: 16, uppercase: true), "\(tier)\(box[12])"]
            + constraints.map { String($0, radix: 16, uppercase: true) }
        return parts.joined(separator: ".")
    }

    /// The first bytes of a box, wherever it lies: 13 at most.
    private static func content(of type: String, in header: [UInt8]) -> [UInt8]? {
        let wanted = Array(type.utf8)
        guard header.count >= wanted.count else { return nil }
        let place = (0...(header.count - wanted.count)).first { start in
            header[start..<(start + wanted.count)].elementsEqual(wanted)
        }
        return place.map { Array(header[($0 + wanted.count)...].prefix(13)) }
    }

    private static func hex(_ byte: UInt8, digits: Int) -> String {
        let text = String(byte, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
