internal import Streaming

/// The parsers of bytes from outside, each with what a fuzzer feeds it.
///
/// A target never fails by itself: the parser must not trap, and what it hands on is bounded.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// A session description, and the set-up data in it.
    case sdp
    /// What a client sends over a connection, and what becomes of its requests.
    case rtsp
    /// The `Authorization` header.
    case authorization
    /// Payloads behind headers that are in order, as `RTPScript` has them.
    case h264, h265, aac, latm, mjpeg
    /// Whole packets, headers included.
    case rtp
    /// Reports, alone.
    case rtcp
    /// A publisher's packets, until they are a camera's: what libav's parsers are given.
    case publisher
    /// A picture of a camera that is to be sent to players.
    case jpeg
    /// A camera's packets that are to be sent to players, and the set-up data that came with them.
    case packetizer
    /// A sequence parameter set.
    case sequence

    package func run(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .sdp: describe(bytes)
        case .rtsp: converse(bytes)
        case .authorization: authorize(bytes)
        case .h264, .h265, .aac, .latm, .mjpeg: depacketize(bytes)
        case .rtp: depacketizeRaw(bytes)
        case .rtcp: _ = RTCP.senderReport(in: bytes)
        case .publisher: publish(bytes)
        case .jpeg: packetizePicture(bytes)
        case .packetizer: packetize(bytes)
        case .sequence: readSequence(bytes)
        }
    }
}

/// Stops the fuzzer when what must hold does not.
func require(_ condition: Bool, _ what: StaticString) {
    precondition(condition, "\(what)")
}

/// A fuzzer's bytes as packets: a byte of flags, a byte of the payload's length (times the upper bits of the flags), payload.
struct RTPScript: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var sequence: UInt16 = 65_500
    private var timestamp: UInt32 = .max - 10_000
    private let payloadType: UInt8

    init(_ bytes: UnsafeRawBufferPointer, payloadType: UInt8) {
        self.bytes = bytes
        self.payloadType = payloadType
    }

    mutating func next() -> [UInt8]? {
        guard position + 2 <= bytes.count else { return nil }
        let flags = bytes[position]
        let length = Swift.min(Int(bytes[position + 1]) << Int(flags >> 5), bytes.count - position - 2)
        let payload = bytes[(position + 2)..<(position + 2 + length)]
        position += 2 + length
        // A gap, another time, a stranger.
        sequence &+= flags & 2 != 0 ? 3 : 1
        if flags & 4 != 0 { timestamp &+= 3600 }
        if flags & 16 != 0 { timestamp &-= 7200 }
        func big(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        return [0x80, payloadType | (flags & 1 != 0 ? 0x80 : 0)] + big(sequence) + big(timestamp)
            + big((flags & 8 != 0 ? 9 : 7) as UInt32) + payload
    }
}
