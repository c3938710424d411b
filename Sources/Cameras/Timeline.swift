package import Domain

/// Makes one camera's stream times monotonic: one timeline over reconnects, loops, jumps and missing stamps.
///
/// The camera's timeline counts 90,000 ticks a second from the first packet ever seen. As long as a stream's own
/// times behave, the difference between two packets is exactly the stream's. A step back, or a leap of more than
/// `maximumGapSeconds`, is a discontinuity: the stream goes on one frame after the last packet.
package struct Timeline: Sendable {
    package static let clockRate: Int32 = 90_000
    package static let maximumGapSeconds = 10.0

    /// What was made of one packet's times.
    package struct Placement: Sendable, Equatable {
        /// When to decode, on the camera's timeline; never before the packet ahead of it.
        package var decodeTime: MediaTime
        /// Add this to the stream's own seconds to come to the camera's timeline.
        package var offsetSeconds: Double
        /// Whether the stream's own times jumped before this packet.
        package var isDiscontinuity: Bool
    }

    private var offsetSeconds: Double?
    private var lastSeconds = 0.0
    private var isFirst = true
    /// Seconds a frame, of late.
    private var frameSeconds = 1.0 / 25

    package init() {}

    /// The next packet comes from a new connection or a new round of a loop: its times have nothing to do with the last.
    package mutating func restart() {
        offsetSeconds = nil
    }

    /// - Parameters:
    ///   - streamSeconds: the packet's decode time (or else presentation time) on the stream's own timeline; nil when
    ///     the stream has none.
    ///   - arrivalSeconds: when it arrived on a monotonic clock; used only where the stream has no times.
    package mutating func place(streamSeconds: Double?, arrivalSeconds: Double) -> Placement {
        let stream = streamSeconds.flatMap { $0.isFinite && abs($0) < 1e12 ? $0 : nil } ?? arrivalSeconds
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
        return Placement(
            decodeTime: MediaTime(
                ticks: Int64((seconds * Double(Self.clockRate)).rounded()), clockRate: Self.clockRate),
            offsetSeconds: offsetSeconds ?? 0, isDiscontinuity: isDiscontinuity)
    }
}
