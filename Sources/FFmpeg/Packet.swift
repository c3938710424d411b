internal import CFFmpeg
package import Domain

/// One compressed packet: for video, one access unit.
///
/// Owns a reference to the bytes, counted by libav; never changed after it was made, so it may travel between threads.
package final class Packet: @unchecked Sendable {
    // Safe: written only in `init`, read-only afterwards; libav's reference counts are atomic.
    let pointer: UnsafeMutablePointer<AVPacket>
    /// Ticks a second of `pts` and `dts` are `timeBaseDenominator / timeBaseNumerator`.
    let timeBase: AVRational

    /// Takes over the reference that `source` holds; `source` is blank afterwards.
    init(moving source: UnsafeMutablePointer<AVPacket>, timeBase: AVRational, subject: String) throws(FFmpegError) {
        pointer = try allocated(av_packet_alloc(), "av_packet_alloc", on: subject)
        self.timeBase = timeBase
        av_packet_move_ref(pointer, source)
    }

    /// A copy of somebody's bytes.
    ///
    /// - Parameters:
    ///   - presentationTicks, decodeTicks: of the clock of `stream`.
    package init(
        copying bytes: [UInt8], stream: StreamInfo, presentationTicks: Int64?, decodeTicks: Int64?,
        isKeyFrame: Bool
    ) throws(FFmpegError) {
        let subject = "\(stream.codec) packet"
        var made: UnsafeMutablePointer<AVPacket>? = try allocated(av_packet_alloc(), "av_packet_alloc", on: subject)
        let status = av_new_packet(made, Int32(clamping: bytes.count))
        guard status >= 0, let packet = made else {
            av_packet_free(&made)
            throw FFmpegError(status: status, call: "av_new_packet", subject: subject)
        }
        bytes.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { packet.pointee.data.update(from: start, count: source.count) }
        }
        packet.pointee.stream_index = Int32(clamping: stream.index)
        packet.pointee.pts = presentationTicks ?? spx_nopts
        packet.pointee.dts = decodeTicks ?? spx_nopts
        packet.pointee.flags = isKeyFrame ? spx_packet_key : 0
        pointer = packet
        timeBase = stream.parameters.timeBase
    }

    deinit {
        var packet: UnsafeMutablePointer<AVPacket>? = pointer
        av_packet_free(&packet)
    }

    /// Index of the stream in its source.
    package var streamIndex: Int { Int(pointer.pointee.stream_index) }
    /// Whether decoding can begin here.
    package var isKeyFrame: Bool { pointer.pointee.flags & spx_packet_key != 0 }
    /// Whether the demuxer saw that something of it is missing.
    package var isDamaged: Bool { pointer.pointee.flags & spx_packet_corrupt != 0 }
    /// Bytes of payload.
    package var size: Int { Int(max(0, pointer.pointee.size)) }

    /// When to show it, on the source's own timeline; nil when the source does not say.
    package var presentationTime: MediaTime? { time(pointer.pointee.pts) }
    /// When to decode it, on the source's own timeline; nil when the source does not say.
    package var decodeTime: MediaTime? { time(pointer.pointee.dts) }
    /// Ticks of the packet's own time base, as the next three count.
    package var ticksPerSecond: Double {
        timeBase.num > 0 && timeBase.den > 0 ? Double(timeBase.den) / Double(timeBase.num) : 90_000
    }
    /// When to decode it, in ticks; nil when the source does not say.
    package var decodeTicks: Int64? { ticks(pointer.pointee.dts) }
    /// When to show it, in ticks; nil when the source does not say.
    package var presentationTicks: Int64? { ticks(pointer.pointee.pts) }
    /// In ticks; 0 when unknown.
    package var durationTicks: Int64 { max(0, pointer.pointee.duration) }

    /// Seconds; nil when unknown.
    package var durationSeconds: Double? {
        let duration = pointer.pointee.duration
        return duration > 0 ? Double(duration) * av_q2d(timeBase) : nil
    }

    /// The payload, valid only inside `body`.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: pointer.pointee.data, count: size))
    }

    private func ticks(_ ticks: Int64) -> Int64? { ticks == spx_nopts ? nil : ticks }

    private func time(_ ticks: Int64) -> MediaTime? {
        guard ticks != spx_nopts, timeBase.num > 0, timeBase.den > 0 else { return nil }
        if timeBase.num == 1 { return MediaTime(ticks: ticks, clockRate: timeBase.den) }
        return MediaTime(seconds: Double(ticks) * av_q2d(timeBase))
    }
}
