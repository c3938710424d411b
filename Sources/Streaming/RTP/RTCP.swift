/// Reports that go beside RTP (RFC 3550, section 6).
package enum RTCP {
    /// What a sender said: a moment of its wall clock, and the RTP timestamp of that moment.
    package struct SenderReport: Sendable, Hashable {
        package var source: UInt32
        /// Seconds since 1900, 32 bits before the point and 32 behind.
        package var time: UInt64
        package var timestamp: UInt32

        package init(source: UInt32, time: UInt64, timestamp: UInt32) {
            self.source = source
            self.time = time
            self.timestamp = timestamp
        }

        /// Seconds since 1900.
        package var seconds: Double { Double(time) / 4_294_967_296 }
    }

    /// The first sender report of a compound packet; nil when there is none, or it makes no sense.
    package static func senderReport(in packet: UnsafeRawBufferPointer) -> SenderReport? {
        var position = 0
        while position + 4 <= packet.count, packet[position] >> 6 == 2 {
            let size = 4 * (Int(packet.bigEndian16(at: position + 2)) + 1)
            guard size <= packet.count - position else { return nil }
            if packet[position + 1] == 200, size >= 28 {
                let time =
                    UInt64(packet.bigEndian32(at: position + 8)) << 32 | UInt64(packet.bigEndian32(at: position + 12))
                return SenderReport(
                    source: packet.bigEndian32(at: position + 4), time: time,
                    timestamp: packet.bigEndian32(at: position + 16))
            }
            position += size
        }
        return nil
    }

    /// A sender report, with the source's name as a compound packet must have it.
    package static func senderReport(
        _ report: SenderReport, packets: UInt32, bytes: UInt32
    ) -> [UInt8] {
        big(0x80C8_0006 as UInt32) + big(report.source) + big(report.time) + big(report.timestamp) + big(packets)
            + big(bytes) + name(of: report.source)
    }

    /// A receiver report about one source.
    ///
    /// - Parameters:
    ///   - lost: packets lost so far.
    ///   - highest: the highest sequence number received, with its wraps in front.
    ///   - report: the last that the sender sent, and seconds since.
    package static func receiverReport(
        from receiver: UInt32, about source: UInt32, lost: Int, highest: UInt32,
        lastReport report: (SenderReport, age: Double)?
    ) -> [UInt8] {
        let middle = report.map { UInt32(truncatingIfNeeded: $0.0.time >> 16) } ?? 0
        let delay = report.map { UInt32(min(max($0.age, 0), 65_535) * 65_536) } ?? 0
        return big(0x81C9_0007 as UInt32) + big(receiver) + big(source) + big(UInt32(min(max(lost, 0), 0x7F_FFFF)))
            + big(highest) + big(0 as UInt32) + big(middle) + big(delay) + name(of: receiver)
    }

    /// Seconds since 1970 as a report has them.
    package static func time(unixSeconds: Double) -> UInt64 {
        UInt64(min(max(unixSeconds + 2_208_988_800, 0), 4_294_967_295) * 4_294_967_296)
    }

    /// SDES with a CNAME.
    private static func name(of source: UInt32) -> [UInt8] {
        let text = Array("spectrax".utf8)
        // Chunk: source, item type, length, text, at least one zero, up to a multiple of four.
        let bare = 4 + 2 + text.count
        let padded = (bare / 4 + 1) * 4
        return big(0x81CA_0000 | UInt32(padded / 4)) + big(source) + [1, UInt8(text.count)] + text
            + [UInt8](repeating: 0, count: padded - bare)
    }

    private static func big(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
