private import Domain
package import FFmpeg

/// A camera's sound on its way into an MP4: as it came where MP4 holds it, made into AAC where not.
///
/// Used from one thread.
package struct MP4Sound: ~Copyable {
    /// Why there is no sound.
    package struct LeftOut: Error, CustomStringConvertible {
        package let reason: String
        package var description: String { "sound left out: \(reason)" }
    }

    /// One packet of the MP4's sound.
    package struct Piece {
        package let packet: Packet
        package let times: Muxer.Times
        /// Bytes at its beginning that MP4 leaves out.
        package let skipped: Int
    }

    private static let copied: Set<String> = ["aac", "opus"]
    private static let transcoded: Set<String> = ["pcm_alaw", "pcm_mulaw"]

    /// Of the MP4's track.
    package let parameters: CodecParameters
    /// Its codec, by libav's name.
    package let codec: String
    /// Of the camera's stream.
    package let streamIndex: Int
    private var transcoder: AudioTranscoder?

    package init(_ stream: StreamInfo) throws(LeftOut) {
        streamIndex = stream.index
        if Self.transcoded.contains(stream.codec) {
            let made: AudioTranscoder
            do throws(FFmpegError) {
                made = try AudioTranscoder(stream.parameters, subject: "sound")
            } catch {
                throw LeftOut(reason: "\(error)")
            }
            parameters = made.parameters
            codec = "aac"
            transcoder = consume made
        } else {
            parameters = try Self.parameters(copying: stream)
            codec = stream.codec
            transcoder = nil
        }
    }

    /// What comes out of one packet of the camera's.
    ///
    /// - Parameter place: when it is heard, in its own ticks, on the MP4's timeline.
    package mutating func pieces(of packet: Packet, at place: Muxer.Times) throws(FFmpegError) -> [Piece] {
        guard transcoder != nil else {
            let header = codec == "aac" ? packet.withBytes(ADTS.headerSize) : 0
            return [Piece(packet: packet, times: place, skipped: header)]
        }
        let rate = Double(transcoder?.sampleRate ?? 0)
        let sample = Int64(ticks: Double(place.decode) / packet.ticksPerSecond * rate)
        return Self.pieces(of: try transcoder?.convert(packet, atSample: sample) ?? [])
    }

    /// What is still held back; the end.
    package mutating func finish() throws(FFmpegError) -> [Piece] {
        Self.pieces(of: try transcoder?.finish() ?? [])
    }

    private static func pieces(of packets: [Packet]) -> [Piece] {
        packets.compactMap { packet in
            // The encoder's first packet starts before the first sample, where the MP4 has not begun.
            guard let start = packet.presentationTicks, start >= 0 else { return nil }
            let times = Muxer.Times(decode: start, presentation: start, duration: packet.durationTicks)
            return Piece(packet: packet, times: times, skipped: 0)
        }
    }

    private static func parameters(copying stream: StreamInfo) throws(LeftOut) -> CodecParameters {
        guard copied.contains(stream.codec) else { throw LeftOut(reason: "\(stream.codec) is not recorded") }
        guard stream.sampleRate > 0, (1...255).contains(stream.channels) else {
            throw LeftOut(reason: "its rate or channels are not known")
        }
        if !stream.parameters.extradata.isEmpty { return stream.parameters }
        let header = stream.codec == "aac" ? ADTS.configuration(of: stream) : opusHead(of: stream)
        guard let header else { throw LeftOut(reason: "\(stream.codec) of an unusual rate") }
        do throws(FFmpegError) {
            return try stream.parameters.replacingExtradata(header)
        } catch {
            throw LeftOut(reason: "\(error)")
        }
    }

    /// The identification header (RFC 7845, 5.1) that RTP leaves out.
    private static func opusHead(of stream: StreamInfo) -> [UInt8]? {
        guard (1...2).contains(stream.channels) else { return nil }
        let rate = 48_000
        let rateBytes = (0..<4).map { UInt8(truncatingIfNeeded: rate >> (8 * $0)) }
        return Array("OpusHead".utf8) + [1, UInt8(stream.channels), 0, 0] + rateBytes + [0, 0, 0]
    }
}
