import Foundation

/// Times of one kind of call.
struct Measured {
    private(set) var milliseconds: [Double] = []
    private(set) var cpuMilliseconds: [Double] = []

    mutating func run<Value>(_ body: () throws -> Value) rethrows -> Value {
        let cpu = Self.cpuSeconds()
        let start = ContinuousClock.now
        let value = try body()
        let elapsed = ContinuousClock.now - start
        cpuMilliseconds.append((Self.cpuSeconds() - cpu) * 1000)
        milliseconds.append(Double(elapsed.components.attoseconds) / 1e15 + Double(elapsed.components.seconds) * 1000)
        return value
    }

    /// Wall time and CPU time, as figures of a report.
    var figures: [String: Double] {
        [
            "median": Self.percentile(50, milliseconds), "p99": Self.percentile(99, milliseconds),
            "max": Self.percentile(100, milliseconds), "cpu median": Self.percentile(50, cpuMilliseconds),
            "cpu p99": Self.percentile(99, cpuMilliseconds), "cpu max": Self.percentile(100, cpuMilliseconds),
        ]
    }

    private static func percentile(_ percent: Double, _ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * percent / 100))]
    }

    private static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
