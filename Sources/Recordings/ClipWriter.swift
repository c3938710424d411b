internal import Cameras
private import Domain
internal import FFmpeg

/// Writes one clip while it grows: packets as the camera sent them, into a fragmented MP4 that is playable up to its last
/// fragment at any moment.
///
/// Used from one thread.
struct ClipWriter: ~Copyable {
    let name: ClipName
    /// The start on the camera's timeline.
    let startSeconds: Double
    /// Of the first picture, since 1970 UTC.
    let startMicroseconds: Int64
    let video: StreamInfo
    let file: PartFile
    /// Why there is no sound, when the camera has some.
    private(set) var note: String?
    private(set) var videoPackets = 0
    /// Packets that MP4 would not take.
    private(set) var refusedPackets = 0
    /// Everything of the video before this moment of the camera's timeline is in the file.
    private(set) var flushedSeconds: Double
    private(set) var latestSeconds: Double

    /// Sequence parameter sets in the header, where packets carry them too.
    private let sequences: Set<[UInt8]>
    private var muxer: Muxer
    private var times: ClipTimes
    private var sound: MP4Sound?

    /// Writes the header.
    ///
    /// - Parameters:
    ///   - file: empty, just created.
    ///   - first: the video key frame to start with; `write` gets it too.
    ///   - audio: the stream whose sound to keep.
    ///   - comment: kept in the file, in case its journal is lost.
    init(
        name: ClipName, file: PartFile, first: CameraPacket, audio: StreamInfo?, startMicroseconds: Int64,
        comment: String
    ) throws {
        var streams = [try ClipFormat.video(first.stream, first: first.packet)]
        var sound: MP4Sound?
        var note: String?
        if let audio {
            do {
                let made = try MP4Sound(audio)
                streams.append(made.parameters)
                sound = consume made
            } catch {
                note = "\(error)"
            }
        }
        muxer = try Muxer(
            output: file, subject: file.path, format: "mp4", streams: streams, options: ClipFormat.growing,
            metadata: ["comment": comment])
        times = ClipTimes(startingWith: first)
        self.sound = consume sound
        let header = streams.first?.extradata ?? []
        sequences = header.first == 1 ? [] : ParameterSets.sequences(in: header, codec: first.stream.codec)
        self.note = note
        self.name = name
        self.file = file
        self.startMicroseconds = startMicroseconds
        video = first.stream
        startSeconds = first.decodeTime.seconds
        flushedSeconds = startSeconds
        latestSeconds = startSeconds
    }

    /// Whether the clip's header fits this key frame: a camera may change its picture size without a new connection.
    func suits(_ keyFrame: CameraPacket) -> Bool {
        guard !sequences.isEmpty, keyFrame.stream.index == video.index,
            let own = try? ParameterSets.inside(keyFrame.packet, of: keyFrame.stream.parameters)
        else { return true }
        let now = ParameterSets.sequences(in: own, codec: video.codec)
        return now.isEmpty || now == sequences
    }

    /// Writes one packet; those of streams that are not recorded are passed over.
    ///
    /// - Returns: whether a fragment went to the file.
    /// - Throws: when the file takes no more. A packet that MP4 does not take is counted and left out.
    mutating func write(_ packet: CameraPacket) throws -> Bool {
        let bytes = file.byteCount
        if packet.stream.index == video.index {
            guard let place = times.place(packet) else { return false }
            if try write(packet.packet, stream: 0, place) { videoPackets += 1 }
            if file.byteCount > bytes { flushedSeconds = latestSeconds }
            latestSeconds = packet.decodeTime.seconds
        } else if packet.stream.index == sound?.streamIndex, let place = times.place(packet) {
            try writeSound(packet.packet, place)
        }
        return file.byteCount > bytes
    }

    /// Writes what is still held back and closes the file.
    mutating func finish() throws {
        if let rest = try? sound?.finish() { try write(rest) }
        try muxer.finish()
        flushedSeconds = latestSeconds
        file.closeFile()
    }

    private mutating func writeSound(_ packet: Packet, _ place: Muxer.Times) throws {
        let pieces: [MP4Sound.Piece]
        do throws(FFmpegError) {
            pieces = try sound?.pieces(of: packet, at: place) ?? []
        } catch {
            refusedPackets += 1
            return
        }
        try write(pieces)
    }

    private mutating func write(_ sound: [MP4Sound.Piece]) throws {
        for piece in sound { _ = try write(piece.packet, stream: 1, piece.times, skipping: piece.skipped) }
    }

    /// The call that `FFmpegError` names when the file did not take what was written.
    private static let outputCall = "write"

    private mutating func write(_ packet: Packet, stream: Int, _ place: Muxer.Times, skipping: Int = 0) throws -> Bool {
        do {
            try muxer.write(packet, stream: stream, times: place, skipping: skipping)
            return true
        } catch let error where error.call != Self.outputCall {
            refusedPackets += 1
            return false
        }
    }
}
