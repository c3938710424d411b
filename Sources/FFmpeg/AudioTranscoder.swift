internal import CFFmpeg

/// Turns audio that MP4 cannot hold (G.711 above all) into AAC of the same rate and channels.
///
/// Input and output are placed by sample number, counted from wherever the caller likes. A gap in the input is filled with
/// silence, so that sound stays with its picture. Used from one thread at a time.
package struct AudioTranscoder: ~Copyable {
    /// Input this far from where it was expected moves the output too; less is jitter.
    private static let toleranceSeconds = 0.1
    /// Gaps longer than this are not filled: time leaps.
    private static let maximumSilenceSeconds = 10

    /// Of the AAC that comes out; its time base is one sample.
    package let parameters: CodecParameters
    package var sampleRate: Int { codecs.sampleRate }
    private let codecs: AudioCodecs
    /// Samples that wait for a whole frame, channels interleaved.
    private var pending: [Float] = []
    /// Number of the first pending sample.
    private var position: Int64?

    /// - Throws: `FFmpegError` where this FFmpeg lacks the decoder or the AAC encoder, or the encoder does not take the rate.
    package init(_ source: CodecParameters, subject: String) throws(FFmpegError) {
        LibraryLog.install()
        let codecs = try AudioCodecs(source, subject: subject)
        parameters = try codecs.encoderParameters()
        self.codecs = codecs
    }

    /// Takes in one packet that begins with sample number `sample`, and returns the AAC that comes out: packets whose times
    /// count samples.
    package mutating func convert(_ packet: Packet, atSample sample: Int64) throws(FFmpegError) -> [Packet] {
        place(sample)
        pending += try codecs.decode(packet)
        var packets: [Packet] = []
        while pending.count >= codecs.frameSize * codecs.channels { packets += try encode() }
        return packets
    }

    /// The AAC of what is still inside; the end.
    package mutating func finish() throws(FFmpegError) -> [Packet] {
        let packets = pending.isEmpty ? [] : try encode()
        return packets + (try codecs.finish())
    }

    /// Moves to where the next samples belong.
    private mutating func place(_ sample: Int64) {
        let waiting = Int64(pending.count / codecs.channels)
        guard let start = position else {
            position = sample
            return
        }
        let missing = sample.subtractingReportingOverflow(start + waiting)
        guard !missing.overflow,
            missing.partialValue > Int64(Double(sampleRate) * Self.toleranceSeconds)
        else { return }
        if missing.partialValue <= Int64(sampleRate * Self.maximumSilenceSeconds) {
            pending.append(contentsOf: repeatElement(0, count: Int(missing.partialValue) * codecs.channels))
        } else {
            position = sample - waiting
        }
    }

    /// Compresses one frame; the last one is filled up with silence.
    private mutating func encode() throws(FFmpegError) -> [Packet] {
        let taken = min(pending.count, codecs.frameSize * codecs.channels)
        let start = position ?? 0
        position = start + Int64(taken / codecs.channels)
        defer { pending.removeFirst(taken) }
        return try codecs.encode(pending[..<taken], atSample: start)
    }
}

/// The decoder, the converter and the encoder behind an `AudioTranscoder`.
private final class AudioCodecs {
    private static let maximumChannels = 8

    let sampleRate: Int
    let channels: Int
    /// Samples of one channel in a frame of AAC.
    let frameSize: Int
    private let subject: String
    private var decoder: UnsafeMutablePointer<AVCodecContext>?
    private var encoder: UnsafeMutablePointer<AVCodecContext>?
    private var converter: OpaquePointer?
    private var decoded: UnsafeMutablePointer<AVFrame>?
    private var frame: UnsafeMutablePointer<AVFrame>?
    private var scratch: UnsafeMutablePointer<AVPacket>?

    init(_ source: CodecParameters, subject: String) throws(FFmpegError) {
        self.subject = subject
        sampleRate = Int(source.pointer.pointee.sample_rate)
        channels = Int(source.pointer.pointee.ch_layout.nb_channels)
        frameSize = 1024
        guard sampleRate > 0, (1...Self.maximumChannels).contains(channels),
            let found = avcodec_find_decoder(source.pointer.pointee.codec_id),
            let aac = avcodec_find_encoder(AV_CODEC_ID_AAC)
        else {
            throw FFmpegError(
                .notFound, call: "avcodec_find_decoder", subject: subject, reason: "no way to make AAC of it")
        }
        decoder = try allocated(avcodec_alloc_context3(found), "avcodec_alloc_context3", on: subject)
        encoder = try allocated(avcodec_alloc_context3(aac), "avcodec_alloc_context3", on: subject)
        decoded = try allocated(av_frame_alloc(), "av_frame_alloc", on: subject)
        frame = try allocated(av_frame_alloc(), "av_frame_alloc", on: subject)
        scratch = try allocated(av_packet_alloc(), "av_packet_alloc", on: subject)
        try check(
            avcodec_parameters_to_context(decoder, source.pointer), "avcodec_parameters_to_context", on: subject)
        try check(avcodec_open2(decoder, found, nil), "avcodec_open2", on: subject)
        try openEncoder(aac)
        try openConverter()
        try prepareFrame()
    }

    deinit {
        avcodec_free_context(&decoder)
        avcodec_free_context(&encoder)
        swr_free(&converter)
        av_frame_free(&decoded)
        av_frame_free(&frame)
        av_packet_free(&scratch)
    }

    private func openEncoder(_ codec: UnsafePointer<AVCodec>) throws(FFmpegError) {
        guard let encoder else { return }
        encoder.pointee.sample_rate = Int32(clamping: sampleRate)
        av_channel_layout_default(&encoder.pointee.ch_layout, Int32(clamping: channels))
        encoder.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
        encoder.pointee.bit_rate = Int64(min(channels * sampleRate * 3, channels * 96_000))
        encoder.pointee.time_base = spx_rational(1, Int32(clamping: sampleRate))
        encoder.pointee.flags |= spx_codec_global_header
        try check(avcodec_open2(encoder, codec, nil), "avcodec_open2", on: subject)
    }

    private func openConverter() throws(FFmpegError) {
        guard let decoder, let encoder else { return }
        var (layout, source) = (encoder.pointee.ch_layout, encoder.pointee.ch_layout)
        let rate = Int32(clamping: sampleRate)
        try check(
            swr_alloc_set_opts2(
                &converter, &layout, AV_SAMPLE_FMT_FLT, rate, &source, decoder.pointee.sample_fmt, rate, 0, nil),
            "swr_alloc_set_opts2", on: subject)
        try check(swr_init(converter), "swr_init", on: subject)
    }

    private func prepareFrame() throws(FFmpegError) {
        guard let frame, let encoder else { return }
        frame.pointee.format = AV_SAMPLE_FMT_FLTP.rawValue
        frame.pointee.sample_rate = Int32(clamping: sampleRate)
        frame.pointee.nb_samples = Int32(frameSize)
        try check(
            av_channel_layout_copy(&frame.pointee.ch_layout, &encoder.pointee.ch_layout), "av_channel_layout_copy",
            on: subject)
        try check(av_frame_get_buffer(frame, 0), "av_frame_get_buffer", on: subject)
    }

    func encoderParameters() throws(FFmpegError) -> CodecParameters {
        var raw: UnsafeMutablePointer<AVCodecParameters>? =
            try allocated(avcodec_parameters_alloc(), "avcodec_parameters_alloc", on: subject)
        defer { avcodec_parameters_free(&raw) }
        try check(avcodec_parameters_from_context(raw, encoder), "avcodec_parameters_from_context", on: subject)
        let filled = try allocated(raw, "avcodec_parameters_alloc", on: subject)
        return try CodecParameters(
            copying: filled, timeBase: spx_rational(1, Int32(clamping: sampleRate)), subject: subject)
    }

    /// The samples of one packet, channels interleaved.
    func decode(_ packet: Packet) throws(FFmpegError) -> [Float] {
        try check(avcodec_send_packet(decoder, packet.pointer), "avcodec_send_packet", on: subject)
        var samples: [Float] = []
        while true {
            let status = avcodec_receive_frame(decoder, decoded)
            if status == spx_error_again || status == spx_error_eof { return samples }
            try check(status, "avcodec_receive_frame", on: subject)
            guard let decoded, decoded.pointee.nb_samples > 0,
                Int(decoded.pointee.ch_layout.nb_channels) == channels
            else { continue }
            let count = Int(decoded.pointee.nb_samples)
            var converted: Int32 = 0
            let chunk = [Float](unsafeUninitializedCapacity: count * channels) { buffer, initialized in
                converted = spx_resample(converter, buffer.baseAddress, Int32(clamping: count), decoded)
                initialized = Int(max(0, converted)) * channels
            }
            try check(converted, "swr_convert", on: subject)
            samples += chunk
        }
    }

    /// - Parameter samples: one frame's at most, channels interleaved; silence is added where they are fewer.
    func encode(_ samples: ArraySlice<Float>, atSample start: Int64) throws(FFmpegError) -> [Packet] {
        guard let frame else { return [] }
        try check(av_frame_make_writable(frame), "av_frame_make_writable", on: subject)
        for channel in 0..<channels {
            guard let plane = frame.pointee.extended_data?[channel] else { continue }
            let target = UnsafeMutableRawPointer(plane).assumingMemoryBound(to: Float.self)
            for index in 0..<frameSize {
                let source = samples.startIndex + index * channels + channel
                target[index] = samples.indices.contains(source) ? samples[source] : 0
            }
        }
        frame.pointee.pts = start
        try check(avcodec_send_frame(encoder, frame), "avcodec_send_frame", on: subject)
        return try drain()
    }

    func finish() throws(FFmpegError) -> [Packet] {
        try check(avcodec_send_frame(encoder, nil), "avcodec_send_frame", on: subject)
        return try drain()
    }

    private func drain() throws(FFmpegError) -> [Packet] {
        guard let encoder, let scratch else { return [] }
        var packets: [Packet] = []
        while true {
            let status = avcodec_receive_packet(encoder, scratch)
            if status == spx_error_again || status == spx_error_eof { return packets }
            try check(status, "avcodec_receive_packet", on: subject)
            packets.append(try Packet(moving: scratch, timeBase: encoder.pointee.time_base, subject: subject))
        }
    }
}
