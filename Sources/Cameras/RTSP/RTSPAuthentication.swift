private import FFmpeg
private import Foundation

/// Answers a server's wish for credentials: Digest (RFC 7616 with SHA-256 or MD5, RFC 2617) or Basic.
struct RTSPAuthentication: Sendable {
    private enum Scheme: Sendable {
        case basic
        case digest(realm: String, nonce: String, opaque: String?, algorithm: Digest, hasQOP: Bool)
    }

    enum Digest: Int, Sendable {
        case md5 = 0
        case sha256 = 1
    }

    private let user: String
    private let password: String
    private let scheme: Scheme
    private var count = 0

    /// Chooses the strongest of what the server offers; nil when it offers nothing that we speak.
    ///
    /// - Parameter challenges: the values of `WWW-Authenticate`.
    init?(challenges: [String], user: String, password: String) {
        let offers = challenges.compactMap(Self.scheme)
        let digests = offers.compactMap { offer -> (Digest, Scheme)? in
            if case .digest(_, _, _, let algorithm, _) = offer { (algorithm, offer) } else { nil }
        }
        guard let chosen = digests.max(by: { $0.0.rawValue < $1.0.rawValue })?.1 ?? offers.first else { return nil }
        self.user = user
        self.password = password
        scheme = chosen
    }

    /// The value of `Authorization` for a request.
    mutating func header(method: String, url: String) -> String {
        switch scheme {
        case .basic:
            return "Basic \(Data("\(user):\(password)".utf8).base64EncodedString())"
        case .digest(let realm, let nonce, let opaque, let algorithm, let hasQOP):
            count += 1
            let secret = algorithm.hex("\(user):\(realm):\(password)")
            let request = algorithm.hex("\(method):\(url)")
            var fields = "username=\"\(user)\", realm=\"\(realm)\", nonce=\"\(nonce)\", uri=\"\(url)\""
            if hasQOP {
                let nc = String(format: "%08x", count)
                let cnonce = String(format: "%016llx", UInt64.random(in: .min ... .max))
                fields += ", response=\"\(algorithm.hex("\(secret):\(nonce):\(nc):\(cnonce):auth:\(request)"))\""
                fields += ", qop=auth, nc=\(nc), cnonce=\"\(cnonce)\""
            } else {
                fields += ", response=\"\(algorithm.hex("\(secret):\(nonce):\(request)"))\""
            }
            if algorithm == .sha256 { fields += ", algorithm=SHA-256" }
            if let opaque { fields += ", opaque=\"\(opaque)\"" }
            return "Digest \(fields)"
        }
    }

    private static func scheme(_ challenge: String) -> Scheme? {
        let lower = challenge.lowercased()
        if lower.hasPrefix("basic") { return .basic }
        guard lower.hasPrefix("digest") else { return nil }
        let fields = fields(of: challenge.dropFirst("digest".count))
        guard let realm = fields["realm"], let nonce = fields["nonce"] else { return nil }
        let algorithm: Digest
        switch fields["algorithm"]?.lowercased() {
        case nil, "md5": algorithm = .md5
        case "sha-256": algorithm = .sha256
        default: return nil
        }
        let qop = fields["qop"]?.split(separator: ",").map { $0.trimmed.lowercased() }
        return .digest(
            realm: realm, nonce: nonce, opaque: fields["opaque"], algorithm: algorithm,
            hasQOP: qop?.contains("auth") ?? false)
    }

    /// `name="value", name=value` as a dictionary; values without quotes and line ends, so that they can be sent back.
    private static func fields(of text: Substring) -> [String: String] {
        var fields: [String: String] = [:]
        var rest = text
        while let equals = rest.firstIndex(of: "=") {
            let name = rest[..<equals].drop { $0 == "," || $0.isWhitespace }.trimmed.lowercased()
            rest = rest[rest.index(after: equals)...].drop(while: \.isWhitespace)
            let value: Substring
            if rest.first == "\"" {
                rest = rest.dropFirst()
                value = rest.prefix { $0 != "\"" }
                rest = rest.dropFirst(value.count + 1)
            } else {
                value = rest.prefix { $0 != "," }
                rest = rest.dropFirst(value.count)
            }
            fields[name] = value.trimmed.filter { $0 != "\"" && !$0.isNewline }
        }
        return fields
    }
}

extension RTSPAuthentication.Digest {
    func hex(_ text: String) -> String {
        switch self {
        case .md5: MessageDigest.md5(Array(text.utf8))
        case .sha256: MessageDigest.sha256(Array(text.utf8))
        }
    }
}
