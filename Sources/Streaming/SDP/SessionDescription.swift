/// What a publisher says of its media (SDP, RFC 8866, as RTSP uses it).
package struct SessionDescription: Sendable, Hashable {
    /// One `m=` section.
    package struct Media: Sendable, Hashable {
        /// `video`, `audio`, …
        package var kind: String
        /// nil for what is not known here; its packets are passed over.
        package var codec: MediaCodec?
        /// Of `a=rtpmap`.
        package var encodingName: String?
        /// How AAC is wrapped when it comes in LATM.
        package var latm: StreamMuxConfiguration?
        package var payloadType: UInt8
        /// Ticks a second of its RTP timestamps.
        package var clockRate: Int32
        /// Of sound.
        package var channels: Int
        /// Of `a=fmtp`; names in lower case.
        package var parameters: [String: String]
        /// How it is called in SETUP (`a=control`).
        package var control: String?

        package init(
            kind: String, codec: MediaCodec?, payloadType: UInt8, clockRate: Int32, channels: Int = 1,
            parameters: [String: String] = [:], control: String? = nil
        ) {
            self.kind = kind
            self.codec = codec
            self.payloadType = payloadType
            self.clockRate = clockRate
            self.channels = channels
            self.parameters = parameters
            self.control = control
        }

        /// What to call it in messages: its codec, as far as that is visible, else its kind.
        package var name: String {
            let name = encodingName ?? codec?.encodingName ?? kind
            return String(name.filter { $0.isASCII && ("!"..."~").contains($0) }.prefix(40))
        }
    }

    package static let maximumBytes = 64 << 10
    private static let maximumLines = 2000
    package static let maximumMedia = 16

    package var media: [Media] = []

    /// Lines that make no sense are passed over; so is what the media do not need.
    ///
    /// - Throws: when it is too large, or has no media at all.
    package init(parsing bytes: some Collection<UInt8>) throws(SessionDescriptionError) {
        guard bytes.count <= Self.maximumBytes else {
            throw SessionDescriptionError("it is larger than \(Self.maximumBytes) bytes")
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard lines.count <= Self.maximumLines else {
            throw SessionDescriptionError("it has more than \(Self.maximumLines) lines")
        }
        for line in lines {
            if line.hasPrefix("m=") {
                guard media.count < Self.maximumMedia else {
                    throw SessionDescriptionError("it has more than \(Self.maximumMedia) media")
                }
                media.append(Media(line: line.dropFirst(2)))
            } else if line.hasPrefix("a="), !media.isEmpty {
                media[media.count - 1].take(attribute: line.dropFirst(2))
            }
        }
        guard !media.isEmpty else { throw SessionDescriptionError("it has no media") }
        for index in media.indices { media[index].takeLATM() }
    }
}

/// Why a description cannot be used.
package struct SessionDescriptionError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ reason: String) {
        description = "the session description cannot be used: \(reason)"
    }
}

extension SessionDescription.Media {
    /// - Parameter line: behind `m=`: kind, port, transport, formats.
    fileprivate init(line: Substring) {
        let parts = line.split(separator: " ")
        // Only bare RTP: what is encrypted (`RTP/SAVP`) or travels otherwise cannot be read here.
        let isPlain =
            parts.count > 3 && (parts[2] == "RTP/AVP" || parts[2].hasPrefix("RTP/AVP/") || parts[2] == "RTP/AVPF")
        let type = isPlain ? UInt8(parts[3]) ?? 255 : 255
        let codec = MediaCodec.ofStaticPayloadType(type)
        self.init(
            kind: parts.first.map(String.init) ?? "", codec: codec, payloadType: type,
            clockRate: codec == nil || codec == .mjpeg ? 90_000 : 8000)
    }

    fileprivate mutating func take(attribute: Substring) {
        if let value = attribute.value(of: "control") {
            control = String(value)
        } else if let value = attribute.value(of: "rtpmap"), let map = value.behindPayloadType(payloadType) {
            let parts = map.split(separator: "/")
            guard let name = parts.first else { return }
            codec = MediaCodec(encodingName: name)
            encodingName = String(name)
            if parts.count > 1, let rate = Int32(parts[1]), (1...768_000).contains(rate) { clockRate = rate }
            if parts.count > 2, let count = Int(parts[2]), (1...64).contains(count) { channels = count }
        } else if let value = attribute.value(of: "fmtp"), let list = value.behindPayloadType(payloadType) {
            for parameter in list.split(separator: ";").prefix(64) {
                let pair = parameter.split(separator: "=", maxSplits: 1)
                guard let name = pair.first?.trimmed.lowercased(), !name.isEmpty else { continue }
                parameters[name] = pair.count > 1 ? pair[1].trimmed : ""
            }
        }
    }
}

extension StringProtocol {
    /// Without blanks at both ends.
    var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}

extension Substring {
    /// Behind the colon, when this is the attribute.
    fileprivate func value(of name: String) -> Substring? {
        guard let colon = firstIndex(of: ":"), self[..<colon].lowercased() == name else { return nil }
        return self[index(after: colon)...].drop { $0.isWhitespace }
    }

    /// Behind the payload type, when it is this one.
    fileprivate func behindPayloadType(_ type: UInt8) -> Substring? {
        let parts = split(separator: " ", maxSplits: 1)
        guard let first = parts.first, type < 128, UInt8(first) == type else { return nil }
        return parts.count > 1 ? parts[1] : ""
    }
}
