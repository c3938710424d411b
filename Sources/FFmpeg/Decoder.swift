internal import CFFmpeg

/// Turns compressed video packets into pictures.
///
/// Used from one thread at a time.
package struct Decoder: ~Copyable {
    /// Pictures larger than this are refused before memory is taken for them.
    package static let maximumPixels: Int64 = 8192 * 8192

    package let subject: String
    private let context: UnsafeMutablePointer<AVCodecContext>
    private let scratch: UnsafeMutablePointer<AVFrame>
    private let shifted: UnsafeMutablePointer<AVPacket>
    private let timeBase: AVRational

    /// - Parameter threads: how many threads decode; more than one adds a frame of delay for each.
    package init(_ parameters: CodecParameters, subject: String, threads: Int = 1) throws(FFmpegError) {
        LibraryLog.install()
        let codecID = parameters.pointer.pointee.codec_id
        guard let codec = avcodec_find_decoder(codecID) else {
            throw FFmpegError(
                .notFound, call: "avcodec_find_decoder", subject: subject,
                reason: "this FFmpeg has no decoder for \(String(cString: avcodec_get_name(codecID)))")
        }
        let context = try allocated(avcodec_alloc_context3(codec), "avcodec_alloc_context3", on: subject)
        let shifted: UnsafeMutablePointer<AVPacket>
        do throws(FFmpegError) {
            try check(
                avcodec_parameters_to_context(context, parameters.pointer), "avcodec_parameters_to_context", on: subject
            )
            context.pointee.thread_count = Int32(clamping: max(1, threads))
            context.pointee.pkt_timebase = parameters.timeBase
            context.pointee.max_pixels = Self.maximumPixels
            try check(avcodec_open2(context, codec, nil), "avcodec_open2", on: subject)
            shifted = try allocated(av_packet_alloc(), "av_packet_alloc", on: subject)
        } catch {
            var failed: UnsafeMutablePointer<AVCodecContext>? = context
            avcodec_free_context(&failed)
            throw error
        }
        guard let scratch = av_frame_alloc() else {
            var (context, packet) = (Optional(context), Optional(shifted))
            av_packet_free(&packet)
            avcodec_free_context(&context)
            throw FFmpegError(status: spx_error_nomem, call: "av_frame_alloc", subject: subject)
        }
        self.context = context
        self.scratch = scratch
        self.shifted = shifted
        self.subject = subject
        timeBase = parameters.timeBase
    }

    deinit {
        var frame: UnsafeMutablePointer<AVFrame>? = scratch
        av_frame_free(&frame)
        var packet: UnsafeMutablePointer<AVPacket>? = shifted
        av_packet_free(&packet)
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&context)
    }

    /// Decodes one packet and returns the pictures that come out: none, one or more.
    ///
    /// - Parameter offsetSeconds: is added to the packet's times. A picture may come out many packets later: it has the
    ///   offset of its own packet.
    /// - Throws: `FFmpegError` with code `.invalidData` for a damaged packet; decoding may go on with the next.
    package mutating func decode(_ packet: Packet, offsetSeconds: Double = 0) throws(FFmpegError) -> [Frame] {
        // libav takes a packet without bytes for the end of the stream.
        guard packet.size > 0 else { return [] }
        defer { av_packet_unref(shifted) }
        try check(av_packet_ref(shifted, packet.pointer), "av_packet_ref", on: subject)
        let ticks = offsetSeconds / av_q2d(timeBase)
        if ticks.isFinite, let ticks = Int64(exactly: ticks.rounded()) {
            shifted.pointee.pts = Self.shift(shifted.pointee.pts, by: ticks)
            shifted.pointee.dts = Self.shift(shifted.pointee.dts, by: ticks)
        }
        try check(avcodec_send_packet(context, shifted), "avcodec_send_packet", on: subject)
        return try drain()
    }

    private static func shift(_ time: Int64, by ticks: Int64) -> Int64 {
        let (sum, overflow) = time.addingReportingOverflow(ticks)
        return time == spx_nopts || overflow ? spx_nopts : sum
    }

    /// Returns the pictures still inside at the end of a stream. The decoder can be used anew after `reset`.
    package mutating func finish() throws(FFmpegError) -> [Frame] {
        try check(avcodec_send_packet(context, nil), "avcodec_send_packet", on: subject)
        return try drain()
    }

    /// Forgets everything; the next packet must be a key frame.
    package mutating func reset() {
        avcodec_flush_buffers(context)
    }

    private func drain() throws(FFmpegError) -> [Frame] {
        var frames: [Frame] = []
        while true {
            let status = avcodec_receive_frame(context, scratch)
            if status == spx_error_again || status == spx_error_eof { return frames }
            try check(status, "avcodec_receive_frame", on: subject)
            frames.append(try Frame(moving: scratch, timeBase: timeBase, subject: subject))
        }
    }
}
