import NIOCore

/// What goes to a reader: made once, shared by all.
enum StreamItem: Sendable {
    case media(RTPBatch)
    /// An RTCP packet.
    case report(track: Int, ByteBuffer)

    var bytes: Int {
        switch self {
        case .media(let batch): batch.framed.readableBytes
        case .report(_, let packet): packet.readableBytes
        }
    }
}

/// Where a reader begins: for each media the sequence number of the next packet, and the timestamp of the moment at which it
/// begins, where it is known.
struct StreamStart: Sendable {
    struct Track: Sendable {
        var sequence: UInt16
        var timestamp: UInt32?
    }

    var tracks: [Track]
    var items: [StreamItem]
}
