/// Text for people, from which passwords are taken.
package enum Redaction {
    private static let secretNames = ["password", "passwd", "pass", "secret", "token", "authorization", "credentials"]

    /// Whether a value under this name is a secret, such as `password` or `api_token`.
    package static func isSecret(name: some StringProtocol) -> Bool {
        let name = name.lowercased()
        return secretNames.contains { name.hasSuffix($0) }
    }

    /// A text whose addresses have no user name and password, and no values of query parameters.
    ///
    /// An address goes up to the next blank. Of one that is cut short already nothing more is lost.
    package static func redacted(_ text: String) -> String {
        guard text.contains("://") else { return text }
        var result = ""
        var rest = text[...]
        while let mark = rest.firstRange(of: "://") {
            result += rest[..<mark.upperBound]
            let address = rest[mark.upperBound...].prefix { !$0.isWhitespace }
            rest = rest[address.endIndex...]
            // The last "@": an unescaped one in a password must not uncover the rest of it.
            var shown = address
            if let at = address.lastIndex(of: "@") {
                result += "***@"
                shown = address[address.index(after: at)...]
            }
            let path = shown.prefix { $0 != "?" }
            result += path
            let query = shown[path.endIndex...].dropFirst()
            guard path.endIndex != shown.endIndex else { continue }
            result +=
                "?"
                + query.split(separator: "&", omittingEmptySubsequences: false).map(redactedPair).joined(separator: "&")
        }
        return result + rest
    }

    private static func redactedPair(_ pair: Substring) -> String {
        pair.firstIndex(of: "=").map { pair[..<$0] + "=***" }.map(String.init) ?? "***"
    }
}
