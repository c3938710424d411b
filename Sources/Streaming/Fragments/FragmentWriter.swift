internal import Cameras
internal import Domain
internal import FFmpeg
internal import NIOCore

/// Puts one camera's video, and its sound if wanted, into a live MP4, a fragment for each picture. The video is not
/// re-encoded. Used from one thread.
struct FragmentWriter: ~Copyable {
    /// Times are absolute, so every fragment stands for itself.
    private static let options = [
        "movflags": "frag_custom+empty_moov+default_base_moof+frag_discont+skip_trailer", "use_editlist": "0",
        "avoid_negative_ts": "disabled", "strict": "experimental",
    ]

    let header: VideoHeader
    private let streamIndex: Int
    /// nil without sound.
    private let soundIndex: Int?
    /// Sequence parameter sets in the header, where packets carry them too.
    private let sequences: Set<[UInt8]>
    private let codec: String
    private let output: FragmentOutput
    private var muxer: Muxer
    private var times: ClipTimes
    private var sound: MP4Sound?

    /// - Parameters:
    ///   - first: the key frame to start with; `write` gets it too.
    ///   - sound: written too.
    /// - Throws: `FFmpegError`, also for video that browsers do not play.
    init(startingWith first: CameraPacket, sound: consuming MP4Sound?) throws(FFmpegError) {
        let stream = first.stream
        let parameters = try ParameterSets.header(of: stream, first: first.packet)
        let output = FragmentOutput()
        var muxer = try Muxer(
            output: output, subject: "live MP4", format: "mp4",
            streams: [parameters, sound?.parameters].compactMap { $0 }, options: Self.options)
        try muxer.endFragment()
        let bytes = output.take()
        guard let name = CodecName.name(in: Array(bytes.readableBytesView)) else {
            throw FFmpegError(
                .other, call: "header", subject: "live MP4", reason: "browsers do not play \(stream.codec)")
        }
        self.output = output
        self.muxer = consume muxer
        let heard = (sound?.codec).map { codec in
            CodecName.name(ofSound: codec, configuration: sound?.parameters.extradata ?? [])
        }
        header = VideoHeader(
            codecs: [name, heard].compactMap { $0 }.joined(separator: ","), width: stream.width, height: stream.height,
            generation: first.generation, bytes: bytes)
        times = ClipTimes(startingWith: first)
        soundIndex = sound?.streamIndex
        self.sound = consume sound
        streamIndex = stream.index
        codec = stream.codec
        sequences =
            parameters.extradata.first == 1
            ? [] : ParameterSets.sequences(in: parameters.extradata, codec: stream.codec)
    }

    /// Whether the header fits this key frame: a camera may change its picture size without a new connection, or begin or
    /// cease to send sound.
    ///
    /// - Parameter sound: the index of the stream whose sound is wanted.
    func suits(_ keyFrame: CameraPacket, sound: Int?) -> Bool {
        guard keyFrame.generation == header.generation, keyFrame.stream.index == streamIndex, sound == soundIndex else {
            return false
        }
        guard !sequences.isEmpty,
            let own = try? ParameterSets.inside(keyFrame.packet, of: keyFrame.stream.parameters)
        else { return true }
        let now = ParameterSets.sequences(in: own, codec: codec)
        return now.isEmpty || now == sequences
    }

    /// - Returns: the fragment that a picture makes; nil for sound, which waits for the next picture, and for what has no place
    ///   in it.
    mutating func write(_ packet: CameraPacket) throws(FFmpegError) -> VideoFragment? {
        if packet.stream.index == soundIndex { try writeSound(packet) }
        guard packet.stream.index == streamIndex, let place = times.place(packet) else { return nil }
        try muxer.write(packet.packet, stream: 0, times: place)
        try muxer.endFragment()
        let rate = packet.packet.ticksPerSecond
        let seconds = Double(place.presentation) / rate
        return VideoFragment(
            isKeyFrame: packet.isVideoKeyFrame, decodeSeconds: Double(place.decode) / rate, bufferSeconds: seconds,
            mediaSeconds: seconds + times.originSeconds,
            wallSeconds: packet.wallSeconds + Double(place.presentation - place.decode) / rate, bytes: output.take())
    }

    private mutating func writeSound(_ packet: CameraPacket) throws(FFmpegError) {
        guard let place = times.place(packet) else { return }
        for piece in try sound?.pieces(of: packet.packet, at: place) ?? [] {
            try muxer.write(piece.packet, stream: 1, times: piece.times, skipping: piece.skipped)
        }
    }
}

/// Collects what the muxer writes.
private final class FragmentOutput: MuxerOutput {
    private var bytes = ByteBuffer()

    func write(_ bytes: UnsafeRawBufferPointer) throws(MuxerOutputError) {
        self.bytes.writeBytes(bytes)
    }

    func take() -> ByteBuffer {
        defer { bytes = ByteBuffer() }
        return bytes
    }
}
