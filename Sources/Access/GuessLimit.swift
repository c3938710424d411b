private import Foundation

/// Slows down whoever guesses passwords. Bounded: the addresses that failed longest ago are forgotten.
struct GuessLimit: Sendable {
    /// Failures that everybody has free: a mistyped password, a player that tries an old one.
    static let freeFailures = 5
    static let maximumWaitSeconds = 60.0
    private static let capacity = 1024
    /// After so long without a failure an address begins anew.
    private static let memorySeconds = 600.0

    private struct Record {
        var failures = 0
        var latest = 0.0
    }

    private var records: [String: Record] = [:]

    /// How long an address has to wait; nil when it need not.
    func waitSeconds(_ peer: String, now: Double) -> Double? {
        guard let record = records[peer], record.failures > Self.freeFailures else { return nil }
        let wait = min(Self.maximumWaitSeconds, pow(2, Double(record.failures - Self.freeFailures - 1)))
        let left = record.latest + wait - now
        return left > 0 ? left : nil
    }

    mutating func fail(_ peer: String, now: Double) {
        if let record = records[peer], now - record.latest > Self.memorySeconds { records[peer] = nil }
        if records[peer] == nil, records.count >= Self.capacity,
            let oldest = records.min(by: { $0.value.latest < $1.value.latest })?.key
        {
            records[oldest] = nil
        }
        records[peer, default: Record()].failures += 1
        records[peer]?.latest = now
    }

    mutating func succeed(_ peer: String) {
        records[peer] = nil
    }
}
