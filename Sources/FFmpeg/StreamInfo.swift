internal import CFFmpeg

/// What a source says about one of its streams.
package struct StreamInfo: Sendable {
    package enum Kind: String, Sendable { case video, audio, subtitle, data }

    package let index: Int
    package let kind: Kind
    /// FFmpeg's name of the codec, e.g. `h264`.
    package let codec: String
    /// e.g. `High`; nil when unknown.
    package let profile: String?
    /// Pixels; 0 for what is not video or not known yet.
    package let width: Int
    package let height: Int
    /// Frames a second that the source announces; nil when it does not.
    package let frameRate: Double?
    /// Bits a second that the source announces; nil when it does not.
    package let bitRate: Int64?
    /// e.g. `yuv420p`; nil for what is not video.
    package let pixelFormat: String?
    /// Samples a second of audio, 0 otherwise.
    package let sampleRate: Int
    package let channels: Int
    /// Packets of it that the container's index counts; 0 when it has no index.
    package let packetCount: Int
    /// What a decoder needs to know, and a muxer.
    package let parameters: CodecParameters
}

/// A stream's codec and its set-up data, as an owned copy.
package final class CodecParameters: @unchecked Sendable {
    // Safe: filled before anybody else sees it, read-only afterwards.
    let pointer: UnsafeMutablePointer<AVCodecParameters>
    let timeBase: AVRational

    init(copying source: UnsafePointer<AVCodecParameters>, timeBase: AVRational, subject: String)
        throws(FFmpegError)
    {
        var copy: UnsafeMutablePointer<AVCodecParameters>? =
            try allocated(avcodec_parameters_alloc(), "avcodec_parameters_alloc", on: subject)
        let status = avcodec_parameters_copy(copy, source)
        guard status >= 0, let copied = copy else {
            avcodec_parameters_free(&copy)
            throw FFmpegError(status: status, call: "avcodec_parameters_copy", subject: subject)
        }
        pointer = copied
        self.timeBase = timeBase
    }

    /// The set-up data: parameter sets, AudioSpecificConfig and the like, as the source has them.
    package var extradata: [UInt8] {
        guard let data = pointer.pointee.extradata, pointer.pointee.extradata_size > 0 else { return [] }
        return Array(UnsafeBufferPointer(start: data, count: Int(pointer.pointee.extradata_size)))
    }

    /// The same with other set-up data.
    package func replacingExtradata(_ bytes: [UInt8]) throws(FFmpegError) -> CodecParameters {
        let subject = "set-up data of \(bytes.count) bytes"
        let copy = try CodecParameters(copying: pointer, timeBase: timeBase, subject: subject)
        av_freep(&copy.pointer.pointee.extradata)
        copy.pointer.pointee.extradata_size = 0
        guard !bytes.isEmpty else { return copy }
        guard let room = av_mallocz(bytes.count + Int(spx_input_padding)) else {
            throw FFmpegError(status: spx_error_nomem, call: "av_mallocz", subject: subject)
        }
        room.copyMemory(from: bytes, byteCount: bytes.count)
        copy.pointer.pointee.extradata = room.assumingMemoryBound(to: UInt8.self)
        copy.pointer.pointee.extradata_size = Int32(clamping: bytes.count)
        return copy
    }

    deinit {
        var parameters: UnsafeMutablePointer<AVCodecParameters>? = pointer
        avcodec_parameters_free(&parameters)
    }
}

extension StreamInfo {
    init(_ stream: UnsafeMutablePointer<AVStream>, timeBase: AVRational, subject: String) throws(FFmpegError) {
        guard let codec = stream.pointee.codecpar else {
            throw FFmpegError(
                .invalidData, call: "avformat_open_input", subject: subject, reason: "a stream without parameters")
        }
        index = Int(stream.pointee.index)
        kind =
            switch codec.pointee.codec_type {
            case AVMEDIA_TYPE_VIDEO: .video
            case AVMEDIA_TYPE_AUDIO: .audio
            case AVMEDIA_TYPE_SUBTITLE: .subtitle
            default: .data
            }
        self.codec = String(cString: avcodec_get_name(codec.pointee.codec_id))
        profile = avcodec_profile_name(codec.pointee.codec_id, codec.pointee.profile).map { String(cString: $0) }
        width = Int(codec.pointee.width)
        height = Int(codec.pointee.height)
        frameRate =
            Self.positive(av_q2d(stream.pointee.avg_frame_rate)) ?? Self.positive(av_q2d(stream.pointee.r_frame_rate))
        bitRate = codec.pointee.bit_rate > 0 ? codec.pointee.bit_rate : nil
        pixelFormat =
            kind == .video
            ? av_get_pix_fmt_name(AVPixelFormat(codec.pointee.format)).map { String(cString: $0) } : nil
        sampleRate = Int(codec.pointee.sample_rate)
        channels = Int(codec.pointee.ch_layout.nb_channels)
        packetCount = Int(clamping: max(0, stream.pointee.nb_frames))
        parameters = try CodecParameters(copying: codec, timeBase: timeBase, subject: subject)
    }

    private static func positive(_ rate: Double) -> Double? {
        rate.isFinite && rate > 0 ? rate : nil
    }
}
