internal import CFFmpeg

/// Writes compressed packets into a container file.
///
/// Blocks on the disk: use it on a thread of its own, one at a time.
package struct Muxer: ~Copyable {
    package let subject: String
    private let context: UnsafeMutablePointer<AVFormatContext>
    private let scratch: UnsafeMutablePointer<AVPacket>
    private var isFinished = false

    /// Creates the file, replacing what is there, and writes its header.
    ///
    /// - Parameters:
    ///   - format: libav's name of the container; nil to go by the file's name.
    ///   - streams: what packets will come; their order is the index that `write` takes.
    ///   - options: options of the container, e.g. `movflags: faststart`.
    package init(path: String, format: String? = nil, streams: [CodecParameters], options: [String: String] = [:])
        throws(FFmpegError)
    {
        LibraryLog.install()
        var context: UnsafeMutablePointer<AVFormatContext>?
        try check(
            avformat_alloc_output_context2(&context, nil, format, path), "avformat_alloc_output_context2", on: path)
        let output = try allocated(context, "avformat_alloc_output_context2", on: path)
        do throws(FFmpegError) {
            for parameters in streams {
                let stream = try allocated(avformat_new_stream(output, nil), "avformat_new_stream", on: path)
                try check(
                    avcodec_parameters_copy(stream.pointee.codecpar, parameters.pointer), "avcodec_parameters_copy",
                    on: path)
                stream.pointee.codecpar.pointee.codec_tag = 0
                stream.pointee.time_base = parameters.timeBase
            }
            try check(avio_open(&output.pointee.pb, path, spx_io_write), "avio_open", on: path)
            var values = Dictionary(options)
            defer { values.free() }
            try check(avformat_write_header(output, &values.pointer), "avformat_write_header", on: path)
            scratch = try allocated(av_packet_alloc(), "av_packet_alloc", on: path)
        } catch {
            avio_closep(&output.pointee.pb)
            avformat_free_context(output)
            throw error
        }
        self.context = output
        subject = path
    }

    deinit {
        var packet: UnsafeMutablePointer<AVPacket>? = scratch
        av_packet_free(&packet)
        avio_closep(&context.pointee.pb)
        avformat_free_context(context)
    }

    /// Writes one packet; times are taken over from the packet.
    package mutating func write(_ packet: Packet, stream index: Int) throws(FFmpegError) {
        guard index >= 0, index < Int(context.pointee.nb_streams), let stream = context.pointee.streams[index] else {
            throw FFmpegError(
                .other, call: "av_interleaved_write_frame", subject: subject, reason: "no stream \(index)")
        }
        av_packet_unref(scratch)
        try check(av_packet_ref(scratch, packet.pointer), "av_packet_ref", on: subject)
        scratch.pointee.stream_index = Int32(clamping: index)
        av_packet_rescale_ts(scratch, packet.timeBase, stream.pointee.time_base)
        try check(av_interleaved_write_frame(context, scratch), "av_interleaved_write_frame", on: subject)
    }

    /// Writes the index and closes the file. Without it the file is not complete.
    package mutating func finish() throws(FFmpegError) {
        guard !isFinished else { return }
        isFinished = true
        try check(av_write_trailer(context), "av_write_trailer", on: subject)
        try check(avio_closep(&context.pointee.pb), "avio_closep", on: subject)
    }
}
