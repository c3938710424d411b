private import Foundation

/// Slows down whoever guesses passwords. Bounded: those who failed longest ago are forgotten.
struct GuessLimit: Sendable {
    /// Failures that everybody has free: a mistyped password, a player that tries an old one.
    static let freeFailures = 5
    static let maximumWaitSeconds = 60.0
    static let capacity = 1024
    /// After so long without a failure somebody begins anew.
    private static let memorySeconds = 600.0

    private struct Record {
        var failures = 0
        var latest = 0.0
    }

    private var records: [String: Record] = [:]

    /// What counts as one guesser: an IPv4 address, or the network of an IPv6 address (64 bits), of which one computer may use
    /// every address.
    static func network(of peer: String) -> String {
        let text = String(peer.prefix { $0 != "%" })
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return peer }
        let bytes = withUnsafeBytes(of: address) { Array($0) }
        // An IPv4 address, as a socket of both families names it.
        if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10...11].allSatisfy({ $0 == 255 }) {
            return bytes.suffix(4).map(String.init).joined(separator: ".")
        }
        return bytes.prefix(8).hexDigits
    }

    var count: Int { records.count }

    /// How long somebody has to wait; nil when it need not.
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
