internal import CFFmpeg
private import Dispatch

/// Gives packets of a format that has no times of its own the time of their arrival.
struct ArrivalStamp {
    /// What the stamps count in.
    static var timeBase: AVRational { spx_rational(1, 90_000) }

    /// nil for a format that has times.
    init?(for context: UnsafeMutablePointer<AVFormatContext>) {
        guard let format = context.pointee.iformat else { return nil }
        // libav's MJPEG over HTTP has none either, but does not say so.
        let isMultipart = format.pointee.name.map { String(cString: $0) } == "mpjpeg"
        guard isMultipart || format.pointee.flags & spx_format_no_timestamps != 0 else { return nil }
    }

    func stamp(_ packet: UnsafeMutablePointer<AVPacket>, of stream: UnsafeMutablePointer<AVStream>) {
        let ticks = Int64(clamping: DispatchTime.now().uptimeNanoseconds / 1000 * 9 / 100)
        packet.pointee.dts = ticks
        // Where pictures are shown in another order than they are sent, the decoder has to find out when.
        let properties = avcodec_descriptor_get(stream.pointee.codecpar.pointee.codec_id)?.pointee.props ?? 0
        packet.pointee.pts = properties & spx_codec_intra_only != 0 ? ticks : spx_nopts
        packet.pointee.duration = 0
    }
}
