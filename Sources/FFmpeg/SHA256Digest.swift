internal import CFFmpeg
private import Foundation

/// The SHA-256 of a file (FIPS 180-4), by libavutil.
package enum SHA256Digest {
    /// Blocks while it reads.
    ///
    /// - Returns: 64 hexadecimal digits, lower case.
    package static func hex(ofFile path: String) throws -> String {
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        guard let context = av_sha_alloc(), av_sha_init(context, 256) == 0 else {
            throw FFmpegError(.other, call: "av_sha_alloc", subject: path, reason: "out of memory")
        }
        defer { av_free(UnsafeMutableRawPointer(context)) }
        while let chunk = try file.read(upToCount: 1 << 20), !chunk.isEmpty {
            chunk.withUnsafeBytes { bytes in
                av_sha_update(context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
            }
        }
        var digest = [UInt8](repeating: 0, count: 32)
        av_sha_final(context, &digest)
        return digest.map { String(format: "%02x", $0) }.joined()
    }
}
