private import Crypto
private import Foundation

/// Nonces of digest challenges: a time and a seal, so that none has to be remembered.
struct Nonces: Sendable {
    enum Verdict { case good, stale, forged }

    static let lifetimeSeconds = 600.0
    private let key = SymmetricKey(size: .bits256)

    /// - Parameters:
    ///   - peer: whom it is for: nobody else can use it.
    ///   - now: seconds of a clock that only this object is asked about.
    func make(for peer: String, now: Double) -> String {
        let time = String(UInt64(max(0, now) * 1000), radix: 16)
        // Two clients of one address do not share theirs.
        let content = "\(time).\(String(UInt32.random(in: .min ... .max), radix: 16))"
        return "\(content)-\(seal(content, peer))"
    }

    func verdict(on nonce: String, from peer: String, now: Double) -> Verdict {
        let parts = nonce.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, isEqualInConstantTime(String(parts[1]), seal(String(parts[0]), peer)),
            let time = UInt64(parts[0].prefix { $0 != "." }, radix: 16)
        else { return .forged }
        let age = now - Double(time) / 1000
        return (-1...Self.lifetimeSeconds).contains(age) ? .good : .stale
    }

    private func seal(_ content: String, _ peer: String) -> String {
        HMAC<SHA256>.authenticationCode(for: Data("\(content) \(peer)".utf8), using: key).prefix(16).hexDigits
    }
}

/// The counts that clients have used with their nonces (`nc`, RFC 7616 section 3.4). Bounded: only those of the latest nonces
/// are remembered.
struct NonceCounts: Sendable {
    static let capacity = 1024
    private var latest: [String: UInt32] = [:]
    private var older: [String: UInt32] = [:]

    /// - Returns: false for a count that was used before, or lies below one.
    mutating func use(_ count: UInt32, of nonce: String) -> Bool {
        guard count > latest[nonce] ?? older[nonce] ?? 0 else { return false }
        if latest[nonce] == nil, latest.count >= Self.capacity {
            older = latest
            latest = [:]
        }
        latest[nonce] = count
        return true
    }
}
