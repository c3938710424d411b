import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// An answer that stays the same as long as the program does: asked for again it is a 304; compressed where that is taken.
struct FixedAnswer: Sendable {
    /// How long a client may use its copy.
    enum Caching: String, Sendable {
        /// It asks first whether it is still good.
        case revalidated = "no-cache"
        /// For ever: another content has another address.
        case immutable = "public, max-age=31536000, immutable"
    }

    let body: ByteBuffer
    /// nil when the plain one is as small.
    let compressed: ByteBuffer?
    private let headers: HTTPFields
    private let entityTag: String

    init(
        contentType: String, body: ByteBuffer, caching: Caching = .revalidated, contentSecurityPolicy: String? = nil
    ) {
        self.body = body
        compressed = gzipped(body)
        entityTag = contentHash(body.readableBytesView)
        var headers: HTTPFields = [
            .contentType: contentType, .cacheControl: caching.rawValue, .vary: "Accept-Encoding",
        ]
        headers[.contentSecurityPolicy] = contentSecurityPolicy
        self.headers = headers
    }

    func response(to request: Request) -> Response {
        let compressed = takesGzip(request.headers[.acceptEncoding]) ? compressed : nil
        let tag = compressed == nil ? "\"\(entityTag)\"" : "\"\(entityTag)-gzip\""
        var headers = headers
        headers[.eTag] = tag
        var conditions = HTTPFields()
        conditions[.ifNoneMatch] = request.headers[.ifNoneMatch]
        if FileConditions(entityTag: tag, modifiedSeconds: 0, headers: conditions).isUnmodified {
            return Response(status: .notModified, headers: headers)
        }
        if compressed != nil { headers[.contentEncoding] = "gzip" }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: compressed ?? body))
    }
}

/// Names a content: FNV-1a, 64 bit (http://www.isthe.com/chongo/tech/comp/fnv/), in digits and small letters.
func contentHash(_ bytes: some Sequence<UInt8>) -> String {
    let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return String(hash, radix: 36)
}
