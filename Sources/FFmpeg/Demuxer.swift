internal import CFFmpeg
private import Foundation

/// Reads compressed packets from a URL, a file or a device.
///
/// Blocks: create it, use it and let it go on one thread of its own, never on the cooperative pool. `Interrupt.cancel`
/// ends a blocked call from any other thread within 0.2 s.
package struct Demuxer: ~Copyable {
    package struct Options: Sendable {
        /// libav's name of the input format (`v4l2`, `mpjpeg`); nil to find out.
        package var format: String?
        /// Options of the protocol and the format, e.g. `rtsp_transport: tcp`.
        package var values: [String: String] = [:]
        package var openTimeoutSeconds = 15.0
        /// How long a source may stay silent.
        package var readTimeoutSeconds = 10.0
        /// The same for HLS, where nothing comes before the next segment is complete.
        package var segmentTimeoutSeconds = 30.0
        /// For live sources: packets of a format without times of its own (MJPEG over HTTP, bare H.264) are stamped with
        /// their arrival on a monotonic clock. Otherwise libav makes times up, 25 frames a second for want of better.
        package var stampsByArrival = false
        /// Whether to read, and even decode, some packets to find out what the header leaves open. MP4 leaves nothing open.
        package var probesPackets = true

        package init() {}
    }

    /// The source without its secrets, for messages.
    package let subject: String
    /// All streams, by index.
    package let streams: [StreamInfo]
    /// e.g. `rtsp` or `mov,mp4,m4a,3gp,3g2,mj2`.
    package let formatName: String
    /// Seconds; nil when live or unknown.
    package let durationSeconds: Double?

    private let context: UnsafeMutablePointer<AVFormatContext>
    private let scratch: UnsafeMutablePointer<AVPacket>
    private let interrupt: Interrupt
    private let reader: FeedReader?
    private let readTimeoutSeconds: Double
    /// nil where packets have the stream's own times.
    private let arrivalStamp: ArrivalStamp?

    /// Opens a source and finds out what is in it.
    ///
    /// - Parameters:
    ///   - url: as libav takes it, credentials included.
    ///   - subject: the same without secrets.
    package init(url: String, subject: String, options: Options = Options(), interrupt: Interrupt)
        throws(FFmpegError)
    {
        let context = try Self.open(url: url, reader: nil, subject: subject, options: options, interrupt: interrupt)
        try self.init(context, reader: nil, subject: subject, options: options, interrupt: interrupt)
    }

    /// Takes RTP packets from `feed` and finds out what is in them.
    ///
    /// - Parameter description: the session's SDP, with just the media whose packets will come.
    package init(
        description: String, feed: any RTPFeed, subject: String, options: Options = Options(), interrupt: Interrupt
    ) throws(FFmpegError) {
        var options = options
        options.format = "sdp"
        options.values["sdp_flags"] = "custom_io"
        // Packets come in order, over TCP.
        options.values["reorder_queue_size"] = "0"
        let reader = FeedReader(feed, description: description)
        let io = try reader.makeContext(subject: subject)
        let context: UnsafeMutablePointer<AVFormatContext>
        do throws(FFmpegError) {
            context = try Self.open(url: "", reader: io, subject: subject, options: options, interrupt: interrupt)
        } catch {
            spx_packet_reader_free(io)
            throw error
        }
        reader.beginPackets(io)
        try self.init(context, reader: reader, subject: subject, options: options, interrupt: interrupt)
    }

    /// Takes over an opened context.
    private init(
        _ context: UnsafeMutablePointer<AVFormatContext>, reader: FeedReader?, subject: String, options: Options,
        interrupt: Interrupt
    ) throws(FFmpegError) {
        let streams: [StreamInfo]
        let scratch: UnsafeMutablePointer<AVPacket>
        let arrivalStamp: ArrivalStamp?
        do throws(FFmpegError) {
            if options.probesPackets {
                try Self.findStreamInfo(context, subject: subject, options: options, interrupt: interrupt)
            }
            arrivalStamp = options.stampsByArrival ? ArrivalStamp(for: context) : nil
            streams = try Self.describeStreams(
                of: context, timeBase: arrivalStamp.map { _ in ArrivalStamp.timeBase }, subject: subject)
            scratch = try allocated(av_packet_alloc(), "av_packet_alloc", on: subject)
        } catch {
            Self.close(context, reader: reader)
            throw reader?.failure ?? error
        }
        self.subject = subject
        self.streams = streams
        self.context = context
        self.scratch = scratch
        self.interrupt = interrupt
        self.reader = reader
        self.arrivalStamp = arrivalStamp
        formatName = context.pointee.iformat.flatMap { $0.pointee.name }.map { String(cString: $0) } ?? "unknown"
        readTimeoutSeconds = formatName == "hls" ? options.segmentTimeoutSeconds : options.readTimeoutSeconds
        let duration = context.pointee.duration
        durationSeconds = duration > 0 ? Double(duration) / Double(AV_TIME_BASE) : nil
    }

    deinit {
        var packet: UnsafeMutablePointer<AVPacket>? = scratch
        av_packet_free(&packet)
        Self.close(context, reader: reader)
        withExtendedLifetime(interrupt) {}
    }

    /// A text that the container holds under a name, e.g. `comment`.
    package func metadata(_ name: String) -> String? {
        guard let entry = av_dict_get(context.pointee.metadata, name, nil, 0), let value = entry.pointee.value else {
            return nil
        }
        return String(cString: value)
    }

    /// The stream that pictures come from: libav's choice of the best; nil when there is no video.
    package var bestVideoStream: StreamInfo? {
        let index = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
        return streams.first { $0.index == Int(index) }
    }

    /// Whether it is one picture instead of a video.
    package var isStillPicture: Bool {
        formatName == "image2" || (formatName.hasSuffix("_pipe") && formatName != "yuv4mpegpipe")
    }

    /// The next packet of any stream; nil at the end of the source.
    package mutating func next() throws(FFmpegError) -> Packet? {
        let status = try interrupt.limited(toSeconds: readTimeoutSeconds) { () throws(FFmpegError) in
            let status = av_read_frame(context, scratch)
            // HLS takes an interruption for the end of the stream.
            if status < 0, status != spx_error_eof || interrupt.hasInterrupted {
                let error = FFmpegError(status: status, call: "av_read_frame", subject: subject)
                throw interrupt.explain(reader?.failure ?? error, limitSeconds: readTimeoutSeconds)
            }
            return status
        }
        if status == spx_error_eof { return nil }
        let index = Int(scratch.pointee.stream_index)
        // A source may announce a stream while it plays; libav appends it to the list.
        guard index >= 0, index < Int(context.pointee.nb_streams), let stream = context.pointee.streams[index] else {
            av_packet_unref(scratch)
            throw FFmpegError(.invalidData, call: "av_read_frame", subject: subject, reason: "a packet of no stream")
        }
        arrivalStamp?.stamp(scratch, of: stream)
        let timeBase = arrivalStamp == nil ? stream.pointee.time_base : ArrivalStamp.timeBase
        return try Packet(moving: scratch, timeBase: timeBase, subject: subject)
    }

    /// Goes back to the first key frame, for looping files.
    package mutating func rewind() throws(FFmpegError) {
        let start = context.pointee.start_time == spx_nopts ? 0 : context.pointee.start_time
        try check(av_seek_frame(context, -1, start, spx_seek_backward), "av_seek_frame", on: subject)
    }
}

extension Demuxer {
    /// - Parameter reader: what to read from instead of opening `url`; stays the caller's.
    private static func open(
        url: String, reader: UnsafeMutablePointer<AVIOContext>?, subject: String, options: Options, interrupt: Interrupt
    ) throws(FFmpegError) -> UnsafeMutablePointer<AVFormatContext> {
        LibraryLog.install()
        var context: UnsafeMutablePointer<AVFormatContext>? =
            try allocated(avformat_alloc_context(), "avformat_alloc_context", on: subject)
        if let context { interrupt.install(in: context) }
        context?.pointee.pb = reader
        var format: UnsafePointer<AVInputFormat>?
        if let name = options.format {
            avdevice_register_all()
            format = av_find_input_format(name)
            guard format != nil else {
                avformat_free_context(context)
                throw FFmpegError(
                    .other, call: "av_find_input_format", subject: subject,
                    reason: "this FFmpeg has no input format \(name)")
            }
        }
        var values = Dictionary(options.values)
        defer { values.free() }
        // avformat_open_input frees the context when it fails.
        try interrupt.limited(toSeconds: options.openTimeoutSeconds) { () throws(FFmpegError) in
            let status = avformat_open_input(&context, url, format, &values.pointer)
            guard status >= 0 else {
                let error = FFmpegError(status: status, call: "avformat_open_input", subject: subject)
                throw interrupt.explain(error, limitSeconds: options.openTimeoutSeconds)
            }
        }
        return try allocated(context, "avformat_open_input", on: subject)
    }

    private static func close(_ context: UnsafeMutablePointer<AVFormatContext>, reader: FeedReader?) {
        let io = reader == nil ? nil : context.pointee.pb
        var context: UnsafeMutablePointer<AVFormatContext>? = context
        avformat_close_input(&context)
        // libav leaves a context that we gave it to us.
        spx_packet_reader_free(io)
        withExtendedLifetime(reader) {}
    }

    private static func findStreamInfo(
        _ context: UnsafeMutablePointer<AVFormatContext>, subject: String, options: Options, interrupt: Interrupt
    ) throws(FFmpegError) {
        try interrupt.limited(toSeconds: options.openTimeoutSeconds) { () throws(FFmpegError) in
            let status = avformat_find_stream_info(context, nil)
            guard status >= 0 && !interrupt.isCancelled else {
                let error = FFmpegError(status: min(status, -1), call: "avformat_find_stream_info", subject: subject)
                throw interrupt.explain(error, limitSeconds: options.openTimeoutSeconds)
            }
        }
    }

    /// - Parameter timeBase: what packets' times are in, where it is not the streams' own.
    private static func describeStreams(
        of context: UnsafeMutablePointer<AVFormatContext>, timeBase: AVRational?, subject: String
    ) throws(FFmpegError) -> [StreamInfo] {
        var streams: [StreamInfo] = []
        for index in 0..<Int(context.pointee.nb_streams) {
            guard let stream = context.pointee.streams[index] else { continue }
            streams.append(try StreamInfo(stream, timeBase: timeBase ?? stream.pointee.time_base, subject: subject))
        }
        return streams
    }
}

/// libav's list of named options; to be freed by hand.
struct Dictionary {
    var pointer: OpaquePointer?

    init(_ values: [String: String]) {
        for (key, value) in values {
            av_dict_set(&pointer, key, value, 0)
        }
    }

    mutating func free() {
        av_dict_free(&pointer)
    }
}
