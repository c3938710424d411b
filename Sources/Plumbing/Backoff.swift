/// How long to wait before trying again: quick at first, then ever more patient.
///
/// | failures in a row | seconds (before jitter) |
/// |---|---|
/// | 1–5 | 1 |
/// | 6–10 | 5 |
/// | 11–20 | 10 |
/// | 21 and more | 60 |
///
/// Each wait is multiplied by a random factor in 0.8...1.2, so that many cameras behind one switch do not knock together.
package struct Backoff: Sendable {
    package private(set) var failures = 0
    private let scale: Double

    /// - Parameter scale: what every wait is multiplied by; for tests that cannot wait.
    package init(scale: Double = 1) {
        self.scale = scale
    }

    /// The wait after one more failure.
    ///
    /// - Parameter random: a number in 0...1; injected so that tests know it.
    package mutating func nextDelaySeconds(random: Double) -> Double {
        failures = min(failures + 1, 1_000_000)
        let base: Double =
            switch failures {
            case ...5: 1
            case ...10: 5
            case ...20: 10
            default: 60
            }
        return scale * base * (0.8 + 0.4 * min(max(random, 0), 1))
    }

    package mutating func reset() {
        failures = 0
    }
}
