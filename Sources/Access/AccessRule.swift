package import Domain

/// Who may do what with the streams under some paths.
package struct AccessRule: Hashable, Sendable {
    /// Stands for everybody, without credentials.
    package static let anyone = "anyone"

    /// Paths; `*` stands for any characters.
    package var paths: [String]
    /// Roles (`publisher`, `viewer`), or `anyone`.
    package var publish: [String]
    package var read: [String]

    package init(paths: [String], publish: [String], read: [String]) {
        self.paths = paths
        self.publish = publish
        self.read = read
    }

    package func applies(to path: StreamPath) -> Bool {
        paths.contains { Self.matches(Array($0.utf8)[...], Array(path.rawValue.utf8)[...]) }
    }

    package func users(for right: Right) -> [String] { right == .publish ? publish : read }

    /// Whether a pattern of characters and `*` stands for a text. Linear but for a product of both lengths at worst.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        var (p, t) = (pattern.startIndex, text.startIndex)
        var retry: (p: Int, t: Int)?
        while t < text.endIndex {
            if p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") {
                p += 1
                retry = (p, t)
            } else if p < pattern.endIndex, pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let (back, from) = retry {
                p = back
                t = from + 1
                retry = (back, t)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
