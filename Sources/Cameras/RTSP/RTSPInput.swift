/// A response of an RTSP server (RFC 2326, section 7).
struct RTSPResponse: Sendable, Equatable {
    var status: Int
    var reason: String
    /// Names in lower case, in the order received; a name may come several times.
    var headers: [(name: String, value: String)]
    var body: [UInt8] = []

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    func headers(_ name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

    static func == (left: Self, right: Self) -> Bool {
        left.status == right.status && left.reason == right.reason && left.body == right.body
            && left.headers.elementsEqual(right.headers) { $0.name == $1.name && $0.value == $1.value }
    }
}

/// What came from the server does not make sense.
struct RTSPSyntaxError: Error, Equatable, CustomStringConvertible {
    let description: String
}

/// Takes apart what an RTSP server sends over TCP: responses, its own requests, and interleaved `$` frames.
///
/// Pure and bounded: bytes in, items out.
struct RTSPInput: Sendable {
    enum Item: Equatable {
        /// An interleaved packet (RFC 2326, section 10.12); the range is of `bytes`, valid until the next `append`.
        case frame(channel: UInt8, Range<Int>)
        case response(RTSPResponse)
        /// A request of the server's; its head only matters for skipping it.
        case request
    }

    static let maximumHeadBytes = 64 << 10
    static let maximumBodyBytes = 256 << 10

    /// What has arrived stands at `head..<tail`; the rest is room that is kept, so that no byte is cleared or moved twice.
    private(set) var bytes: [UInt8] = []
    private var head = 0
    private var tail = 0

    /// Makes room for `count` bytes behind what waits, and lets `fill` write there; it returns how many it wrote.
    mutating func append(upTo count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int) rethrows -> Int {
        if head > 0, head == tail || bytes.count - tail < count {
            bytes.withUnsafeMutableBytes { buffer in
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[head..<tail]))
            }
            (head, tail) = (0, tail - head)
        }
        if bytes.count - tail < count {
            bytes += [UInt8](repeating: 0, count: count - (bytes.count - tail))
        }
        let filled = try bytes.withUnsafeMutableBytes { buffer in
            try fill(UnsafeMutableRawBufferPointer(rebasing: buffer[tail..<(tail + count)]))
        }
        tail += min(max(filled, 0), count)
        return filled
    }

    mutating func append(_ more: [UInt8]) {
        _ = append(upTo: more.count) { buffer in
            buffer.copyBytes(from: more)
            return more.count
        }
    }

    /// The next whole item; nil when more bytes are needed.
    mutating func next() throws(RTSPSyntaxError) -> Item? {
        // Some servers send stray line ends between messages.
        while head < tail, bytes[head] == 13 || bytes[head] == 10 { head += 1 }
        guard head < tail else { return nil }
        return bytes[head] == UInt8(ascii: "$") ? nextFrame() : try nextMessage()
    }

    private mutating func nextFrame() -> Item? {
        guard tail - head >= 4 else { return nil }
        let length = Int(bytes[head + 2]) << 8 | Int(bytes[head + 3])
        guard tail - head >= 4 + length else { return nil }
        let start = head + 4
        let channel = bytes[head + 1]
        head = start + length
        return .frame(channel: channel, start..<head)
    }

    private mutating func nextMessage() throws(RTSPSyntaxError) -> Item? {
        guard let end = endOfHead() else {
            guard tail - head <= Self.maximumHeadBytes else {
                throw RTSPSyntaxError(description: "a head of more than \(Self.maximumHeadBytes) bytes")
            }
            return nil
        }
        let text = String(decoding: bytes[head..<end], as: UTF8.self)
        var lines = text.split(omittingEmptySubsequences: true) { $0.isNewline }[...]
        let first = lines.popFirst() ?? ""
        var headers: [(name: String, value: String)] = []
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...]
            headers.append((line[..<colon].trimmed.lowercased(), value.trimmed))
        }
        let length = try Self.bodyLength(headers)
        guard tail - end >= length else { return nil }
        let body = Array(bytes[end..<(end + length)])
        head = end + length
        let parts = first.split(separator: " ", maxSplits: 2)
        guard first.hasPrefix("RTSP/") else {
            guard parts.count == 3, parts[2].hasPrefix("RTSP/") else {
                throw RTSPSyntaxError(description: "neither a response nor a packet")
            }
            return .request
        }
        guard parts.count >= 2, let status = Int(parts[1]), (100...999).contains(status) else {
            throw RTSPSyntaxError(description: "a status line without a status")
        }
        return .response(
            RTSPResponse(status: status, reason: parts.count > 2 ? String(parts[2]) : "", headers: headers, body: body))
    }

    /// Just behind the empty line; lines may end with CR LF or LF alone.
    private func endOfHead() -> Int? {
        var index = head
        let limit = min(tail, head + Self.maximumHeadBytes)
        while index < limit {
            if bytes[index] == 10 {
                if index + 1 < tail, bytes[index + 1] == 10 { return index + 2 }
                if index + 2 < tail, bytes[index + 1] == 13, bytes[index + 2] == 10 { return index + 3 }
            }
            index += 1
        }
        return nil
    }

    private static func bodyLength(_ headers: [(name: String, value: String)]) throws(RTSPSyntaxError) -> Int {
        guard let text = headers.first(where: { $0.name == "content-length" })?.value else { return 0 }
        guard let length = Int(text), (0...maximumBodyBytes).contains(length) else {
            throw RTSPSyntaxError(description: "a Content-Length of \(text.prefix(20))")
        }
        return length
    }
}

extension Substring {
    /// Without blanks at either end.
    var trimmed: String {
        var rest = self
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
