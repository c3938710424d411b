package import Domain
package import FFmpeg

/// A compressed packet of a camera, placed on the camera's timeline.
package struct CameraPacket: Sendable {
    package let packet: Packet
    /// The stream it belongs to, which tells its codec.
    package let stream: StreamInfo
    /// When to decode it, on the camera's timeline.
    package let decodeTime: MediaTime
    /// Add this to the stream's own seconds to come to the camera's timeline.
    package let offsetSeconds: Double
    /// Seconds since 1970 (UTC) at the decode time; see `docs/time.md`.
    package let wallSeconds: Double
    /// Counts connections: packets of one generation share codec parameters.
    package let generation: Int

    package init(
        packet: Packet, stream: StreamInfo, decodeTime: MediaTime, offsetSeconds: Double, wallSeconds: Double,
        generation: Int
    ) {
        self.packet = packet
        self.stream = stream
        self.decodeTime = decodeTime
        self.offsetSeconds = offsetSeconds
        self.wallSeconds = wallSeconds
        self.generation = generation
    }

    /// Whether decoding can begin here.
    package var isVideoKeyFrame: Bool { stream.kind == .video && packet.isKeyFrame }
    package var isVideo: Bool { stream.kind == .video }
}
