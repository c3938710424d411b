private import Domain
package import FFmpeg

/// Places a camera's packets on the timeline of one clip or live MP4, which starts at 0 with the clip's first picture.
///
/// As long as a stream's times behave, the distances between its packets are exactly the stream's own, in its own ticks.
package struct ClipTimes: Sendable {
    private struct Stream: Sendable {
        /// Add this to the stream's ticks.
        var shift: Int64
        var offsetSeconds: Double
        var lastDecode: Int64?
        /// Ticks between the latest two packets.
        var interval: Int64
    }

    /// The start of the clip on the camera's timeline.
    package let originSeconds: Double
    private var streams: [Int: Stream] = [:]

    /// - Parameter first: the video key frame that the clip starts with.
    package init(startingWith first: CameraPacket) {
        let packet = first.packet
        guard let ticks = packet.decodeTicks else {
            originSeconds = first.decodeTime.seconds
            return
        }
        originSeconds = Double(ticks) / packet.ticksPerSecond + first.offsetSeconds
        streams[first.stream.index] = Stream(
            shift: 0 &- ticks, offsetSeconds: first.offsetSeconds, interval: Self.usualInterval(first))
    }

    /// - Returns: nil for what comes before the clip's first picture.
    package mutating func place(_ packet: CameraPacket) -> Muxer.Times? {
        let rate = packet.packet.ticksPerSecond
        var stream =
            streams[packet.stream.index]
            ?? Stream(
                shift: Int64(ticks: (packet.offsetSeconds - originSeconds) * rate), offsetSeconds: packet.offsetSeconds,
                interval: Self.usualInterval(packet))
        if stream.offsetSeconds != packet.offsetSeconds {
            stream.shift &+= Int64(ticks: (packet.offsetSeconds - stream.offsetSeconds) * rate)
            stream.offsetSeconds = packet.offsetSeconds
        }
        let wanted =
            packet.packet.decodeTicks.map { $0 &+ stream.shift }
            ?? Int64(ticks: (packet.decodeTime.seconds - originSeconds) * rate)
        let decode = max(wanted, stream.lastDecode.map { $0 &+ 1 } ?? wanted)
        guard decode >= 0 else { return nil }
        if let last = stream.lastDecode, decode > last { stream.interval = decode - last }
        stream.lastDecode = decode
        streams[packet.stream.index] = stream
        let presentation = packet.packet.presentationTicks.map { $0 &+ stream.shift } ?? decode
        let duration = packet.packet.durationTicks
        return Muxer.Times(
            decode: decode, presentation: max(presentation, decode),
            duration: duration > 0 ? duration : min(stream.interval, Int64(ticks: rate)))
    }

    /// What a packet lasts before there is a second one to tell.
    private static func usualInterval(_ packet: CameraPacket) -> Int64 {
        let rate = packet.packet.ticksPerSecond
        return packet.isVideo ? Int64(ticks: rate / (packet.stream.frameRate ?? 25)) : Int64(ticks: rate / 50)
    }
}
