import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Store

/// Answers a request for a file of a recording: whole or in part, and only when the client has not got it yet.
struct FileResponse {
    let file: OpenRecordingFile
    let name: String
    /// Whether a browser is to save it rather than show it.
    let isDownload: Bool

    /// What is read and sent at a time.
    private static let chunkBytes: Int64 = 256 << 10

    /// Reads the first bytes.
    ///
    /// - Parameters:
    ///   - headers: of the request, which is GET or HEAD.
    ///   - mayWait: whether it may block on the disk.
    /// - Returns: nil when it would have to, and must not.
    /// - Throws: `WebFailure` for 412 and 416; `Unreadable`.
    func response(to headers: HTTPFields, mayWait: Bool) throws -> Response? {
        let modified = file.modifiedMicroseconds / 1_000_000
        // Of a file that is written once, its size and time of change name the content.
        let tag = "\"\(String(file.bytes, radix: 36))-\(String(file.modifiedMicroseconds, radix: 36))\""
        let conditions = FileConditions(entityTag: tag, modifiedSeconds: modified, headers: headers)
        var fields: HTTPFields = [
            .contentType: contentType, .acceptRanges: "bytes", .eTag: tag, .lastModified: HTTPDate.text(modified),
            .cacheControl: "private, max-age=3600",
        ]
        if conditions.isRefused {
            throw WebFailure(status: .preconditionFailed, message: "\(printable(name)) is another version by now")
        }
        if conditions.isUnmodified { return Response(status: .notModified, headers: fields) }
        if isDownload { fields[.contentDisposition] = "attachment; filename=\"\(quotedName)\"" }
        switch conditions.isRangeValid ? ByteRange(headers[.range], size: file.bytes) : .whole {
        case .whole:
            return try body(of: 0..<file.bytes, mayWait).map { Response(status: .ok, headers: fields, body: $0) }
        case .part(let range):
            fields[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.bytes)"
            return try body(of: range, mayWait).map { Response(status: .partialContent, headers: fields, body: $0) }
        case .unsatisfiable:
            throw WebFailure(
                status: .rangeNotSatisfiable,
                message: "Range: \(printable(name)) has \(file.bytes) bytes, none of those asked for",
                headers: [.contentRange: "bytes */\(file.bytes)", .acceptRanges: "bytes"])
        }
    }

    private var contentType: String {
        switch name.split(separator: ".").last?.lowercased() {
        case "mp4": "video/mp4"
        case "jpg", "jpeg": "image/jpeg"
        case "mkv": "video/x-matroska"
        case "avi": "video/x-msvideo"
        case "webm": "video/webm"
        case "png": "image/png"
        default: "application/octet-stream"
        }
    }

    private var quotedName: String { printable(name).filter { $0 != "\"" && $0 != "\\" } }

    private func body(of range: Range<Int64>, _ mayWait: Bool) throws -> ResponseBody? {
        let file = file
        let end = min(range.upperBound, range.lowerBound + Self.chunkBytes)
        guard let first = try Self.read(file, range.lowerBound..<end, mayWait) else { return nil }
        guard end < range.upperBound else { return ResponseBody(byteBuffer: first) }
        return ResponseBody(contentLength: Int(range.count)) { writer in
            try await writer.write(first)
            var offset = end
            while offset < range.upperBound {
                let chunk = offset..<min(range.upperBound, offset + Self.chunkBytes)
                if let bytes = try Self.read(file, chunk, false) {
                    try await writer.write(bytes)
                } else if let bytes = try await onDisk({ try Self.read(file, chunk, true) }) {
                    try await writer.write(bytes)
                }
                offset = chunk.upperBound
            }
            try await writer.finish(nil)
        }
    }

    /// The file became shorter, or the disk does not give it: the response breaks off, which the client notices.
    private struct Unreadable: Error {}

    /// - Returns: nil when the bytes are not in memory, and it must not wait for the disk.
    private static func read(_ file: OpenRecordingFile, _ range: Range<Int64>, _ mayWait: Bool) throws -> ByteBuffer? {
        var buffer = ByteBufferAllocator().buffer(capacity: range.count)
        var isComplete = false
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: range.count) { bytes in
            let room = UnsafeMutableRawBufferPointer(rebasing: bytes[..<range.count])
            isComplete =
                mayWait
                ? file.read(at: range.lowerBound, into: room) : file.readCached(at: range.lowerBound, into: room)
            return isComplete ? range.count : 0
        }
        if isComplete { return buffer }
        guard mayWait else { return nil }
        throw Unreadable()
    }
}
