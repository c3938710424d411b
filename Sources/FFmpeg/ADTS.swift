/// AAC as transport streams carry it: each packet with a header of its own, which MP4 and RTP leave out.
package enum ADTS {
    /// By their index in AudioSpecificConfig and in ADTS.
    package static let sampleRates = [
        96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
    ]

    /// Bytes of the header in front of a packet (ISO/IEC 13818-7, 6.2); 0 where there is none. Never all of the packet.
    package static func headerSize(of packet: UnsafeRawBufferPointer) -> Int {
        guard packet.count > 9, packet[0] == 0xFF, packet[1] & 0xF6 == 0xF0 else { return 0 }
        let isProtected = packet[1] & 1 == 0
        return isProtected ? 9 : 7
    }

    /// AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) of AAC LC, for streams that come without.
    ///
    /// - Returns: nil for an unusual rate or number of channels.
    package static func configuration(of stream: StreamInfo) -> [UInt8]? {
        guard let rate = sampleRates.firstIndex(of: stream.sampleRate), (1...7).contains(stream.channels) else {
            return nil
        }
        let lowComplexity = 2
        let bits = lowComplexity << 11 | rate << 7 | stream.channels << 3
        return [UInt8(truncatingIfNeeded: bits >> 8), UInt8(truncatingIfNeeded: bits)]
    }
}
