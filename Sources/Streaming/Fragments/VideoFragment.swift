package import NIOCore

/// The beginning of a live MP4: what a player must have before any fragment.
package struct VideoHeader: Sendable {
    /// As RFC 6381 names them, e.g. `avc1.64001F` or, with sound, `avc1.64001F,mp4a.40.2`.
    package let codecs: String
    /// Pixels.
    package let width: Int
    package let height: Int
    /// Of the camera's connection.
    package let generation: Int
    /// The initialisation segment (`ftyp`, `moov`).
    package let bytes: ByteBuffer
}

/// One picture of a live MP4, with the sound that came before it.
package struct VideoFragment: Sendable {
    /// Whether playing can begin here.
    package let isKeyFrame: Bool
    /// When it is decoded, on the MP4's timeline: later with each fragment.
    package let decodeSeconds: Double
    /// When it is shown, on the MP4's timeline.
    package let bufferSeconds: Double
    /// The same moment on the camera's timeline.
    package let mediaSeconds: Double
    /// The same moment on the wall clock, seconds since 1970 UTC.
    package let wallSeconds: Double
    /// `moof` and `mdat`.
    package let bytes: ByteBuffer
}

/// What viewers of a live MP4 get, in order.
package enum VideoPiece: Sendable {
    /// All that follows belongs to this header.
    case header(VideoHeader)
    case fragment(VideoFragment)
    /// The camera is gone.
    case ended(reason: String)
    /// Its video is nothing that browsers play in an MP4.
    case unplayable(codec: String)
}
