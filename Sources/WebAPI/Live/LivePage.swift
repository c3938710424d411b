import Domain
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// The page at `/live`: every camera live, for browsers without scripts.
struct LivePage {
    let paths: [StreamPath]

    var response: Response {
        var fields: HTTPFields = [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"]
        fields[.contentSecurityPolicy] =
            "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'"
        return Response(status: .ok, headers: fields, body: .init(byteBuffer: ByteBuffer(string: html)))
    }

    private var html: String {
        let cameras = paths.map { path in
            let name = htmlEscaped(path.rawValue)
            return """
                <figure><a href="/video/stream?path=\(name)"><img src="/video/stream?path=\(name)" alt="\(name)"></a>
                <figcaption>\(name) · <a href="/video/snapshot?path=\(name)">snapshot</a></figcaption></figure>
                """
        }
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>SpectraX</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <style>
            :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
            body { margin: 1.5rem } figure { margin: 0 } img { width: 100%; border-radius: 6px; background: #8883 }
            main { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)) }
            </style></head>
            <body><h1>SpectraX</h1><main>
            \(cameras.isEmpty ? "<p>No camera is configured.</p>" : cameras.joined(separator: "\n"))
            </main><p><a href="/status">status</a> · <a href="/paths">paths</a> ·
            <a href="/docs">API</a></p></body></html>

            """
    }
}
