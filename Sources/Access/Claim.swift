private import Foundation

/// Whom somebody says to be, and what is to prove it.
enum Claim {
    case basic(username: String, password: String)
    case digest(Digest.Answer)

    private static let maximumBytes = 8192

    /// - Parameter authorization: the value of the header. nil for what cannot be checked.
    init?(_ authorization: String) {
        guard authorization.utf8.count <= Self.maximumBytes, let blank = authorization.firstIndex(of: " ") else {
            return nil
        }
        let text = authorization[authorization.index(after: blank)...]
        switch authorization[..<blank].lowercased() {
        case "basic":
            guard let data = Data(base64Encoded: text.trimmingCharacters(in: .whitespaces)),
                let pair = String(bytes: data, encoding: .utf8), let colon = pair.utf8.firstIndex(of: UInt8(ascii: ":"))
            else { return nil }
            self = .basic(
                username: String(pair[..<colon]), password: String(pair[pair.utf8.index(after: colon)...]))
        case "digest":
            guard let answer = Digest.Answer(text) else { return nil }
            self = .digest(answer)
        default: return nil
        }
    }

    var username: String {
        switch self {
        case .basic(let username, _): username
        case .digest(let answer): answer.username
        }
    }

    /// Takes the same time for each password.
    func isRight(password: String, method: String) -> Bool {
        switch self {
        case .basic(_, let given): isEqualInConstantTime(given, password)
        case .digest(let answer): answer.isRight(password: password, method: method)
        }
    }

    /// Whether it was made for this request. Clients name the request's own URL or its path, or those of the session that it
    /// belongs to (VLC does in SETUP).
    func isAbout(_ requested: String) -> Bool {
        guard case .digest(let answer) = self else { return true }
        let (named, requested) = (Self.path(of: answer.uri), Self.path(of: requested))
        if named == requested { return true }
        guard !named.isEmpty, !requested.isEmpty else { return false }
        return requested.hasPrefix(named + "/") || named.hasPrefix(requested + "/")
    }

    /// What stands behind scheme and host, without slashes at the end.
    private static func path(of uri: String) -> Substring {
        var rest = uri[...]
        if let scheme = rest.range(of: "://"), !rest[..<scheme.lowerBound].contains("/") {
            rest = rest[scheme.upperBound...]
            rest = rest[(rest.firstIndex(of: "/") ?? rest.endIndex)...]
        }
        while rest.last == "/" { rest = rest.dropLast() }
        return rest
    }
}
