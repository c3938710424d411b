/// Where a camera's pictures come from, e.g. `rtsp://user:secret@host/path` or `file:///videos/a.mp4`.
///
/// At most 2048 bytes, of a listed scheme only. Prints as `redacted` everywhere; the credentials are in `text` alone.
package struct CameraURL: Hashable, Sendable {
    package enum Scheme: String, CaseIterable, Sendable {
        case rtsp, rtsps, rtmp, srt, http, https, file, device

        /// Whether the address names a host on a network.
        package var isNetwork: Bool { self != .file && self != .device }
    }

    package static let maximumLength = 2048

    package let scheme: Scheme
    /// The whole address with its credentials: to open it, never to print it.
    package let text: String
    /// What follows the scheme's colon.
    private let rest: Substring

    package init(_ text: String) throws(InvalidCameraURL) {
        guard !text.isEmpty else { throw InvalidCameraURL(reason: "it is empty") }
        guard text.utf8.count <= Self.maximumLength else {
            throw InvalidCameraURL(reason: "it is longer than \(Self.maximumLength) bytes")
        }
        guard !text.hasPrefix("-") else { throw InvalidCameraURL(reason: "it starts with \"-\"") }
        for scalar in text.unicodeScalars {
            guard !Self.isControl(scalar) else {
                throw InvalidCameraURL(reason: "it has a line break or control character")
            }
        }
        let schemes = Scheme.allCases.map(\.rawValue).joined(separator: ", ")
        guard let colon = text.firstIndex(of: ":"),
            let scheme = Scheme(rawValue: text[..<colon].lowercased())
        else { throw InvalidCameraURL(reason: "it must start with one of \(schemes) and a colon") }
        self.scheme = scheme
        self.text = text
        rest = text[text.index(after: colon)...]
        if scheme.isNetwork {
            try Self.checkNetwork(rest)
        } else if let objection = Self.objection(toPath: filePath, scheme: scheme, rest: rest) {
            throw InvalidCameraURL(reason: objection)
        }
    }

    /// The percent-decoded path of a `file:` or `device:` address; nil for the others or when it cannot be decoded.
    /// A `file:` path without a leading slash is relative to the settings file.
    package var filePath: String? {
        guard !scheme.isNetwork else { return nil }
        return Self.percentDecoded(rest.hasPrefix("//") ? rest.dropFirst(2) : rest)
    }

    /// The address without user name and password and without the values of query parameters.
    package var redacted: String {
        guard scheme.isNetwork else { return text }
        var shown = rest.dropFirst(2)
        var query: Substring = ""
        if let mark = shown.firstIndex(where: { $0 == "?" || $0 == "#" }) {
            query = shown[mark...]
            shown = shown[..<mark]
        }
        // The last "@" even behind a slash: an unescaped "/" in a password must not uncover the rest of it.
        if let at = (shown + query).lastIndex(of: "@") {
            let whole = String(shown + query)
            let tail = whole[whole.index(after: whole.lastIndex(of: "@") ?? at)...]
            let mark = tail.firstIndex { $0 == "?" || $0 == "#" } ?? tail.endIndex
            return "\(scheme)://***@\(tail[..<mark])\(Self.redactedQuery(tail[mark...]))"
        }
        return "\(scheme)://\(shown)\(Self.redactedQuery(query))"
    }

    private static func redactedQuery(_ query: Substring) -> String {
        guard let mark = query.first else { return "" }
        let parts = query.dropFirst().split(separator: "&", omittingEmptySubsequences: false)
        let shown = parts.map { part -> String in
            guard let equals = part.firstIndex(of: "=") else { return "***" }
            return "\(part[..<equals])=***"
        }
        return "\(mark)\(shown.joined(separator: "&"))"
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }

    private static func checkNetwork(_ rest: Substring) throws(InvalidCameraURL) {
        guard rest.hasPrefix("//") else { throw InvalidCameraURL(reason: "\"//\" and a host must follow the scheme") }
        guard !rest.contains(where: \.isWhitespace) else { throw InvalidCameraURL(reason: "it has a space") }
        let authority = rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let hostAndPort = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        var host = hostAndPort
        var port: Substring?
        if hostAndPort.hasPrefix("[") {
            guard let end = hostAndPort.firstIndex(of: "]") else {
                throw InvalidCameraURL(reason: "the IPv6 host has no closing \"]\"")
            }
            host = hostAndPort[hostAndPort.index(after: hostAndPort.startIndex)..<end]
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                throw InvalidCameraURL(reason: "the host in brackets is not an IPv6 address")
            }
            let after = hostAndPort[hostAndPort.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else {
                throw InvalidCameraURL(reason: "only a port may follow the IPv6 host")
            }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = hostAndPort.firstIndex(of: ":") {
            host = hostAndPort[..<colon]
            port = hostAndPort[hostAndPort.index(after: colon)...]
        }
        guard !host.isEmpty else { throw InvalidCameraURL(reason: "it has no host") }
        guard !host.hasPrefix("-") else { throw InvalidCameraURL(reason: "the host starts with \"-\"") }
        if let port {
            guard port.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(port), (1...65535).contains(number)
            else { throw InvalidCameraURL(reason: "the port is not a number between 1 and 65535") }
        }
    }

    private static func objection(toPath path: String?, scheme: Scheme, rest: Substring) -> String? {
        guard let path else { return "a \"%\" must be followed by two hexadecimal digits of valid UTF-8" }
        guard !path.isEmpty, path != "/" else { return "it has no path" }
        guard !path.hasPrefix("-") else { return "the path starts with \"-\"" }
        guard !path.unicodeScalars.contains(where: isControl) else { return "the path has a control character" }
        if rest.hasPrefix("//"), !path.hasPrefix("/") {
            return "three slashes must precede an absolute path: \(scheme):///path"
        }
        if scheme == .device, !path.hasPrefix("/dev/") || path.split(separator: "/").contains("..") {
            return "a device is written device:///dev/video0"
        }
        return nil
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var source = text.utf8.makeIterator()
        while let byte = source.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = source.next().flatMap(hexValue), let low = source.next().flatMap(hexValue) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
    }
}

extension CameraURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { redacted }
    package var debugDescription: String { redacted }
    package var customMirror: Mirror { Mirror(self, children: ["redacted": redacted]) }
}

/// Why a text is not a `CameraURL`. Never carries the text, which may hold a password.
package struct InvalidCameraURL: Error, Equatable, CustomStringConvertible {
    package let reason: String

    package init(reason: String) { self.reason = reason }

    package var description: String { "not a camera address: \(reason)" }
}
