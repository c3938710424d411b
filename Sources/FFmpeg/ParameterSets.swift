internal import CFFmpeg

/// The parameter sets (SPS, PPS, VPS and their like in other codecs) that a stream carries among its pictures.
package enum ParameterSets {
    /// Those in front of one key frame, as set-up data for a decoder or a container (Annex B for H.264 and H.265).
    ///
    /// - Returns: nil when there are none, or when packets of this codec never carry any.
    package static func inside(_ packet: Packet, of parameters: CodecParameters) throws(FFmpegError) -> [UInt8]? {
        let subject = "parameter sets"
        guard let filter = av_bsf_get_by_name("extract_extradata") else { return nil }
        guard isSupported(parameters.pointer.pointee.codec_id, by: filter) else { return nil }
        var context: UnsafeMutablePointer<AVBSFContext>?
        try check(av_bsf_alloc(filter, &context), "av_bsf_alloc", on: subject)
        defer { av_bsf_free(&context) }
        let made = try allocated(context, "av_bsf_alloc", on: subject)
        try check(
            avcodec_parameters_copy(made.pointee.par_in, parameters.pointer), "avcodec_parameters_copy", on: subject)
        try check(av_bsf_init(made), "av_bsf_init", on: subject)
        var scratch: UnsafeMutablePointer<AVPacket>? = try allocated(av_packet_alloc(), "av_packet_alloc", on: subject)
        defer { av_packet_free(&scratch) }
        try check(av_packet_ref(scratch, packet.pointer), "av_packet_ref", on: subject)
        try check(av_bsf_send_packet(made, scratch), "av_bsf_send_packet", on: subject)
        try check(av_bsf_receive_packet(made, scratch), "av_bsf_receive_packet", on: subject)
        var size = 0
        guard let bytes = av_packet_get_side_data(scratch, AV_PKT_DATA_NEW_EXTRADATA, &size), size > 0 else {
            return nil
        }
        return Array(UnsafeBufferPointer(start: bytes, count: size))
    }

    /// What a container's header is to say of a video stream that starts with this key frame: its own parameter sets go before
    /// those that the stream was announced with.
    package static func header(of stream: StreamInfo, first: Packet) throws(FFmpegError) -> CodecParameters {
        // Parameter sets in MP4's own form come with packets in that form.
        if stream.parameters.extradata.first == 1 { return stream.parameters }
        guard let own = try inside(first, of: stream.parameters) else { return stream.parameters }
        return try stream.parameters.replacingExtradata(own)
    }

    /// The sequence parameter sets in set-up data with start codes (Annex B) of H.264 or H.265: what tells the picture size
    /// and how to decode it. Empty for other codecs.
    package static func sequences(in bytes: [UInt8], codec: String) -> Set<[UInt8]> {
        var found: Set<[UInt8]> = []
        var unit: [UInt8] = []
        var zeros = 0
        func end() {
            let isSequence =
                switch codec {
                case "h264": (unit.first ?? 0) & 0x1F == 7
                case "hevc": (unit.first ?? 0) >> 1 & 0x3F == 33
                default: false
                }
            if isSequence { found.insert(unit) }
            unit = []
        }
        for byte in bytes {
            if byte == 1, zeros >= 2 {
                unit.removeLast(min(zeros, unit.count))
                end()
                zeros = 0
                continue
            }
            zeros = byte == 0 ? zeros + 1 : 0
            unit.append(byte)
        }
        unit.removeLast(min(zeros, unit.count))
        end()
        return found
    }

    private static func isSupported(_ codec: AVCodecID, by filter: UnsafePointer<AVBitStreamFilter>) -> Bool {
        guard var candidate = filter.pointee.codec_ids else { return false }
        while candidate.pointee != AV_CODEC_ID_NONE {
            if candidate.pointee == codec { return true }
            candidate += 1
        }
        return false
    }
}
