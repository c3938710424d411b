/// The parts of an SDP (RFC 4566) that setting up a session needs.
struct SessionDescription: Sendable, Equatable {
    struct Media: Sendable, Equatable {
        /// `video`, `audio`, …
        var kind: String
        /// RTP payload types.
        var formats: [String]
        /// How the server wants it called (`a=control`); nil when it does not say.
        var control: String?
        /// Its lines, as they came.
        var lines: [String]
    }

    /// libav reads no more than this of a description.
    static let maximumBytes = 16 << 10

    /// Lines before the first media.
    var sessionLines: [String] = []
    var control: String?
    var media: [Media] = []

    /// Never fails: lines that make no sense are kept as they are, for libav to pass over.
    init(_ bytes: [UInt8]) {
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let line = line.trimmed
            if line.hasPrefix("m=") {
                let parts = line.dropFirst(2).split(separator: " ")
                media.append(
                    Media(
                        kind: parts.first.map(String.init) ?? "", formats: parts.dropFirst(3).map(String.init),
                        lines: [line]))
            } else if media.isEmpty {
                sessionLines.append(line)
                if let value = Self.control(line) { control = value }
            } else {
                media[media.count - 1].lines.append(line)
                if let value = Self.control(line) { media[media.count - 1].control = value }
            }
        }
    }

    /// The description with only some of its media.
    func text(of chosen: [Media]) -> String {
        (sessionLines + chosen.flatMap(\.lines)).map { $0 + "\r\n" }.joined()
    }

    private static func control(_ line: String) -> String? {
        line.hasPrefix("a=control:") ? line.dropFirst("a=control:".count).trimmed : nil
    }

    /// The URL of a control attribute (RFC 2326, appendix C.1.1): absolute, or behind the base.
    ///
    /// - Parameter base: the URL from Content-Base or, failing that, of the request.
    static func url(of control: String?, base: String) -> String {
        guard let control, !control.isEmpty, control != "*" else { return base }
        if control.lowercased().hasPrefix("rtsp://") || control.lowercased().hasPrefix("rtsps://") { return control }
        return base + (base.hasSuffix("/") || control.hasPrefix("/") ? "" : "/") + control
    }
}
