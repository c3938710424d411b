internal import Cameras
private import Domain
internal import FFmpeg

/// Tells which of a camera's sound is worth a track now.
///
/// Players wait for the sound of a track that there is: a camera that announces sound and sends none, or sends none any
/// more, would hold up its picture.
struct SoundWatch: Sendable {
    /// A track without sound for so long goes away with the next key frame.
    private static let patienceSeconds = 2.0

    private let announced: @Sendable () -> StreamInfo?
    private var generation: Int?
    private var stream: StreamInfo?
    private var isRefused = false
    /// On the camera's timeline.
    private var latestSeconds = 0.0

    init(_ camera: Camera) {
        announced = { camera.status.audio }
    }

    mutating func take(_ packet: CameraPacket) {
        if packet.generation != generation {
            // A new connection is believed for a while.
            generation = packet.generation
            stream = announced()
            isRefused = false
            latestSeconds = packet.decodeTime.seconds
        }
        if !isRefused, packet.stream.kind == .audio, packet.stream.index <= stream?.index ?? .max {
            stream = packet.stream
            latestSeconds = packet.decodeTime.seconds
        }
    }

    /// This connection's sound is none for an MP4.
    mutating func refuse() {
        isRefused = true
        stream = nil
    }

    /// What to put beside the picture from this key frame on.
    mutating func stream(at keyFrame: CameraPacket) -> StreamInfo? {
        if keyFrame.decodeTime.seconds - latestSeconds > Self.patienceSeconds { stream = nil }
        return stream
    }
}
