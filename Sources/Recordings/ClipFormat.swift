internal import FFmpeg

/// What of a camera's streams goes into an MP4, and how.
enum ClipFormat {
    /// Stream copies that MP4 can hold. Browsers play H.264, most of them H.265, AV1 and VP9; MJPEG and MPEG-4 Part 2 need a
    /// player such as VLC, but a clip of such a camera is better than none.
    private static let videoCodecs: Set<String> = ["h264", "hevc", "av1", "vp9", "mjpeg", "mpeg4"]
    private static let copiedAudio: Set<String> = ["aac", "opus"]
    private static let transcodedAudio: Set<String> = ["pcm_alaw", "pcm_mulaw"]

    /// Fragments end before each key frame, and after this long at the latest: what a killed process loses.
    private static let fragmentSeconds = 1.0

    /// For the clip while it grows. Times are absolute (no edit list), so every fragment stands for itself.
    static let growing: [String: String] = [
        "movflags": "frag_keyframe+empty_moov+default_base_moof+frag_discont+skip_trailer",
        "frag_duration": "\(Int(fragmentSeconds * 1_000_000))", "use_editlist": "0", "avoid_negative_ts": "disabled",
        "strict": "experimental",
    ]

    /// For the finished clip: the index in front.
    static let finished: [String: String] = ["movflags": "faststart", "strict": "experimental"]

    /// What the header says of the video.
    ///
    /// - Parameter first: the key frame that the clip starts with. Its own parameter sets go before those that the stream was
    ///   announced with: some cameras announce others than they send.
    static func video(_ stream: StreamInfo, first: Packet) throws -> CodecParameters {
        guard videoCodecs.contains(stream.codec) else {
            throw RecordingError(
                .video, subject: "video", reason: "\(stream.codec) cannot be recorded without re-encoding")
        }
        return try ParameterSets.header(of: stream, first: first)
    }

    /// How a camera's sound is recorded.
    enum Sound {
        case copied(CodecParameters)
        /// Made into AAC.
        case transcoded
        /// Left out; the reason is for the status.
        case omitted(String)
    }

    static func sound(_ stream: StreamInfo) throws -> Sound {
        if transcodedAudio.contains(stream.codec) { return .transcoded }
        guard copiedAudio.contains(stream.codec) else {
            return .omitted("sound left out: \(stream.codec) is not recorded")
        }
        guard stream.sampleRate > 0, (1...255).contains(stream.channels) else {
            return .omitted("sound left out: its rate or channels are not known")
        }
        if !stream.parameters.extradata.isEmpty { return .copied(stream.parameters) }
        let header = stream.codec == "aac" ? ADTS.configuration(of: stream) : opusHead(of: stream)
        guard let header else { return .omitted("sound left out: \(stream.codec) of an unusual rate") }
        return .copied(try stream.parameters.replacingExtradata(header))
    }

    /// The identification header (RFC 7845, 5.1) that RTP leaves out.
    private static func opusHead(of stream: StreamInfo) -> [UInt8]? {
        guard (1...2).contains(stream.channels) else { return nil }
        let rate = 48_000
        let rateBytes = (0..<4).map { UInt8(truncatingIfNeeded: rate >> (8 * $0)) }
        return Array("OpusHead".utf8) + [1, UInt8(stream.channels), 0, 0] + rateBytes + [0, 0, 0]
    }
}
