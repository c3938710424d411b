internal import CFFmpeg

/// Where a muxer's bytes go, in order and without seeking back.
package protocol MuxerOutput: AnyObject {
    /// Takes all of `bytes`, valid only inside the call, or throws.
    ///
    /// - Throws: the reason, as an `errno` value.
    func write(_ bytes: UnsafeRawBufferPointer) throws(MuxerOutputError)
}

/// Why an output did not take what was written: an `errno` value.
package struct MuxerOutputError: Error, Hashable, Sendable {
    package let number: Int32

    package init(number: Int32) {
        self.number = number
    }
}

/// Writes compressed packets into a container.
///
/// Blocks on the disk: use it on a thread of its own, one at a time.
package struct Muxer: ~Copyable {
    /// When a packet is decoded and shown, and for how long, in ticks of the packet's own time base.
    package struct Times: Hashable, Sendable {
        package var decode: Int64
        /// Not before `decode`.
        package var presentation: Int64
        package var duration: Int64

        package init(decode: Int64, presentation: Int64, duration: Int64) {
            self.decode = decode
            self.presentation = presentation
            self.duration = duration
        }
    }

    /// What is written at once: larger than most fragments of a clip.
    private static let bufferSize: Int32 = 256 << 10

    package let subject: String
    private let context: UnsafeMutablePointer<AVFormatContext>
    private let scratch: UnsafeMutablePointer<AVPacket>
    private let output: OutputWriter?
    private var isFinished = false

    /// Creates the file, replacing what is there, and writes its header.
    ///
    /// - Parameters:
    ///   - format: libav's name of the container; nil to go by the file's name.
    ///   - streams: what packets will come; their order is the index that `write` takes.
    ///   - options: options of the container, e.g. `movflags: faststart`.
    ///   - metadata: texts to keep in the container, by libav's names.
    package init(
        path: String, format: String? = nil, streams: [CodecParameters], options: [String: String] = [:],
        metadata: [String: String] = [:]
    ) throws(FFmpegError) {
        let context = try Self.makeContext(path: path, format: format, streams: streams, metadata: metadata)
        do throws(FFmpegError) {
            try check(avio_open(&context.pointee.pb, path, spx_io_write), "avio_open", on: path)
            scratch = try Self.begin(context, options: options, subject: path)
        } catch {
            avio_closep(&context.pointee.pb)
            avformat_free_context(context)
            throw error
        }
        self.context = context
        output = nil
        subject = path
    }

    /// Writes the header into `output`.
    ///
    /// - Parameter subject: what to call the output in messages.
    package init(
        output: any MuxerOutput, subject: String, format: String, streams: [CodecParameters],
        options: [String: String] = [:], metadata: [String: String] = [:]
    ) throws(FFmpegError) {
        let context = try Self.makeContext(path: nil, format: format, streams: streams, metadata: metadata)
        let writer = OutputWriter(output)
        do throws(FFmpegError) {
            context.pointee.pb = try allocated(
                spx_writer(Self.bufferSize, Unmanaged.passUnretained(writer).toOpaque(), writeCallback),
                "avio_alloc_context", on: subject)
            scratch = try Self.begin(context, options: options, subject: subject)
        } catch {
            spx_packet_reader_free(context.pointee.pb)
            avformat_free_context(context)
            throw writer.explain(error, subject: subject)
        }
        self.context = context
        self.output = writer
        self.subject = subject
    }

    deinit {
        var packet: UnsafeMutablePointer<AVPacket>? = scratch
        av_packet_free(&packet)
        if output == nil { avio_closep(&context.pointee.pb) } else { spx_packet_reader_free(context.pointee.pb) }
        avformat_free_context(context)
        withExtendedLifetime(output) {}
    }

    /// Writes one packet among those of other streams, ordered by time; times are taken over from the packet.
    package mutating func write(_ packet: Packet, stream index: Int) throws(FFmpegError) {
        let stream = try prepare(packet, stream: index, call: "av_interleaved_write_frame")
        av_packet_rescale_ts(scratch, packet.timeBase, stream.pointee.time_base)
        try checkWrite(av_interleaved_write_frame(context, scratch), "av_interleaved_write_frame")
    }

    /// Writes one packet at once, in the order of the calls, with times of the caller's. Within a stream decode times rise.
    ///
    /// - Parameter skipped: bytes at its beginning to leave out.
    package mutating func write(_ packet: Packet, stream index: Int, times: Times, skipping skipped: Int = 0)
        throws(FFmpegError)
    {
        let stream = try prepare(packet, stream: index, call: "av_write_frame")
        let skipped = Int32(clamping: min(max(0, skipped), packet.size))
        scratch.pointee.data = scratch.pointee.data.map { $0 + Int(skipped) }
        scratch.pointee.size -= skipped
        scratch.pointee.dts = times.decode
        scratch.pointee.pts = times.presentation
        scratch.pointee.duration = times.duration
        av_packet_rescale_ts(scratch, packet.timeBase, stream.pointee.time_base)
        try checkWrite(av_write_frame(context, scratch), "av_write_frame")
    }

    /// Ends the fragment and hands it over, where the container's options leave that to the caller (`frag_custom`).
    package mutating func endFragment() throws(FFmpegError) {
        try checkWrite(av_write_frame(context, nil), "av_write_frame")
        avio_flush(context.pointee.pb)
        try checkWrite(context.pointee.pb?.pointee.error ?? 0, "avio_flush")
    }

    /// Writes what is still held back, the index where the container has one, and closes the file. Without it the file is
    /// not complete.
    package mutating func finish() throws(FFmpegError) {
        guard !isFinished else { return }
        isFinished = true
        try checkWrite(av_write_trailer(context), "av_write_trailer")
        if output == nil {
            try check(avio_closep(&context.pointee.pb), "avio_closep", on: subject)
        } else {
            avio_flush(context.pointee.pb)
            try checkWrite(context.pointee.pb?.pointee.error ?? 0, "avio_flush")
        }
    }

    private func prepare(_ packet: Packet, stream index: Int, call: String)
        throws(FFmpegError) -> UnsafeMutablePointer<AVStream>
    {
        guard index >= 0, index < Int(context.pointee.nb_streams), let stream = context.pointee.streams[index] else {
            throw FFmpegError(.other, call: call, subject: subject, reason: "no stream \(index)")
        }
        av_packet_unref(scratch)
        try check(av_packet_ref(scratch, packet.pointer), "av_packet_ref", on: subject)
        scratch.pointee.stream_index = Int32(clamping: index)
        return stream
    }

    private func checkWrite(_ status: Int32, _ call: String) throws(FFmpegError) {
        do throws(FFmpegError) {
            try check(status, call, on: subject)
        } catch {
            throw output?.explain(error, subject: subject) ?? error
        }
        if let failure = output?.failure {
            throw FFmpegError(status: -failure, call: "write", subject: subject)
        }
    }
}

extension Muxer {
    private static func makeContext(
        path: String?, format: String?, streams: [CodecParameters], metadata: [String: String]
    ) throws(FFmpegError) -> UnsafeMutablePointer<AVFormatContext> {
        LibraryLog.install()
        let subject = path ?? format ?? ""
        var made: UnsafeMutablePointer<AVFormatContext>?
        let status = avformat_alloc_output_context2(&made, nil, format, path)
        if status == spx_error_argument, format == nil {
            throw FFmpegError(
                .other, call: "avformat_alloc_output_context2", subject: subject,
                reason: "the name tells no container that this FFmpeg writes; .mp4 and .mkv do")
        }
        try check(status, "avformat_alloc_output_context2", on: subject)
        let context = try allocated(made, "avformat_alloc_output_context2", on: subject)
        do throws(FFmpegError) {
            for parameters in streams {
                let stream = try allocated(avformat_new_stream(context, nil), "avformat_new_stream", on: subject)
                try check(
                    avcodec_parameters_copy(stream.pointee.codecpar, parameters.pointer), "avcodec_parameters_copy",
                    on: subject)
                // Browsers play H.265 only under the tag that says that its parameter sets are in the header.
                let isHEVC = parameters.pointer.pointee.codec_id == AV_CODEC_ID_HEVC
                stream.pointee.codecpar.pointee.codec_tag = isHEVC && Self.isMP4(context) ? spx_tag_hvc1 : 0
                stream.pointee.time_base = parameters.timeBase
            }
        } catch {
            avformat_free_context(context)
            throw error
        }
        for (name, value) in metadata {
            av_dict_set(&context.pointee.metadata, name, value, 0)
        }
        return context
    }

    private static func isMP4(_ context: UnsafeMutablePointer<AVFormatContext>) -> Bool {
        let name = context.pointee.oformat.flatMap { $0.pointee.name }.map { String(cString: $0) }
        return name == "mp4" || name == "mov"
    }

    private static func begin(
        _ context: UnsafeMutablePointer<AVFormatContext>, options: [String: String], subject: String
    ) throws(FFmpegError) -> UnsafeMutablePointer<AVPacket> {
        var values = Dictionary(options)
        defer { values.free() }
        try check(avformat_write_header(context, &values.pointer), "avformat_write_header", on: subject)
        return try allocated(av_packet_alloc(), "av_packet_alloc", on: subject)
    }
}

/// What libav's callback reaches an output through; keeps the first reason why it failed.
private final class OutputWriter {
    private let output: any MuxerOutput
    private(set) var failure: Int32?

    init(_ output: any MuxerOutput) {
        self.output = output
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        if let failure { return -failure }
        do throws(MuxerOutputError) {
            try output.write(bytes)
            return Int32(clamping: bytes.count)
        } catch {
            failure = max(1, error.number)
            return -max(1, error.number)
        }
    }

    /// libav reports the same failure under several calls: ours is the write.
    func explain(_ error: FFmpegError, subject: String) -> FFmpegError {
        failure.map { FFmpegError(status: -$0, call: "write", subject: subject) } ?? error
    }
}

private nonisolated func write(
    _ opaque: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ count: Int32
) -> Int32 {
    guard let opaque, let bytes, count > 0 else { return 0 }
    let writer = Unmanaged<OutputWriter>.fromOpaque(opaque).takeUnretainedValue()
    return writer.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
}

// The type of the bytes changed to `const` in libavformat 61; this closure fits both.
private let writeCallback: spx_write_function = { opaque, bytes, count in write(opaque, bytes, count) }
