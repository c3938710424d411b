import Domain
import Foundation

@testable import Access

/// An `AccessControl` with a clock in the test's hand, and a client that answers its challenges.
struct Door {
    final class Clock: @unchecked Sendable {
        // Safe: `value` is only touched with the lock held.
        private let lock = NSLock()
        private var value = 1000.0
        var seconds: Double {
            get { lock.withLock { value } }
            set { lock.withLock { value = newValue } }
        }
    }

    static let address = "rtsp://server:8554/video/door"

    let clock = Clock()
    let access: AccessControl
    let credentials: Credentials

    init(_ credentials: Credentials = .random(), _ change: (inout AccessControl.Configuration) -> Void = { _ in }) {
        var configuration = AccessControl.Configuration()
        change(&configuration)
        self.credentials = credentials
        access = AccessControl(credentials, configuration: configuration, now: { [clock] in clock.seconds })
    }

    func nonce(for peer: String = "192.0.2.1") -> String {
        let challenge = access.challenges(for: peer, isSecure: false).first ?? ""
        return Digest.fields(of: challenge.dropFirst("Digest ".count))["nonce"] ?? ""
    }

    /// What a client answers to a challenge.
    ///
    /// - Parameter count: `nc`; nil answers without `qop`.
    func answer(
        _ account: Credentials.Account, nonce: String? = nil, method: String = "DESCRIBE", uri: String = Door.address,
        algorithm: Digest.Algorithm = .md5, count: UInt32? = nil, peer: String = "192.0.2.1"
    ) -> String {
        let nonce = nonce ?? self.nonce(for: peer)
        let secret = algorithm.hex("\(account.username):SpectraX:\(account.password)")
        let request = algorithm.hex("\(method):\(uri)")
        var header = """
            Digest username="\(account.username)", realm="SpectraX", nonce="\(nonce)", uri="\(uri)"
            """
        if let count {
            let nc = String(repeating: "0", count: 8 - String(count, radix: 16).count) + String(count, radix: 16)
            let response = algorithm.hex("\(secret):\(nonce):\(nc):abc:auth:\(request)")
            header += ", qop=auth, nc=\(nc), cnonce=\"abc\", response=\"\(response)\""
        } else {
            header += ", response=\"\(algorithm.hex("\(secret):\(nonce):\(request)"))\""
        }
        return algorithm == .md5 ? header : header + ", algorithm=\(algorithm.rawValue)"
    }

    func basic(_ account: Credentials.Account) -> String {
        "Basic \(Data("\(account.username):\(account.password)".utf8).base64EncodedString())"
    }

    func check(
        _ authorization: String?, _ right: Right = .read, method: String = "DESCRIBE", uri: String = Door.address,
        path: String = "video/door", isSecure: Bool = false, peer: String = "192.0.2.1"
    ) -> AccessDecision {
        guard let path = try? StreamPath(path) else { return .forbidden }
        return access.check(
            authorization: authorization, method: method, uri: uri, path: path, right: right, isSecure: isSecure,
            peer: peer)
    }

    /// A client with a wrong password.
    @discardableResult
    func guess(at username: String = "viewer", peer: String = "192.0.2.1") -> AccessDecision {
        check(answer(Credentials.Account(username: username, password: "wrong-guess"), peer: peer), peer: peer)
    }
}
