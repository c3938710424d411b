internal import CFFmpeg

/// Where a `Demuxer` gets RTP packets that somebody else receives.
///
/// Used from the demuxer's thread only.
package protocol RTPFeed: AnyObject {
    /// Blocks until there is an RTP or RTCP packet, and writes it into `buffer` (64 KiB).
    ///
    /// - Returns: the packet's size in bytes; nil when no more will come.
    func nextPacket(into buffer: UnsafeMutableRawBufferPointer) throws(FFmpegError) -> Int?
}

/// Hands libav's SDP demuxer the description first, then one RTP packet a call.
final class FeedReader {
    private static let bufferSize: Int32 = 1 << 16

    private let feed: any RTPFeed
    private var description: [UInt8]
    private var isReadingDescription = true
    /// Why the feed ended; libav knows only numbers.
    private(set) var failure: FFmpegError?

    init(_ feed: any RTPFeed, description: String) {
        self.feed = feed
        self.description = Array(description.utf8)
    }

    /// A context that reads from this object, which must outlive it.
    func makeContext(subject: String) throws(FFmpegError) -> UnsafeMutablePointer<AVIOContext> {
        try allocated(
            spx_packet_reader(Self.bufferSize, Unmanaged.passUnretained(self).toOpaque(), feedCallback),
            "avio_alloc_context", on: subject)
    }

    /// The description was read to its end: from now on packets come.
    func beginPackets(_ context: UnsafeMutablePointer<AVIOContext>) {
        isReadingDescription = false
        context.pointee.eof_reached = 0
        context.pointee.error = 0
    }

    fileprivate func read(into buffer: UnsafeMutableRawBufferPointer) -> Int32 {
        if isReadingDescription {
            guard !description.isEmpty else { return spx_error_eof }
            let count = min(buffer.count, description.count)
            buffer.copyBytes(from: description.prefix(count))
            description.removeFirst(count)
            return Int32(clamping: count)
        }
        do throws(FFmpegError) {
            guard let count = try feed.nextPacket(into: buffer) else { return spx_error_eof }
            return Int32(clamping: count)
        } catch {
            failure = error
            return spx_error_io
        }
    }
}

private nonisolated func feedCallback(
    _ opaque: UnsafeMutableRawPointer?, _ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int32
) -> Int32 {
    guard let opaque, let bytes, count > 0 else { return spx_error_eof }
    let reader = Unmanaged<FeedReader>.fromOpaque(opaque).takeUnretainedValue()
    return reader.read(into: UnsafeMutableRawBufferPointer(start: bytes, count: Int(count)))
}
