/// Keeps the reading of a file at the speed at which it was filmed.
struct Pace: Sendable {
    /// Reading further behind than this (the machine slept, the disk hung) is not caught up with.
    static let maximumLagSeconds = 1.0

    private var start: (media: Double, clock: Double)?

    /// - Parameters:
    ///   - mediaSeconds: when the next packet is due on the media timeline.
    ///   - now: the monotonic clock.
    /// - Returns: how long to wait before handing it on; nil for not at all.
    mutating func waitSeconds(mediaSeconds: Double, now: Double) -> Double? {
        guard let begin = start else {
            start = (mediaSeconds, now)
            return nil
        }
        let wait = begin.clock + (mediaSeconds - begin.media) - now
        if wait < -Self.maximumLagSeconds { start = (mediaSeconds, now) }
        return wait > 0 ? min(wait, Timeline.maximumGapSeconds) : nil
    }
}

/// Tells wall time from media time: the arrival of the first packet, plus media time, drawn slowly towards the
/// arrival of later ones.
///
/// Arrival jitters and clocks drift: each packet moves the estimate by a hundredth of the difference. A difference of
/// more than `jumpSeconds` (the wall clock was set) is taken over at once.
struct WallClock: Sendable {
    static let correction = 0.01
    static let jumpSeconds = 5.0

    private var offset: Double?

    /// - Parameter wallNow: seconds since 1970 (UTC).
    mutating func seconds(mediaSeconds: Double, wallNow: Double) -> Double {
        let measured = wallNow - mediaSeconds
        let old = offset ?? measured
        let difference = measured - old
        let new = abs(difference) > Self.jumpSeconds ? measured : old + Self.correction * difference
        offset = new
        return mediaSeconds + new
    }
}
