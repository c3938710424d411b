/// How one media travels (RFC 2326, section 12.39).
package enum StreamTransport: Sendable, Hashable {
    /// Inside the RTSP connection: the channel of RTP; RTCP is on the next.
    case interleaved(channel: UInt8)
    /// The client's ports.
    case udp(rtp: UInt16, rtcp: UInt16)
}

/// One alternative of a `Transport` header.
package struct TransportOffer: Sendable, Hashable {
    package enum Way: Sendable, Hashable {
        /// nil: the server is to choose the channel.
        case interleaved(channel: UInt8?)
        case udp(rtp: UInt16, rtcp: UInt16)
    }

    package var way: Way
    /// Whether the client will send.
    package var isRecording: Bool

    /// What of the header can be spoken here, in the client's order.
    package static func offers(in header: String) -> [TransportOffer] {
        header.split(separator: ",").prefix(16).compactMap(TransportOffer.init)
    }

    private init?(_ text: Substring) {
        let parts = text.split(separator: ";").map(\.trimmed)
        guard let profile = parts.first?.uppercased() else { return nil }
        var values: [String: String] = [:]
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard let name = pair.first?.lowercased(), values[name] == nil else { continue }
            values[name] = pair.count > 1 ? String(pair[1]) : ""
        }
        guard values["multicast"] == nil else { return nil }
        switch profile {
        case "RTP/AVP/TCP":
            let channel = values["interleaved"].flatMap { Self.pair($0) }
            if values["interleaved"] != nil, channel == nil { return nil }
            guard let channel else {
                way = .interleaved(channel: nil)
                break
            }
            guard channel.0 <= 254, channel.1 == channel.0 + 1 else { return nil }
            way = .interleaved(channel: UInt8(channel.0))
        case "RTP/AVP", "RTP/AVP/UDP":
            guard let ports = values["client_port"].flatMap({ Self.pair($0) }), ports.0 > 0, ports.1 > 0 else {
                return nil
            }
            way = .udp(rtp: ports.0, rtcp: ports.1)
        default: return nil
        }
        isRecording =
            values["mode"].map { mode in
                let mode = mode.filter { $0 != "\"" }.lowercased()
                return mode == "record" || mode == "receive"
            } ?? false
    }

    /// `a-b`, or `a` for a and the next.
    private static func pair(_ text: String) -> (UInt16, UInt16)? {
        let numbers = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map {
            UInt16($0.trimmed)
        }
        guard let first = numbers.first ?? nil else { return nil }
        if numbers.count == 1 { return first < .max ? (first, first + 1) : nil }
        guard let second = numbers[1] else { return nil }
        return (first, second)
    }
}
