internal import CFFmpeg

/// Compresses pictures to H.264 (or MPEG-4 Part 2 where FFmpeg has no H.264 encoder): for annotated copies only,
/// clips are never re-encoded.
///
/// Used from one thread at a time.
package struct Encoder: ~Copyable {
    private let context: UnsafeMutablePointer<AVCodecContext>
    private let picture: UnsafeMutablePointer<AVFrame>
    private let scratch: UnsafeMutablePointer<AVPacket>
    private let scaler: OpaquePointer
    private let subject: String
    private let frameTicks: Int64
    /// What a muxer needs to know.
    package let parameters: CodecParameters

    /// - Parameters:
    ///   - width, height: pixels; both even.
    ///   - framesPerSecond: above 0.
    package init(width: Int, height: Int, framesPerSecond: Double, subject: String) throws(FFmpegError) {
        LibraryLog.install()
        guard let codec = avcodec_find_encoder_by_name("libx264") ?? avcodec_find_encoder(AV_CODEC_ID_MPEG4) else {
            throw FFmpegError(.notFound, call: "avcodec_find_encoder", subject: subject, reason: "no video encoder")
        }
        let context = try allocated(avcodec_alloc_context3(codec), "avcodec_alloc_context3", on: subject)
        var picture: UnsafeMutablePointer<AVFrame>?
        var packet: UnsafeMutablePointer<AVPacket>?
        let parameters: CodecParameters
        let scaler: OpaquePointer
        do throws(FFmpegError) {
            context.pointee.width = Int32(clamping: width)
            context.pointee.height = Int32(clamping: height)
            context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
            // What swscale makes of RGB unless told otherwise.
            context.pointee.colorspace = AVCOL_SPC_SMPTE170M
            context.pointee.color_range = AVCOL_RANGE_MPEG
            context.pointee.time_base = spx_rational(1, 90_000)
            context.pointee.framerate = av_d2q(framesPerSecond, 100_000)
            context.pointee.gop_size = Int32(clamping: Int((min(framesPerSecond, 1000) * 2).rounded(.up)))
            context.pointee.flags |= spx_codec_global_header
            av_opt_set(context.pointee.priv_data, "preset", "veryfast", 0)
            try check(avcodec_open2(context, codec, nil), "avcodec_open2", on: subject)
            picture = try Self.picture(width: width, height: height, subject: subject)
            packet = try allocated(av_packet_alloc(), "av_packet_alloc", on: subject)
            parameters = try Self.parameters(of: context, subject: subject)
            scaler = try Self.scaler(width: width, height: height, subject: subject)
        } catch {
            Self.free(context: context, picture: picture, packet: packet)
            throw error
        }
        guard let picture, let packet else {
            Self.free(context: context, picture: picture, packet: packet)
            sws_freeContext(scaler)
            throw FFmpegError(status: spx_error_nomem, call: "av_frame_alloc", subject: subject)
        }
        self.context = context
        self.picture = picture
        scratch = packet
        self.parameters = parameters
        self.scaler = scaler
        self.subject = subject
        frameTicks = Int64((90_000 / min(max(framesPerSecond, 0.01), 90_000)).rounded())
    }

    deinit {
        sws_freeContext(scaler)
        Self.free(context: context, picture: picture, packet: scratch)
    }

    /// Compresses one picture of 32-bit RGB (`0x00RRGGBB`) and returns the packets that come out: none, one or more.
    ///
    /// - Parameter seconds: when to show it; later than the picture before.
    package mutating func encode(
        rgb32 pixels: UnsafeRawBufferPointer, bytesPerRow: Int, at seconds: Double
    ) throws(FFmpegError) -> [Packet] {
        try check(av_frame_make_writable(picture), "av_frame_make_writable", on: subject)
        try convert(pixels, bytesPerRow: bytesPerRow)
        picture.pointee.pts = Int64((min(max(seconds, 0), 1e9) * 90_000).rounded())
        try check(avcodec_send_frame(context, picture), "avcodec_send_frame", on: subject)
        return try drain()
    }

    /// Ends the stream and returns the packets that were still inside.
    package mutating func finish() throws(FFmpegError) -> [Packet] {
        try check(avcodec_send_frame(context, nil), "avcodec_send_frame", on: subject)
        return try drain()
    }

    private func convert(_ pixels: UnsafeRawBufferPointer, bytesPerRow: Int) throws(FFmpegError) {
        let height = picture.pointee.height
        guard bytesPerRow >= Int(picture.pointee.width) * 4, pixels.count >= bytesPerRow * Int(height) else {
            throw FFmpegError(.other, call: "sws_scale", subject: subject, reason: "too few pixels")
        }
        let source: [UnsafePointer<UInt8>?] = [pixels.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, nil, nil]
        let sourceStrides: [Int32] = [Int32(clamping: bytesPerRow), 0, 0, 0]
        let data = picture.pointee.data
        let lines = picture.pointee.linesize
        let planes: [UnsafeMutablePointer<UInt8>?] = [data.0, data.1, data.2, data.3]
        let strides: [Int32] = [lines.0, lines.1, lines.2, lines.3]
        try check(sws_scale(scaler, source, sourceStrides, 0, height, planes, strides), "sws_scale", on: subject)
    }

    private func drain() throws(FFmpegError) -> [Packet] {
        var packets: [Packet] = []
        while true {
            let status = avcodec_receive_packet(context, scratch)
            if status == spx_error_again || status == spx_error_eof { return packets }
            try check(status, "avcodec_receive_packet", on: subject)
            // Without it the last picture has none, and players leave it out.
            if scratch.pointee.duration == 0 { scratch.pointee.duration = frameTicks }
            packets.append(try Packet(moving: scratch, timeBase: context.pointee.time_base, subject: subject))
        }
    }
}

extension Encoder {
    private static func picture(width: Int, height: Int, subject: String)
        throws(FFmpegError) -> UnsafeMutablePointer<AVFrame>
    {
        var frame: UnsafeMutablePointer<AVFrame>? = try allocated(av_frame_alloc(), "av_frame_alloc", on: subject)
        frame?.pointee.width = Int32(clamping: width)
        frame?.pointee.height = Int32(clamping: height)
        frame?.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        let status = av_frame_get_buffer(frame, 0)
        guard status >= 0, let frame else {
            av_frame_free(&frame)
            throw FFmpegError(status: status, call: "av_frame_get_buffer", subject: subject)
        }
        return frame
    }

    private static func scaler(width: Int, height: Int, subject: String) throws(FFmpegError) -> OpaquePointer {
        let (width, height) = (Int32(clamping: width), Int32(clamping: height))
        guard
            let scaler = sws_getContext(
                width, height, spx_pixel_format(spx_pixel_rgb32), width, height, AV_PIX_FMT_YUV420P, spx_sws_bilinear,
                nil, nil, nil)
        else {
            throw FFmpegError(.other, call: "sws_getContext", subject: subject, reason: "no conversion from RGB")
        }
        return scaler
    }

    private static func parameters(of context: UnsafeMutablePointer<AVCodecContext>, subject: String)
        throws(FFmpegError) -> CodecParameters
    {
        var raw: UnsafeMutablePointer<AVCodecParameters>? =
            try allocated(avcodec_parameters_alloc(), "avcodec_parameters_alloc", on: subject)
        defer { avcodec_parameters_free(&raw) }
        try check(avcodec_parameters_from_context(raw, context), "avcodec_parameters_from_context", on: subject)
        let filled = try allocated(raw, "avcodec_parameters_alloc", on: subject)
        return try CodecParameters(copying: filled, timeBase: context.pointee.time_base, subject: subject)
    }

    private static func free(
        context: UnsafeMutablePointer<AVCodecContext>, picture: UnsafeMutablePointer<AVFrame>?,
        packet: UnsafeMutablePointer<AVPacket>?
    ) {
        var (context, picture, packet) = (Optional(context), picture, packet)
        av_packet_free(&packet)
        av_frame_free(&picture)
        avcodec_free_context(&context)
    }
}
