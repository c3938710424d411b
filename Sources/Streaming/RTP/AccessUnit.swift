/// What is decoded at one time: a picture, or a packet of sound.
package struct AccessUnit: Sendable, Hashable {
    /// Annex B for H.264 and H.265, a JPEG file for MJPEG, the bare packet for sound.
    package var bytes: [UInt8]
    /// Ticks of the media's clock, without wrapping; where it begins is the sender's choice.
    package var timestamp: Int64
    /// Whether decoding can begin here; always for sound.
    package var isKeyFrame: Bool

    package init(bytes: [UInt8], timestamp: Int64, isKeyFrame: Bool) {
        self.bytes = bytes
        self.timestamp = timestamp
        self.isKeyFrame = isKeyFrame
    }

    /// Larger ones are given up: no camera sends them.
    package static let maximumBytes = 8 << 20
}
