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
        return "\(time)-\(seal(time, peer))"
    }

    func verdict(on nonce: String, from peer: String, now: Double) -> Verdict {
        let parts = nonce.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let time = UInt64(parts[0], radix: 16),
            isEqualInConstantTime(String(parts[1]), seal(String(parts[0]), peer))
        else { return .forged }
        let age = now - Double(time) / 1000
        return (-1...Self.lifetimeSeconds).contains(age) ? .good : .stale
    }

    private func seal(_ time: String, _ peer: String) -> String {
        HMAC<SHA256>.authenticationCode(for: Data("\(time) \(peer)".utf8), using: key)
            .prefix(16).map { String(format: "%02x", $0) }.joined()
    }
}
