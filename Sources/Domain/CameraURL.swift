package struct CameraURL: Sendable, Hashable, CustomStringConvertible {
    package enum Scheme: String, Sendable, Hashable, CaseIterable {
        case rtsp, rtsps, rtmp, srt, http, https, file, device
    }
    package let scheme: Scheme
    package let text: String
    package var redacted: String { text }
    package var description: String { redacted }
    package init(_ text: String) {
        self.text = text
        scheme = Scheme(rawValue: String(text.prefix { $0 != ":" })) ?? .file
    }
}
