import CZlib
import NIOCore

/// The gzip form (RFC 1952) of bytes, as small as zlib makes it; the same bytes give the same form.
///
/// - Returns: nil when it would not be smaller.
func gzipped(_ bytes: ByteBuffer) -> ByteBuffer? {
    var stream = z_stream()
    // 15 bits of window, and 16 for a gzip header; 8 is zlib's usual memory.
    guard
        deflateInit2_(
            &stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { deflateEnd(&stream) }
    let size = bytes.readableBytes
    var isComplete = false
    var result = ByteBufferAllocator().buffer(capacity: size)
    result.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { output in
        bytes.withUnsafeReadableBytes { input in
            // zlib does not write into its input.
            stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(clamping: size)
            stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
            stream.avail_out = UInt32(clamping: size)
            isComplete = deflate(&stream, Z_FINISH) == Z_STREAM_END
        }
        return size - Int(stream.avail_out)
    }
    return isComplete ? result : nil
}

/// Whether a client takes gzip (RFC 9110, section 12.5.3).
///
/// - Parameter field: the value of `Accept-Encoding`.
func takesGzip(_ field: String?) -> Bool {
    var anything = false
    for entry in (field ?? "").lowercased().split(separator: ",") {
        let parts = entry.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
        guard let coding = parts.first else { continue }
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
        if coding == "gzip" || coding == "x-gzip" { return weight > 0 }
        if coding == "*" { anything = weight > 0 }
    }
    return anything
}
