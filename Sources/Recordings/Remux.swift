internal import FFmpeg

/// Makes a normal MP4, with its index in front, of a fragmented one: every packet as it is.
enum Remux {
    struct Outcome: Hashable, Sendable {
        var videoPackets = 0
        /// Media duration of the new file.
        var durationSeconds = 0.0
    }

    /// One stream on its way. A packet is held back until the next one tells how long it lasts.
    fileprivate struct Track {
        let stream: StreamInfo
        var held: Packet?
        var interval: Int64
        var count = 0

        init(_ stream: StreamInfo) {
            self.stream = stream
            interval = 0
        }
    }

    /// - Throws: `FFmpegError`, or `RecordingError` when the new file does not hold what the old one does.
    static func run(from part: String, to target: String, metadata: [String: String]) throws -> Outcome {
        var demuxer = try open(part)
        var tracks = demuxer.streams.filter { $0.kind == .video || $0.kind == .audio }.map { Track($0) }
        guard tracks.contains(where: { $0.stream.kind == .video }) else {
            throw RecordingError(.damaged, subject: part, reason: "there is no video in it")
        }
        // Its end is where the file is closed.
        do {
            var muxer = try Muxer(
                path: target, format: "mp4", streams: tracks.map(\.stream.parameters), options: ClipFormat.finished,
                metadata: metadata)
            while let packet = try next(of: &demuxer, isBegun: tracks.contains { $0.count > 0 }) {
                guard let index = tracks.firstIndex(where: { $0.stream.index == packet.streamIndex }) else { continue }
                try write(tracks[index].take(packet), stream: index, into: &muxer)
            }
            for index in tracks.indices { try write(tracks[index].finish(), stream: index, into: &muxer) }
            try muxer.finish()
        }
        return try verify(target, tracks)
    }

    private static func write(_ sample: (packet: Packet, times: Muxer.Times)?, stream: Int, into muxer: inout Muxer)
        throws(FFmpegError)
    {
        guard let sample else { return }
        try muxer.write(sample.packet, stream: stream, times: sample.times)
    }

    /// What a power cut left unreadable is the end.
    private static func next(of demuxer: inout Demuxer, isBegun: Bool) throws(FFmpegError) -> Packet? {
        do throws(FFmpegError) {
            return try demuxer.next()
        } catch  where error.code == .invalidData && isBegun {
            return nil
        }
    }

    /// Reads the new file's index back.
    private static func verify(_ target: String, _ tracks: [Track]) throws -> Outcome {
        let demuxer = try open(target)
        guard demuxer.streams.map(\.packetCount) == tracks.map(\.count) else {
            throw RecordingError(
                .damaged, subject: target,
                reason: "holds \(demuxer.streams.map(\.packetCount)) packets instead of \(tracks.map(\.count))")
        }
        return Outcome(
            videoPackets: tracks.first { $0.stream.kind == .video }?.count ?? 0,
            durationSeconds: demuxer.durationSeconds ?? 0)
    }

    static func open(_ path: String) throws(FFmpegError) -> Demuxer {
        var options = Demuxer.Options()
        options.format = "mov"
        options.probesPackets = false
        options.values["protocol_whitelist"] = "file"
        return try Demuxer(url: "file:\(path)", subject: path, options: options, interrupt: Interrupt())
    }
}

extension Remux.Track {
    /// - Returns: the packet before this one, with what it lasts.
    fileprivate mutating func take(_ packet: Packet) -> (packet: Packet, times: Muxer.Times)? {
        defer { held = packet }
        guard let held, let decode = held.decodeTicks else { return nil }
        interval = max(1, (packet.decodeTicks ?? decode) &- decode)
        return sample(held, decode: decode)
    }

    /// - Returns: the last packet; it lasts as long as the one before.
    fileprivate mutating func finish() -> (packet: Packet, times: Muxer.Times)? {
        defer { held = nil }
        guard let held, let decode = held.decodeTicks else { return nil }
        if interval == 0 { interval = max(1, Int64(held.ticksPerSecond / 25)) }
        return sample(held, decode: decode)
    }

    private mutating func sample(_ packet: Packet, decode: Int64) -> (packet: Packet, times: Muxer.Times) {
        count += 1
        let duration = packet.durationTicks > 0 ? packet.durationTicks : interval
        return (
            packet,
            Muxer.Times(
                decode: decode, presentation: max(packet.presentationTicks ?? decode, decode), duration: duration)
        )
    }
}
