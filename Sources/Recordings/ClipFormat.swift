internal import FFmpeg

/// What of a camera's video goes into an MP4, and how (sound: `MP4Sound`).
enum ClipFormat {
    /// Stream copies that MP4 can hold. Browsers play H.264, most of them H.265, AV1 and VP9; MJPEG and MPEG-4 Part 2 need a
    /// player such as VLC, but a clip of such a camera is better than none.
    private static let videoCodecs: Set<String> = ["h264", "hevc", "av1", "vp9", "mjpeg", "mpeg4"]

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
}
