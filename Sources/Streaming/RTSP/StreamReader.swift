import NIOCore

/// One reader's bounded queue: from a camera's feed to its connection or its UDP ports.
///
/// On the connection's event loop only.
final class StreamReader: StreamFeed.Reader, @unchecked Sendable {
    // Safe: only touched there.

    private let channel: any Channel
    private let transports: [Int: StreamTransport]
    private let configuration: RTSPConfiguration
    private let counters: StreamingCounts
    private let udp: UDPPorts?
    private let peer: SocketAddress?
    private let onStart: (StreamStart) -> Void
    private let onEnd: (String) -> Void

    private var queue: [StreamItem] = []
    private var head = 0
    private var queuedBytes = 0
    /// Of the GOP that the reader began with, until the queue is empty for the first time. It is shared by all readers.
    private var beginningBytes = 0
    private var needsKeyFrame = true
    private var isEnded = false
    /// Of the last time that the connection was seen to take something in.
    private var lastProgress = NIODeadline.now()
    /// What waited in the connection when `isStuck` was asked last.
    private var waitingBytes: Int?

    /// - Parameters:
    ///   - onStart: called once, before anything is sent.
    ///   - onEnd: called when the reader cannot go on.
    init(
        channel: any Channel, transports: [Int: StreamTransport], configuration: RTSPConfiguration,
        counters: StreamingCounts, udp: UDPPorts?, onStart: @escaping (StreamStart) -> Void,
        onEnd: @escaping (String) -> Void
    ) {
        self.channel = channel
        self.transports = transports
        self.configuration = configuration
        self.counters = counters
        self.udp = udp
        peer = channel.remoteAddress
        self.onStart = onStart
        self.onEnd = onEnd
    }

    func begin(_ start: StreamStart) {
        guard !isEnded else { return }
        onStart(start)
        beginningBytes = start.items.reduce(0) { $0 + $1.bytes }
        deliver(start.items)
    }

    func deliver(_ items: [StreamItem]) {
        guard !isEnded else { return }
        for item in items {
            if needsKeyFrame {
                guard case .media(let batch) = item, batch.isKeyFrame else {
                    // Times of sound and pictures come in front of the first.
                    if case .report = item { append(item) }
                    continue
                }
                needsKeyFrame = false
            }
            append(item)
        }
        drain()
    }

    func endOfMedia(_ reason: String) {
        guard !isEnded else { return }
        end()
        onEnd(reason)
    }

    func end() {
        isEnded = true
        queue.removeAll()
        head = 0
        queuedBytes = 0
    }

    /// The connection has taken in what was written.
    func becameWritable() {
        drain()
    }

    /// Whether the connection is full and nothing was taken in for too long. To be asked every few seconds.
    func isStuck(now: NIODeadline) -> Bool {
        guard !channel.isWritable else { return false }
        // As long as it is full, nothing is added: every difference is what the peer took in, be it ever so slow.
        let waiting = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        if waiting != waitingBytes {
            waitingBytes = waiting
            lastProgress = now
        }
        return now - lastProgress > configuration.slowReaderTimeout
    }

    private func append(_ item: StreamItem) {
        if queuedBytes + item.bytes > configuration.readerQueueBytes + beginningBytes {
            counters.add(\.skips)
            beginningBytes = 0
            queue.removeAll()
            head = 0
            queuedBytes = 0
            needsKeyFrame = true
            return
        }
        queue.append(item)
        queuedBytes += item.bytes
    }

    private func drain() {
        guard channel.isWritable else { return }
        lastProgress = .now()
        var written = 0
        while head < queue.count, channel.isWritable {
            let item = queue[head]
            head += 1
            queuedBytes -= item.bytes
            written += send(item)
        }
        if head == queue.count {
            queue.removeAll(keepingCapacity: true)
            head = 0
            beginningBytes = 0
        } else if head > 256 {
            queue.removeFirst(head)
            head = 0
        }
        if written > 0 {
            counters.add(\.sentBytes, written)
            channel.flush()
        }
    }

    /// - Returns: the bytes written.
    private func send(_ item: StreamItem) -> Int {
        switch item {
        case .media(let batch):
            switch transports[batch.track] {
            case .interleaved(let first):
                channel.write(batch.framed(onChannel: first), promise: nil)
                return batch.framed.readableBytes
            case .udp(let port, _):
                guard let udp, let address = peer?.with(port: port) else { return 0 }
                udp.send(batch, to: address)
                return batch.payloadBytes
            case nil: return 0
            }
        case .report(let track, let packet):
            switch transports[track] {
            case .interleaved(let first):
                var frame = ByteBufferAllocator().buffer(capacity: packet.readableBytes + 4)
                frame.writeMultipleIntegers(UInt8(ascii: "$"), first &+ 1, UInt16(clamping: packet.readableBytes))
                frame.writeImmutableBuffer(packet)
                channel.write(frame, promise: nil)
            case .udp(_, let port):
                if let address = peer?.with(port: port) { udp?.sendReport(packet, to: address) }
            case nil: return 0
            }
            return packet.readableBytes
        }
    }
}

extension SocketAddress {
    /// The same host with another port.
    func with(port: UInt16) -> SocketAddress {
        var copy = self
        copy.port = Int(port)
        return copy
    }
}
