import NIOCore

/// The files of the dashboard, embedded in the program.
///
/// All but the page itself are served below an address that names their content as a whole: modules that belong together
/// come together, and a browser may keep them for ever.
struct Dashboard: Sendable {
    /// Names the content of all files together.
    let release: String
    /// The page: one for all addresses, its scripts show what belongs to the address.
    let page: FixedAnswer
    /// Files that must lie at the top: a service worker rules what lies below it.
    let top: [String: FixedAnswer]
    /// The others, by name.
    let files: [String: FixedAnswer]

    static let shared = Dashboard(files: embedded)

    /// - Parameter files: content by name; in `index.html` and in what lies at the top, `{release}` stands for the name of
    ///   the release.
    init(files: [String: [UInt8]]) {
        let release = contentHash(
            files.sorted { $0.key < $1.key }.lazy.flatMap { Array($0.key.utf8) + [0] + $0.value })
        self.release = release
        func text(_ name: String) -> ByteBuffer {
            let text = String(decoding: files[name] ?? [], as: UTF8.self)
            return ByteBuffer(string: text.replacing("{release}", with: release))
        }
        page = FixedAnswer(
            contentType: "text/html; charset=utf-8", body: text("index.html"), contentSecurityPolicy: Self.policy)
        let top = ["service-worker.js", "manifest.webmanifest"]
        self.top = Dictionary(
            uniqueKeysWithValues: top.map {
                ($0, FixedAnswer(contentType: Self.contentType(of: $0), body: text($0)))
            })
        self.files = files.filter { $0.key != "index.html" && !top.contains($0.key) }.reduce(into: [:]) {
            $0[$1.key] = FixedAnswer(
                contentType: Self.contentType(of: $1.key), body: ByteBuffer(bytes: $1.value), caching: .immutable)
        }
    }

    /// Nothing from elsewhere, nothing inline; scripts never make HTML of text (Trusted Types).
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob: data:",
        "media-src 'self' blob:", "connect-src 'self'", "manifest-src 'self'", "worker-src 'self'", "base-uri 'none'",
        "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types worker",
    ].joined(separator: "; ")

    private static func contentType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "webmanifest": "application/manifest+json"
        default: "application/octet-stream"
        }
    }
}
