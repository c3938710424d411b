package import Domain

/// Makes one camera's stream times monotonic: one timeline over reconnects, loops, jumps and missing stamps.
///
/// The camera's timeline counts 90,000 ticks a second from the first packet ever seen. As long as a stream's own
/// times behave, the difference between two packets is exactly the stream's. A step back, or a leap of more than
/// `maximumGapSeconds`, is a discontinuity: the stream goes on one frame after the last packet.
///
/// The video stream sets the pace. Sound goes by the same offset, in front of its picture or behind it as the source has
/// it: packets of two streams come in no common order, and a difference between them is no discontinuity.
package struct Timeline: Sendable {
    package static let clockRate: Int32 = 90_000
    package static let maximumGapSeconds = 10.0

    /// What was made of one packet's times.
    package struct Placement: Sendable, Equatable {
        /// When to decode, on the camera's timeline; never before the packet of its stream ahead of it.
        package var decodeTime: MediaTime
        /// Add this to the stream's own seconds to come to the camera's timeline.
        package var offsetSeconds: Double
        /// Whether the stream's own times jumped before this packet.
        package var isDiscontinuity: Bool
    }

    private var offsetSeconds: Double?
    /// Of the video.
    private var lastSeconds = 0.0
    private var companions: [Int: Companion] = [:]
    private var isFirst = true
    /// Seconds a frame, of late.
    private var frameSeconds = 1.0 / 25

    /// A stream beside the video.
    private struct Companion: Sendable {
        var lastSeconds = -Double.infinity
        /// Its own, where its times have nothing to do with the video's.
        var offsetSeconds: Double?
    }

    package init() {}

    /// The next packet comes from a new connection or a new round of a loop: its times have nothing to do with the last.
    package mutating func restart() {
        offsetSeconds = nil
        for stream in companions.keys { companions[stream]?.offsetSeconds = nil }
    }

    /// Places a packet of the video stream.
    ///
    /// - Parameters:
    ///   - streamSeconds: the packet's decode time (or else presentation time) on the stream's own timeline; nil when
    ///     the stream has none.
    ///   - arrivalSeconds: when it arrived on a monotonic clock; used only where the stream has no times.
    package mutating func place(streamSeconds: Double?, arrivalSeconds: Double) -> Placement {
        let stream = Self.usable(streamSeconds) ?? arrivalSeconds
        let candidate = offsetSeconds.map { stream + $0 }
        let step = candidate.map { $0 - lastSeconds }
        let behaves = step.map { $0 >= 0 && $0 <= Self.maximumGapSeconds } ?? false
        let seconds: Double
        if behaves, let candidate, let step {
            seconds = candidate
            if step > 0 { frameSeconds = min(max(0.9 * frameSeconds + 0.1 * step, 0.001), 1) }
        } else {
            seconds = isFirst ? 0 : lastSeconds + frameSeconds
            offsetSeconds = seconds - stream
        }
        let isDiscontinuity = !behaves && !isFirst
        isFirst = false
        lastSeconds = seconds
        return Self.placement(seconds, offset: offsetSeconds ?? 0, isDiscontinuity: isDiscontinuity)
    }

    /// Places a packet of a stream beside the video.
    ///
    /// - Parameter index: tells such streams apart.
    package mutating func placeCompanion(_ index: Int, streamSeconds: Double?, arrivalSeconds: Double) -> Placement {
        let stream = Self.usable(streamSeconds) ?? arrivalSeconds
        var companion = companions[index] ?? Companion()
        let shared = offsetSeconds ?? ((isFirst ? 0 : lastSeconds + frameSeconds) - stream)
        offsetSeconds = shared
        var offset = companion.offsetSeconds ?? shared
        var isDiscontinuity = false
        if abs(stream + offset - lastSeconds) > Self.maximumGapSeconds {
            offset = lastSeconds - stream
            companion.offsetSeconds = offset
            isDiscontinuity = true
        }
        let seconds = max(stream + offset, companion.lastSeconds)
        companion.lastSeconds = seconds
        companions[index] = companion
        return Self.placement(seconds, offset: offset, isDiscontinuity: isDiscontinuity)
    }

    private static func usable(_ seconds: Double?) -> Double? {
        seconds.flatMap { $0.isFinite && abs($0) < 1e12 ? $0 : nil }
    }

    private static func placement(_ seconds: Double, offset: Double, isDiscontinuity: Bool) -> Placement {
        Placement(
            decodeTime: MediaTime(ticks: Int64((seconds * Double(clockRate)).rounded()), clockRate: clockRate),
            offsetSeconds: offset, isDiscontinuity: isDiscontinuity)
    }
}
