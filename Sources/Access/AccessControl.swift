package import Domain
private import Foundation
private import Plumbing

/// What becomes of a request.
package enum AccessDecision: Hashable, Sendable {
    /// The user; nil for somebody without credentials where none are needed.
    case allowed(user: String?)
    /// Credentials are needed, or others. `isStale`: they were good, but their nonce is too old.
    case challenge(isStale: Bool)
    /// The user is known, and may not.
    case forbidden
    /// Too many wrong passwords came from there.
    case tooMany(retryAfterSeconds: Double)
}

/// Decides who may publish and who may watch. May be used from any thread; never blocks.
package final class AccessControl: Sendable {
    package struct Configuration: Sendable {
        /// The first whose paths apply counts. Where none does, the publisher publishes and the viewer watches.
        package var rules: [AccessRule] = []
        /// Whether everybody may watch where no rule says otherwise.
        package var allowsAnonymousReading = false
        /// Whether passwords may come unencrypted (Basic) over connections without TLS.
        package var allowsBasicWithoutTLS = false

        package init() {}
    }

    private struct State {
        var credentials: Credentials
        var generation = 0
        var guesses = GuessLimit()
        var counts = NonceCounts()
    }

    package static let realm = "SpectraX"

    private let configuration: Configuration
    private let nonces = Nonces()
    private let state: Locked<State>
    private let now: @Sendable () -> Double

    /// - Parameter now: seconds of a monotonic clock.
    package init(
        _ credentials: Credentials, configuration: Configuration = Configuration(),
        now: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime }
    ) {
        self.configuration = configuration
        self.now = now
        state = Locked(State(credentials: credentials))
    }

    /// Credentials that count from now on.
    ///
    /// - Returns: whether they are others than before.
    @discardableResult
    package func replace(_ credentials: Credentials) -> Bool {
        state.withLock { state in
            guard state.credentials != credentials else { return false }
            state.credentials = credentials
            state.generation += 1
            return true
        }
    }

    /// Counts how often credentials were replaced: who was let in before has to show new ones. Ask for it before `check`:
    /// credentials may be replaced in between.
    package var generation: Int { state.withLock(\.generation) }

    /// The values of `WWW-Authenticate`, the strongest first.
    ///
    /// - Parameters:
    ///   - peer: the client's address without port.
    ///   - isStale: as the decision has it.
    package func challenges(for peer: String, isSecure: Bool, isStale: Bool = false) -> [String] {
        let nonce = nonces.make(for: peer, now: now())
        let stale = isStale ? ", stale=true" : ""
        // Many clients take the first that they know, others the last; some know no SHA-256 and give up when it comes first
        // in one line, so each has its own. Without `qop`, as cameras and players of RTSP expect.
        var values = Digest.Algorithm.allCases.map { algorithm in
            let name = algorithm == .md5 ? "" : ", algorithm=\(algorithm.rawValue)"
            return "Digest realm=\"\(Self.realm)\", nonce=\"\(nonce)\"\(name)\(stale)"
        }
        if allowsBasic(isSecure) { values.append("Basic realm=\"\(Self.realm)\"") }
        return values
    }

    /// - Parameters:
    ///   - authorization: the value of the header; nil when there is none.
    ///   - uri: of the request.
    ///   - peer: the client's address without port.
    package func check(
        authorization: String?, method: String, uri: String, path: StreamPath, right: Right, isSecure: Bool,
        peer: String
    ) -> AccessDecision {
        let credentials = state.withLock(\.credentials)
        let allowed = roles(of: path, for: right)
        let isForAnyone = allowed.contains(AccessRule.anyone)
        // What cannot be checked is no guess either: it counts as if nothing had been sent.
        guard let authorization, let claim = claim(in: authorization, isSecure: isSecure), claim.isAbout(uri) else {
            return isForAnyone ? .allowed(user: nil) : .challenge(isStale: false)
        }
        let now = now()
        let account = credentials.account(named: claim.username)
        // Counted for each account: whoever knows one password cannot clear the count of guesses at the other, and a player
        // with an old password does not lock out the camera beside it.
        let guesser = "\(GuessLimit.network(of: peer)) \(account?.role.rawValue ?? "")"
        if let wait = state.withLock({ $0.guesses.waitSeconds(guesser, now: now) }) {
            return .tooMany(retryAfterSeconds: wait)
        }
        // An unknown user costs the same time as a wrong password.
        let isRight = claim.isRight(password: account?.password ?? "no such user", method: method)
        guard let account, isRight else {
            state.withLock { $0.guesses.fail(guesser, now: now) }
            return .challenge(isStale: false)
        }
        if case .digest(let answer) = claim, !isFresh(answer, peer: peer, now: now) { return .challenge(isStale: true) }
        state.withLock { $0.guesses.succeed(guesser) }
        return isForAnyone || allowed.contains(account.role.rawValue) ? .allowed(user: claim.username) : .forbidden
    }

    private func roles(of path: StreamPath, for right: Right) -> [String] {
        if let rule = configuration.rules.first(where: { $0.applies(to: path) }) { return rule.users(for: right) }
        switch right {
        case .publish: return [Credentials.Role.publisher.rawValue]
        case .read:
            let viewer = Credentials.Role.viewer.rawValue
            return configuration.allowsAnonymousReading ? [viewer, AccessRule.anyone] : [viewer]
        }
    }

    private func claim(in authorization: String, isSecure: Bool) -> Claim? {
        guard let claim = Claim(authorization) else { return nil }
        switch claim {
        case .basic: return allowsBasic(isSecure) ? claim : nil
        case .digest(let answer): return answer.realm == Self.realm ? claim : nil
        }
    }

    /// Whether the nonce of a right answer may be used. Where not, the client did nothing wrong: it may have it from before a
    /// restart of this server.
    private func isFresh(_ answer: Digest.Answer, peer: String, now: Double) -> Bool {
        guard nonces.verdict(on: answer.nonce, from: peer, now: now) == .good else { return false }
        guard let count = answer.count else { return true }
        return state.withLock { $0.counts.use(count, of: answer.nonce) }
    }

    private func allowsBasic(_ isSecure: Bool) -> Bool { isSecure || configuration.allowsBasicWithoutTLS }
}
