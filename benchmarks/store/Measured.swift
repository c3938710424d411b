import Foundation

/// Times of one kind of call.
struct Measured {
    private(set) var milliseconds: [Double] = []
    private(set) var cpuMilliseconds = 0.0

    mutating func run<Value>(_ body: () throws -> Value) rethrows -> Value {
        let cpu = Self.cpuSeconds()
        let start = ContinuousClock.now
        let value = try body()
        let elapsed = ContinuousClock.now - start
        cpuMilliseconds += (Self.cpuSeconds() - cpu) * 1000
        milliseconds.append(Double(elapsed.components.attoseconds) / 1e15 + Double(elapsed.components.seconds) * 1000)
        return value
    }

    func percentile(_ percent: Double) -> Double {
        let sorted = milliseconds.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * percent / 100))]
    }

    var median: Double { percentile(50) }
    var cpuEach: Double { cpuMilliseconds / Double(max(1, milliseconds.count)) }

    private static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
