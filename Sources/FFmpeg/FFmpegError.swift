internal import CFFmpeg
internal import Foundation

/// A call of FFmpeg's libraries that failed.
///
/// Reads `avformat_open_input failed on rtsp://***@cam/1: Connection refused (-111)`.
package struct FFmpegError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of trouble, for code that reacts to it; the set may grow.
    package struct Code: Hashable, Sendable {
        fileprivate enum Kind {
            case cancelled, timedOut, endOfStream, unauthorized, notFound, unreachable, invalidData, other
        }
        fileprivate let kind: Kind

        /// The call was cancelled by us.
        package static let cancelled = Code(kind: .cancelled)
        /// No data came within the time allowed.
        package static let timedOut = Code(kind: .timedOut)
        package static let endOfStream = Code(kind: .endOfStream)
        /// The source refused the credentials, or wanted some.
        package static let unauthorized = Code(kind: .unauthorized)
        package static let notFound = Code(kind: .notFound)
        /// Connection refused, no route, name not found and the like.
        package static let unreachable = Code(kind: .unreachable)
        package static let invalidData = Code(kind: .invalidData)
        package static let other = Code(kind: .other)
    }

    package let code: Code
    /// The function that failed, e.g. `avformat_open_input`; empty where the reason alone says everything.
    package let call: String
    /// What it was called on, without secrets.
    package let subject: String
    package let reason: String

    package init(_ code: Code, call: String, subject: String, reason: String) {
        self.code = code
        self.call = call
        self.subject = subject
        self.reason = reason
    }

    /// - Parameter status: the negative value that the call returned.
    init(status: Int32, call: String, subject: String) {
        self.init(Self.code(of: status), call: call, subject: subject, reason: "\(Self.text(of: status)) (\(status))")
    }

    package var description: String { (call.isEmpty ? "" : "\(call) failed on ") + "\(subject): \(reason)" }

    private static func text(of status: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(AV_ERROR_MAX_STRING_SIZE)) { buffer in
            buffer.initialize(repeating: 0)
            guard let base = buffer.baseAddress, let text = spx_error_text(status, base, buffer.count) else {
                return "unknown error"
            }
            return String(cString: text)
        }
    }

    private static func code(of status: Int32) -> Code {
        switch status {
        case spx_error_eof: .endOfStream
        case spx_error_exit: .cancelled
        case spx_error_unauthorized, spx_error_forbidden, -EACCES, -EPERM: .unauthorized
        case spx_error_not_found, spx_error_stream_not_found, -ENOENT: .notFound
        case spx_error_timed_out: .timedOut
        case -ECONNREFUSED, -EHOSTUNREACH, -ENETUNREACH, -EIO, -ECONNRESET: .unreachable
        case spx_error_invalid: .invalidData
        default: .other
        }
    }
}

/// Throws when an FFmpeg call returned a negative status; otherwise hands the status on.
@discardableResult
func check(_ status: Int32, _ call: String, on subject: String) throws(FFmpegError) -> Int32 {
    guard status >= 0 else { throw FFmpegError(status: status, call: call, subject: subject) }
    return status
}

/// Throws out-of-memory when an allocation of FFmpeg's gave nothing.
func allocated<Pointee>(_ pointer: UnsafeMutablePointer<Pointee>?, _ call: String, on subject: String)
    throws(FFmpegError) -> UnsafeMutablePointer<Pointee>
{
    guard let pointer else { throw FFmpegError(status: spx_error_nomem, call: call, subject: subject) }
    return pointer
}
