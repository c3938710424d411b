internal import CFFmpeg
private import Foundation

/// Message digests by libavutil, in hexadecimal digits, lower case.
package enum MessageDigest {
    /// SHA-256 (FIPS 180-4) of a file, read piece by piece. Blocks.
    package static func sha256(ofFile path: String) throws -> String {
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        return try sha256 { update in
            while let chunk = try file.read(upToCount: 1 << 20), !chunk.isEmpty { chunk.withUnsafeBytes(update) }
        }
    }

    /// SHA-256 (FIPS 180-4).
    package static func sha256(_ bytes: [UInt8]) -> String {
        sha256 { update in bytes.withUnsafeBytes(update) }
    }

    /// MD5 (RFC 1321): for the digest authentication of RTSP, which has nothing better with most cameras.
    package static func md5(_ bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: 16)
        av_md5_sum(&digest, bytes, bytes.count)
        return hex(digest)
    }

    private static func sha256(_ feed: ((UnsafeRawBufferPointer) -> Void) throws -> Void) rethrows -> String {
        // A context is some hundred bytes; libavutil gives none only when memory is out.
        guard let context = av_sha_alloc() else { return "" }
        defer { av_free(UnsafeMutableRawPointer(context)) }
        av_sha_init(context, 256)
        try feed { bytes in
            av_sha_update(context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
        var digest = [UInt8](repeating: 0, count: 32)
        av_sha_final(context, &digest)
        return hex(digest)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String(format: "%02x", $0) }.joined()
    }
}
