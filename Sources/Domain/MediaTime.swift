/// A moment on a stream's own timeline, in ticks of `clockRate` a second (90,000 for most RTP video).
package struct MediaTime: Hashable, Sendable, Comparable {
    package let ticks: Int64
    /// Ticks a second, at least 1.
    package let clockRate: Int32

    package init(ticks: Int64, clockRate: Int32) {
        self.ticks = ticks
        self.clockRate = max(1, clockRate)
    }

    /// The nearest microsecond; a value that is no finite number counts as 0.
    package init(seconds: Double) {
        let bounded = seconds.isFinite ? min(max(seconds, -9e12), 9e12) : 0
        self.init(ticks: Int64((bounded * 1_000_000).rounded()), clockRate: 1_000_000)
    }

    package static let zero = MediaTime(ticks: 0, clockRate: 1_000_000)

    package var seconds: Double { Double(ticks) / Double(clockRate) }

    package static func < (left: Self, right: Self) -> Bool {
        if left.clockRate == right.clockRate { return left.ticks < right.ticks }
        let a = left.ticks.multipliedFullWidth(by: Int64(right.clockRate))
        let b = right.ticks.multipliedFullWidth(by: Int64(left.clockRate))
        return (a.high, a.low) < (b.high, b.low)
    }
}
