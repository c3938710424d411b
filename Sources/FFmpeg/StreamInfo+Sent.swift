internal import CFFmpeg

/// Streams that somebody sends packet by packet, without a container that libav could read.
extension StreamInfo {
    /// The largest picture that is taken, in pixels a side.
    private static let maximumSide = 16_384

    /// A video stream, described by its first key frame.
    ///
    /// - Parameters:
    ///   - codec: FFmpeg's name, e.g. `h264`.
    ///   - keyFrame: an access unit, Annex B for H.264 and H.265.
    ///   - extradata: parameter sets that were announced (Annex B); they may be missing where the key frame has them.
    ///   - clockRate: ticks a second of the packets' times.
    /// - Throws: when the parameter sets are missing, make no sense, or say a picture of unreasonable size.
    package static func video(
        index: Int, codec: String, keyFrame: [UInt8], extradata: [UInt8], clockRate: Int32
    ) throws(FFmpegError) -> StreamInfo {
        let subject = "\(codec) stream"
        let parameters = try emptyParameters(codec, subject: subject)
        var owned: UnsafeMutablePointer<AVCodecParameters>? = parameters
        defer { avcodec_parameters_free(&owned) }
        parameters.pointee.codec_type = AVMEDIA_TYPE_VIDEO
        let side: ClosedRange<Int32> = 1...Int32(maximumSide)
        let picture = try Picture(extradata + keyFrame, codec: parameters.pointee.codec_id, subject: subject)
        guard side.contains(picture.width), side.contains(picture.height) else {
            throw FFmpegError(
                .invalidData, call: "av_parser_parse2", subject: subject,
                reason: picture.width == 0 && picture.height == 0
                    ? "its first key frame has no parameter sets that make sense"
                    : "pictures of \(picture.width)x\(picture.height) are not taken")
        }
        parameters.pointee.width = picture.width
        parameters.pointee.height = picture.height
        parameters.pointee.format = picture.format
        parameters.pointee.profile = picture.profile
        parameters.pointee.level = picture.level
        parameters.pointee.video_delay = Int32(reorderedPictures(in: extradata + keyFrame, codec: codec))
        let copy = try CodecParameters(
            copying: parameters, timeBase: spx_rational(1, max(1, clockRate)), subject: subject)
        return StreamInfo(index: index, kind: .video, parameters: try copy.replacingExtradata(extradata))
    }

    /// A sound stream.
    ///
    /// - Parameters:
    ///   - codec: FFmpeg's name, e.g. `aac`.
    ///   - extradata: AudioSpecificConfig, OpusHead; empty where the codec has none.
    package static func audio(index: Int, codec: String, sampleRate: Int, channels: Int, extradata: [UInt8])
        throws(FFmpegError) -> StreamInfo
    {
        let subject = "\(codec) stream"
        guard (1...768_000).contains(sampleRate), (1...64).contains(channels) else {
            throw FFmpegError(
                .invalidData, call: "audio", subject: subject,
                reason: "\(channels) channels of \(sampleRate) samples a second make no sense")
        }
        let parameters = try emptyParameters(codec, subject: subject)
        var owned: UnsafeMutablePointer<AVCodecParameters>? = parameters
        defer { avcodec_parameters_free(&owned) }
        parameters.pointee.codec_type = AVMEDIA_TYPE_AUDIO
        parameters.pointee.sample_rate = Int32(sampleRate)
        av_channel_layout_default(&parameters.pointee.ch_layout, Int32(channels))
        let copy = try CodecParameters(
            copying: parameters, timeBase: spx_rational(1, Int32(sampleRate)), subject: subject)
        return StreamInfo(index: index, kind: .audio, parameters: try copy.replacingExtradata(extradata))
    }

    /// As the sequence parameter sets say; 0 where they say nothing.
    private static func reorderedPictures(in annexB: [UInt8], codec: String) -> Int {
        ParameterSets.sequences(in: annexB, codec: codec).compactMap {
            SequenceParameterSet.reorderedPictures($0, codec: codec)
        }.max() ?? 0
    }

    /// How many pictures may be shown before one that was sent earlier.
    package var reorderedPictures: Int { Int(max(0, parameters.pointer.pointee.video_delay)) }

    private init(index: Int, kind: Kind, parameters: CodecParameters) {
        let values = parameters.pointer.pointee
        self.index = index
        self.kind = kind
        self.parameters = parameters
        codec = String(cString: avcodec_get_name(values.codec_id))
        profile = avcodec_profile_name(values.codec_id, values.profile).map { String(cString: $0) }
        width = Int(values.width)
        height = Int(values.height)
        frameRate = nil
        bitRate = nil
        pixelFormat =
            kind == .video ? av_get_pix_fmt_name(AVPixelFormat(values.format)).map { String(cString: $0) } : nil
        sampleRate = Int(values.sample_rate)
        channels = Int(values.ch_layout.nb_channels)
        packetCount = 0
    }

    private static func emptyParameters(_ codec: String, subject: String)
        throws(FFmpegError) -> UnsafeMutablePointer<AVCodecParameters>
    {
        guard let descriptor = avcodec_descriptor_get_by_name(codec) else {
            throw FFmpegError(
                .other, call: "avcodec_descriptor_get_by_name", subject: subject, reason: "this FFmpeg does not know it"
            )
        }
        let parameters = try allocated(avcodec_parameters_alloc(), "avcodec_parameters_alloc", on: subject)
        parameters.pointee.codec_id = descriptor.pointee.id
        return parameters
    }
}

/// What libav's parser reads from an access unit.
private struct Picture {
    /// Pixels; 0 when it does not tell.
    private(set) var width: Int32 = 0
    private(set) var height: Int32 = 0
    private(set) var format: Int32 = -1
    private(set) var profile: Int32 = -99
    private(set) var level: Int32 = -99

    init(_ bytes: [UInt8], codec: AVCodecID, subject: String) throws(FFmpegError) {
        if codec == AV_CODEC_ID_MJPEG {
            (width, height) = Self.jpegSize(bytes)
            return
        }
        var context: UnsafeMutablePointer<AVCodecContext>? =
            try allocated(avcodec_alloc_context3(nil), "avcodec_alloc_context3", on: subject)
        defer { avcodec_free_context(&context) }
        guard let context, let parser = av_parser_init(Int32(bitPattern: codec.rawValue)) else {
            throw FFmpegError(.other, call: "av_parser_init", subject: subject, reason: "this FFmpeg cannot read it")
        }
        defer { av_parser_close(parser) }
        context.pointee.codec_id = codec
        parser.pointee.flags |= spx_parser_complete_frames
        let padded = bytes + [UInt8](repeating: 0, count: Int(spx_input_padding))
        padded.withUnsafeBufferPointer { padded in
            var output: UnsafeMutablePointer<UInt8>?
            var size: Int32 = 0
            _ = av_parser_parse2(
                parser, context, &output, &size, padded.baseAddress, Int32(clamping: bytes.count), spx_nopts, spx_nopts,
                0)
        }
        width = parser.pointee.width
        height = parser.pointee.height
        format = parser.pointee.format
        profile = context.pointee.profile
        level = context.pointee.level
    }

    /// From the frame header (ITU-T T.81, B.2.2).
    private static func jpegSize(_ bytes: [UInt8]) -> (Int32, Int32) {
        var position = 2
        while position + 9 <= bytes.count, bytes[position] == 0xFF {
            let marker = bytes[position + 1]
            let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
            if (0xC0...0xC2).contains(marker) {
                let height = Int32(bytes[position + 5]) << 8 | Int32(bytes[position + 6])
                return (Int32(bytes[position + 7]) << 8 | Int32(bytes[position + 8]), height)
            }
            position += 2 + max(2, length)
        }
        return (0, 0)
    }
}
