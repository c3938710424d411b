/// Counts values by size, in buckets with fixed upper bounds.
package struct Histogram: Sendable, Hashable {
    /// Rising; values above the last are counted in `count` only.
    package let bounds: [Double]
    /// Values up to each bound that are above the one before.
    package private(set) var buckets: [Int]
    package private(set) var count = 0
    package private(set) var sum = 0.0

    package init(bounds: [Double]) {
        self.bounds = bounds
        buckets = [Int](repeating: 0, count: bounds.count)
    }

    /// Values that are no number are passed over.
    package mutating func add(_ value: Double) {
        guard value.isFinite else { return }
        count += 1
        sum += value
        if let index = bounds.firstIndex(where: { value <= $0 }) { buckets[index] += 1 }
    }
}
