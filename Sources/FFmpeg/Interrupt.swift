internal import CFFmpeg
private import Dispatch
private import Synchronization

/// Ends blocking FFmpeg calls: at once when cancelled, or when they last longer than allowed.
///
/// One `Interrupt` belongs to one `Demuxer` or `Muxer`, which asks it about every 100 ms while it is blocked.
/// `cancel` may be called from any thread.
package final class Interrupt: Sendable {
    private let cancelled = Atomic<Bool>(false)
    /// Nanoseconds of the uptime clock after which a call gives up; `UInt64.max` for never.
    private let deadline = Atomic<UInt64>(.max)
    /// Whether a call was ever told that it is out of time.
    private let timedOut = Atomic<Bool>(false)

    package init() {}

    /// Ends the call that blocks now, and all later ones. There is no way back.
    package func cancel() {
        cancelled.store(true, ordering: .releasing)
    }

    package var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Runs `body` with a limit on the time that the calls in it may block.
    package func limited<Result>(toSeconds seconds: Double, _ body: () throws(FFmpegError) -> Result)
        throws(FFmpegError) -> Result
    {
        let nanoseconds = UInt64(min(max(seconds, 0), 1e6) * 1e9)
        deadline.store(DispatchTime.now().uptimeNanoseconds &+ nanoseconds, ordering: .relaxed)
        defer { deadline.store(.max, ordering: .relaxed) }
        return try body()
    }

    /// Whether the call in work is to end: cancelled, or out of time.
    package var shouldStop: Bool {
        if isCancelled { return true }
        guard isExpired else { return false }
        timedOut.store(true, ordering: .releasing)
        return true
    }

    /// Whether a call was interrupted. Some demuxers hand out what they still have first, and fail or end at a later call.
    var hasInterrupted: Bool { isCancelled || timedOut.load(ordering: .acquiring) }

    private var isExpired: Bool {
        DispatchTime.now().uptimeNanoseconds > deadline.load(ordering: .relaxed)
    }

    /// What a failed call really failed of: libav reports an interrupted open as anything from EXIT to INVALIDDATA.
    package func explain(_ error: FFmpegError, limitSeconds: Double) -> FFmpegError {
        if isCancelled {
            return FFmpegError(.cancelled, call: error.call, subject: error.subject, reason: "cancelled")
        }
        if hasInterrupted || isExpired {
            return FFmpegError(
                .timedOut, call: error.call, subject: error.subject,
                reason: "nothing came within \(Self.text(ofSeconds: limitSeconds)) s")
        }
        return error
    }

    private static func text(ofSeconds seconds: Double) -> String {
        Int(exactly: seconds).map { "\($0)" } ?? "\(seconds)"
    }

    /// Makes `context` ask this object. The caller keeps the object alive for as long as the context lives.
    func install(in context: UnsafeMutablePointer<AVFormatContext>) {
        spx_set_interrupt(context, interruptCallback, Unmanaged.passUnretained(self).toOpaque())
    }
}

private nonisolated func interruptCallback(_ opaque: UnsafeMutableRawPointer?) -> Int32 {
    guard let opaque else { return 0 }
    let interrupt = Unmanaged<Interrupt>.fromOpaque(opaque).takeUnretainedValue()
    return interrupt.shouldStop ? 1 : 0
}
