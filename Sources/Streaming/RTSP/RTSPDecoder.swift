package import NIOCore

/// Takes apart what a client sends over a connection: requests, and `$` frames among them.
///
/// Pure and bounded: bytes in, items out.
package struct RTSPDecoder: Sendable {
    package enum Item: Sendable, Hashable {
        case request(RTSPRequest)
        /// An interleaved packet (RFC 2326, section 10.12).
        case frame(channel: UInt8, ByteBuffer)
    }

    package static let maximumHeadBytes = 16 << 10
    package static let maximumBodyBytes = SessionDescription.maximumBytes
    private static let maximumHeaders = 64

    /// Of a message whose body may not be whole.
    private struct Head {
        let size: Int
        let bodySize: Int
        /// Without its body; nil for a response.
        let request: RTSPRequest?
    }

    private var buffer = ByteBuffer()
    private var head: Head?
    /// Heads that were taken apart so far.
    package private(set) var headCount = 0
    /// Bytes in which no end of a head was found.
    private var searched = 0
    /// Whether the last `next` stopped in front of a message that it was not to take.
    package private(set) var isHeldBack = false

    package init() {}

    package mutating func append(_ bytes: ByteBuffer) {
        var bytes = bytes
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            // What was read would be kept for as long as no packet ends where the bytes do.
            buffer.discardReadBytes()
            buffer.writeBuffer(&bytes)
        }
    }

    /// Bytes that wait for more.
    package var waitingBytes: Int { buffer.readableBytes }

    /// The next whole item; nil when more bytes are needed.
    ///
    /// - Parameter takesRequests: otherwise a request stays where it is, and all behind it.
    /// - Throws: when what comes can be no RTSP; nothing can be read after that.
    package mutating func next(takesRequests: Bool = true) throws(RTSPSyntaxError) -> Item? {
        isHeldBack = false
        while let first: UInt8 = buffer.getInteger(at: buffer.readerIndex) {
            switch first {
            case UInt8(ascii: "$"):
                guard let length: UInt16 = buffer.getInteger(at: buffer.readerIndex + 2),
                    let channel: UInt8 = buffer.getInteger(at: buffer.readerIndex + 1),
                    buffer.readableBytes >= 4 + Int(length)
                else { return nil }
                buffer.moveReaderIndex(forwardBy: 4)
                guard let packet = buffer.readSlice(length: Int(length)) else { return nil }
                return .frame(channel: channel, packet)
            case UInt8(ascii: "\r"), UInt8(ascii: "\n"):
                // Some end a request with more of them than needed.
                buffer.moveReaderIndex(forwardBy: 1)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                guard takesRequests else {
                    isHeldBack = true
                    return nil
                }
                guard let message = try readMessage() else { return nil }
                // Responses are to requests that we never send.
                if let request = message { return .request(request) }
            default:
                throw RTSPSyntaxError("this is no RTSP")
            }
        }
        return nil
    }

    /// - Returns: nil when it is not whole; an empty optional for a response.
    private mutating func readMessage() throws(RTSPSyntaxError) -> RTSPRequest?? {
        guard let head = try readHead() else { return nil }
        guard buffer.readableBytes >= head.size + head.bodySize else { return nil }
        let body = Array(buffer.readableBytesView.dropFirst(head.size).prefix(head.bodySize))
        buffer.moveReaderIndex(forwardBy: head.size + head.bodySize)
        self.head = nil
        searched = 0
        guard var request = head.request else { return .some(nil) }
        request.body = body
        return request
    }

    /// Takes the head apart once, however many reads its body takes.
    ///
    /// - Returns: nil when it is not whole.
    private mutating func readHead() throws(RTSPSyntaxError) -> Head? {
        if let head { return head }
        let view = buffer.readableBytesView
        guard let size = endOfHead(view) else {
            guard view.count <= Self.maximumHeadBytes else {
                throw RTSPSyntaxError("the head is longer than \(Self.maximumHeadBytes) bytes")
            }
            searched = view.count
            return nil
        }
        guard size <= Self.maximumHeadBytes else {
            throw RTSPSyntaxError("the head is longer than \(Self.maximumHeadBytes) bytes")
        }
        headCount += 1
        let lines = String(decoding: view.prefix(size), as: UTF8.self).split(whereSeparator: \.isNewline)
        let headers = try Self.headers(lines.dropFirst())
        var bodySize = 0
        if let length = headers.first(where: { $0.name == "content-length" })?.value {
            guard let size = Int(length), (0...Self.maximumBodyBytes).contains(size) else {
                throw RTSPSyntaxError("Content-Length takes 0 to \(Self.maximumBodyBytes)")
            }
            bodySize = size
        }
        let parts = lines.first?.split(separator: " ", omittingEmptySubsequences: true) ?? []
        var request: RTSPRequest?
        if parts.first?.hasPrefix("RTSP/") != true {
            guard parts.count == 3, parts[2].hasPrefix("RTSP/1.") else {
                throw RTSPSyntaxError("a request is METHOD URL RTSP/1.0")
            }
            request = RTSPRequest(method: String(parts[0]), uri: String(parts[1]), headers: headers)
        }
        head = Head(size: size, bodySize: bodySize, request: request)
        return head
    }

    private static func headers(_ lines: ArraySlice<Substring>) throws(RTSPSyntaxError) -> [RTSPHeader] {
        guard lines.count <= maximumHeaders else {
            throw RTSPSyntaxError("there are more than \(maximumHeaders) headers")
        }
        return lines.compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return RTSPHeader(line[..<colon].trimmed.lowercased(), line[line.index(after: colon)...].trimmed)
        }
    }

    /// How many bytes there are up to the empty line and with it.
    private func endOfHead(_ view: ByteBufferView) -> Int? {
        view.withUnsafeBytes { bytes in
            var position = max(0, searched - 3)
            while position < bytes.count {
                if bytes[position] == UInt8(ascii: "\n") {
                    if position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "\n") { return position + 2 }
                    if position + 2 < bytes.count, bytes[position + 1] == UInt8(ascii: "\r"),
                        bytes[position + 2] == UInt8(ascii: "\n")
                    {
                        return position + 3
                    }
                }
                position += 1
            }
            return nil
        }
    }
}
