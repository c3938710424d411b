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
    package func replace(_ credentials: Credentials) {
        state.withLock { state in
            state.credentials = credentials
            state.generation += 1
        }
    }

    /// Counts how often credentials were replaced: who was let in before has to show new ones.
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
        let now = now()
        let allowed = users(of: path, for: right)
        guard let authorization else {
            return allowed.contains(AccessRule.anyone) ? .allowed(user: nil) : .challenge(isStale: false)
        }
        if let wait = state.withLock({ $0.guesses.waitSeconds(peer, now: now) }) {
            return .tooMany(retryAfterSeconds: wait)
        }
        switch user(authorization, method: method, uri: uri, isSecure: isSecure, peer: peer, now: now) {
        case .known(let user):
            state.withLock { $0.guesses.succeed(peer) }
            return allowed.contains(user) || allowed.contains(AccessRule.anyone) ? .allowed(user: user) : .forbidden
        case .stale: return .challenge(isStale: true)
        case .unknown:
            state.withLock { $0.guesses.fail(peer, now: now) }
            return .challenge(isStale: false)
        }
    }

    private func users(of path: StreamPath, for right: Right) -> [String] {
        let credentials = state.withLock(\.credentials)
        if let rule = configuration.rules.first(where: { $0.applies(to: path) }) { return rule.users(for: right) }
        switch right {
        case .publish: return [credentials.publisher.username]
        case .read:
            let viewer = credentials.viewer.username
            return configuration.allowsAnonymousReading ? [viewer, AccessRule.anyone] : [viewer]
        }
    }

    private enum Identity {
        case known(String)
        case stale
        case unknown
    }

    private func user(
        _ authorization: String, method: String, uri: String, isSecure: Bool, peer: String, now: Double
    ) -> Identity {
        guard authorization.utf8.count <= 8192, let blank = authorization.firstIndex(of: " ") else { return .unknown }
        let text = authorization[authorization.index(after: blank)...]
        switch authorization[..<blank].lowercased() {
        case "basic" where allowsBasic(isSecure): return basicUser(text)
        case "digest":
            guard let answer = Digest.Answer(text), answer.fields["realm"] == Self.realm,
                Self.isSameResource(answer.uri, uri)
            else { return .unknown }
            let verdict = nonces.verdict(on: answer.nonce, from: peer, now: now)
            let account = account(answer.username)
            // An unknown user costs the same time as a wrong password.
            let password = account?.password ?? "no such user"
            let isRight = isEqualInConstantTime(
                answer.response.lowercased(),
                answer.expected(password: password, realm: Self.realm, method: method))
            guard let account, isRight, verdict != .forged else { return .unknown }
            return verdict == .stale ? .stale : .known(account.username)
        default: return .unknown
        }
    }

    private func basicUser(_ text: Substring) -> Identity {
        guard let data = Data(base64Encoded: String(text)), let pair = String(bytes: data, encoding: .utf8),
            let colon = pair.firstIndex(of: ":")
        else { return .unknown }
        let account = account(String(pair[..<colon]))
        let isRight = isEqualInConstantTime(
            String(pair[pair.index(after: colon)...]), account?.password ?? "no such user")
        guard let account, isRight else { return .unknown }
        return .known(account.username)
    }

    private func account(_ username: String) -> Credentials.Account? {
        let credentials = state.withLock(\.credentials)
        // Both are compared, whichever it is.
        let isPublisher = isEqualInConstantTime(username, credentials.publisher.username)
        let isViewer = isEqualInConstantTime(username, credentials.viewer.username)
        return isPublisher ? credentials.publisher : isViewer ? credentials.viewer : nil
    }

    private func allowsBasic(_ isSecure: Bool) -> Bool { isSecure || configuration.allowsBasicWithoutTLS }

    /// Clients name the request's own URL, or that of the session that it belongs to.
    private static func isSameResource(_ named: String, _ requested: String) -> Bool {
        func bare(_ uri: String) -> Substring { uri.hasSuffix("/") ? uri.dropLast() : uri[...] }
        let (named, requested) = (bare(named), bare(requested))
        return named == requested || requested.hasPrefix(named + "/") || named.hasPrefix(requested + "/")
    }
}
