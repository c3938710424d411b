private import FFmpeg

/// What packets of LATM hold (StreamMuxConfig of ISO/IEC 14496-3, 1.7.3), as `config` of `a=fmtp` has it (RFC 6416).
package struct StreamMuxConfiguration: Sendable, Hashable {
    /// AudioSpecificConfig by itself (ISO/IEC 14496-3, 1.6.2.1).
    let audio: [UInt8]
    /// Packets of AAC in an AudioMuxElement: 1 to 64.
    let frames: Int
    /// Samples of each channel in a packet of AAC, at `sampleRate`.
    let frameLength: Int
    /// Without what SBR adds.
    let sampleRate: Int
    let channels: Int

    /// - Returns: nil for anything but one layer of AAC with nothing beside it, and for what ends too early. What comes
    ///   behind the AudioSpecificConfig may be missing: GStreamer leaves it out.
    init?(_ bytes: [UInt8]) {
        var bits = Bits(bytes)
        let version = bits.number(1)
        let isOfOneTime = bits.number(1)
        guard version == 0, isOfOneTime == 1, let more = bits.number(6), bits.number(4) == 0, bits.number(3) == 0 else {
            return nil
        }
        frames = more + 1
        let start = bits.position
        guard let audio = Audio(&bits) else { return nil }
        (frameLength, sampleRate, channels) = (audio.frameLength, audio.sampleRate, audio.channels)
        self.audio = bits.bytes(from: start)
        // Lengths in front of the packets, a byte about the decoder's buffer, no other data behind the packets.
        guard let lengthType = bits.number(3) else { return }
        let hasOtherData = bits.number(8) != nil && bits.number(1) == 1
        guard lengthType == 0, !hasOtherData else { return nil }
    }

    /// Ticks from one packet of AAC to the next; nil for a clock that does not count the sound's samples, with or without SBR.
    func duration(clockRate: Int32) -> Int64? {
        let rate = Int(clockRate)
        return rate == sampleRate || rate == 2 * sampleRate ? Int64(frameLength * (rate / sampleRate)) : nil
    }
}

/// The AudioSpecificConfig of Main, LC, SSR and LTP, with or without SBR and PS in front.
private struct Audio {
    var frameLength: Int
    var sampleRate: Int
    var channels: Int

    init?(_ bits: inout Bits) {
        guard var type = bits.number(5), let sampleRate = Self.rate(&bits), let layout = bits.number(4),
            // By the number of the layout; 0 would be described in the stream.
            let channels = [1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8][layout]
        else { return nil }
        var hasParametricStereo = type == 29
        if type == 5 || hasParametricStereo {
            guard Self.rate(&bits) != nil, let inner = bits.number(5) else { return nil }
            type = inner
        }
        guard (1...4).contains(type), let isShort = bits.number(1), let hasCore = bits.number(1) else { return nil }
        if hasCore == 1, bits.number(14) == nil { return nil }
        guard bits.number(1) == 0 else { return nil }
        // What files have behind it, GStreamer copies. It cannot be meant for what follows: that begins with three zeros.
        hasParametricStereo = hasParametricStereo || Self.takeExtension(&bits)
        frameLength = isShort == 1 ? 960 : 1024
        self.sampleRate = sampleRate
        self.channels = hasParametricStereo ? 2 : channels
    }

    /// SBR and PS, announced so that decoders without them do not see it.
    ///
    /// - Returns: whether there is PS.
    private static func takeExtension(_ bits: inout Bits) -> Bool {
        var ahead = bits
        guard ahead.number(11) == 0x2B7, ahead.number(5) == 5, let hasReplication = ahead.number(1) else {
            return false
        }
        guard hasReplication == 1 else {
            bits = ahead
            return false
        }
        guard rate(&ahead) != nil else { return false }
        bits = ahead
        guard ahead.number(11) == 0x548, let hasParametricStereo = ahead.number(1) else { return false }
        bits = ahead
        return hasParametricStereo == 1
    }

    private static func rate(_ bits: inout Bits) -> Int? {
        guard let index = bits.number(4) else { return nil }
        if index == 15 { return bits.number(24).flatMap { (1...768_000).contains($0) ? $0 : nil } }
        return index < ADTS.sampleRates.count ? ADTS.sampleRates[index] : nil
    }
}

private struct Bits {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next `count` bits; nil, and nothing is read, when there are not as many.
    mutating func number(_ count: Int) -> Int? {
        guard count <= 8 * bytes.count - position else { return nil }
        defer { position += count }
        return (position..<(position + count)).reduce(0) { $0 << 1 | bit($1) }
    }

    /// Those read since `start`, from the highest bit of the first byte on, with zeros behind.
    func bytes(from start: Int) -> [UInt8] {
        stride(from: start, to: position, by: 8).map { first in
            UInt8((first..<(first + 8)).reduce(0) { $0 << 1 | ($1 < position ? bit($1) : 0) })
        }
    }

    private func bit(_ index: Int) -> Int { Int(bytes[index / 8] >> UInt8(7 - index % 8) & 1) }
}
