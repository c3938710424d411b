/// The codecs that travel over RTP here.
package enum MediaCodec: String, Sendable, CaseIterable {
    case h264
    case h265
    case mjpeg
    case aac
    case opus
    case pcmu
    case pcma

    /// By the encoding name of `a=rtpmap` (RFC 6184, 7798, 2435, 3640, 7587, 3551); any case. AAC in LATM is known by more than
    /// its name: see `SessionDescription.Media.latm`.
    package init?(encodingName: some StringProtocol) {
        switch encodingName.uppercased() {
        case "H264": self = .h264
        case "H265", "HEVC": self = .h265
        case "JPEG": self = .mjpeg
        case "MPEG4-GENERIC": self = .aac
        case "OPUS": self = .opus
        case "PCMU": self = .pcmu
        case "PCMA": self = .pcma
        default: return nil
        }
    }

    /// By FFmpeg's name.
    package init?(ffmpegName: String) {
        guard let codec = Self.allCases.first(where: { $0.ffmpegName == ffmpegName }) else { return nil }
        self = codec
    }

    package var encodingName: String {
        switch self {
        case .h264: "H264"
        case .h265: "H265"
        case .mjpeg: "JPEG"
        case .aac: "MPEG4-GENERIC"
        case .opus: "opus"
        case .pcmu: "PCMU"
        case .pcma: "PCMA"
        }
    }

    package var ffmpegName: String {
        switch self {
        case .h264: "h264"
        case .h265: "hevc"
        case .mjpeg: "mjpeg"
        case .aac: "aac"
        case .opus: "opus"
        case .pcmu: "pcm_mulaw"
        case .pcma: "pcm_alaw"
        }
    }

    package var isVideo: Bool { self == .h264 || self == .h265 || self == .mjpeg }

    /// The payload type that RFC 3551 gives it; nil for codecs that take one from 96 on.
    package var staticPayloadType: UInt8? {
        switch self {
        case .pcmu: 0
        case .pcma: 8
        case .mjpeg: 26
        default: nil
        }
    }

    /// The codec of a static payload type (RFC 3551, section 6).
    package static func ofStaticPayloadType(_ type: UInt8) -> MediaCodec? {
        allCases.first { $0.staticPayloadType == type }
    }
}
