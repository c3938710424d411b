/// The path under which a camera's stream is known everywhere: settings, API, RTSP, e.g. `video/front-door`.
///
/// One or more segments of ASCII letters, digits and `-_.~:` joined by single slashes, 255 bytes at most,
/// no leading or trailing slash, and no segment `.` or `..`.
package struct StreamPath: Hashable, Sendable, Comparable, CustomStringConvertible {
    package static let maximumLength = 255

    package let rawValue: String

    package init(_ text: String) throws(InvalidStreamPath) {
        if let reason = Self.objection(to: text) {
            throw InvalidStreamPath(text: text, reason: reason)
        }
        rawValue = text
    }

    /// The last segment, e.g. `front-door`: the default display name of a camera.
    package var lastSegment: String {
        rawValue.split(separator: "/").last.map(String.init) ?? rawValue
    }

    package var description: String { rawValue }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    private static func objection(to text: String) -> String? {
        guard !text.isEmpty else { return "it is empty" }
        guard text.utf8.count <= maximumLength else { return "it is longer than \(maximumLength) bytes" }
        for segment in text.split(separator: "/", omittingEmptySubsequences: false) {
            if segment.isEmpty { return "it starts or ends with a slash or has two in a row" }
            if segment == "." || segment == ".." { return "it has a segment \"\(segment)\"" }
        }
        for scalar in text.unicodeScalars where !isAllowed(scalar) {
            return "only letters, digits and - _ . ~ : / may stand in it"
        }
        return nil
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "~", ":", "/": true
        default: false
        }
    }
}

/// Why a text is not a `StreamPath`.
package struct InvalidStreamPath: Error, Equatable, CustomStringConvertible {
    package let text: String
    package let reason: String

    package var description: String {
        "\"\(text.prefix(80).map { $0.isASCII && !$0.isNewline ? String($0) : "?" }.joined())\" is not a stream path: \(reason)"
    }
}
