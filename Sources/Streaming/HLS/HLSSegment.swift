internal import NIOCore

/// A partial segment: the pictures of some tenths of a second, which players get before their segment is complete.
struct HLSPart: Sendable {
    let seconds: Double
    let pictureCount: Int
    /// Whether playing can begin with it.
    let isIndependent: Bool
    /// Fragments of a live MP4.
    let bytes: ByteBuffer
}

/// A segment of a playlist; the newest still grows.
struct HLSSegment: Sendable {
    /// Media sequence number.
    let number: Int
    /// The header that it belongs to.
    let header: HLSHeader
    /// Whether the one before belongs to another header, or something is missing between the two.
    let isDiscontinuous: Bool
    /// Discontinuities before it, from the beginning on.
    let earlierDiscontinuities: Int
    /// Of its first picture, seconds since 1970 UTC.
    let wallSeconds: Double
    var parts: [HLSPart] = []
    var isComplete = false

    var seconds: Double { parts.reduce(0) { $0 + $1.seconds } }
    var byteCount: Int { parts.reduce(0) { $0 + $1.bytes.readableBytes } }
}

/// An initialisation segment, and what the playlists say of it.
struct HLSHeader: Sendable {
    /// Counts headers.
    let number: Int
    let content: VideoHeader
}

/// A place in a playlist that a player may wait for.
package struct HLSPosition: Hashable, Sendable, Comparable {
    /// Media sequence number, 0 or more.
    package var segment: Int
    /// Of the segment's parts, 0 or more; nil stands for all of them.
    package var part: Int?

    package init(segment: Int, part: Int?) {
        self.segment = segment
        self.part = part
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.segment, left.part ?? .max) < (right.segment, right.part ?? .max)
    }
}
