import NIOCore

/// One reader's bounded queue: from a camera's feed to its connection or its UDP ports.
///
/// On the connection's event loop only.
final class StreamReader: StreamFeed.Reader, @unchecked Sendable {
    // Safe: only touched there.

    /// Over UDP so much of the GOP that it begins with leaves at once, and again after each pause: what comes faster than a
    /// network or a player takes it is lost. 13 MB/s: a usual GOP is through in a tenth of a second.
    private static let burstBytes = 64 << 10
    private static let burstPause = TimeAmount.milliseconds(5)

    private let channel: any Channel
    private let transports: [Int: StreamTransport]
    private let configuration: RTSPConfiguration
    private let counters: StreamingCounts
    private let udp: (any DatagramSender)?
    private let peer: SocketAddress?
    private let onStart: (StreamStart) -> Void
    private let onEnd: (String) -> Void

    private var queue: [StreamItem] = []
    private var head = 0
    /// Packets of the first that have left.
    private var headPackets = 0
    private var queuedBytes = 0
    /// Of these, what is in the counters.
    private var countedBytes = 0
    /// Of the GOP that the reader began with, until the queue is empty for the first time. It is shared by all readers.
    private var beginningBytes = 0
    /// Over UDP, until it has caught up.
    private var isPaced = false
    /// Waits for its next burst.
    private var isPausing = false
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
        counters: StreamingCounts, udp: (any DatagramSender)?, onStart: @escaping (StreamStart) -> Void,
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
        isPaced = transports.values.contains { if case .udp = $0 { true } else { false } }
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
        clear()
        count()
    }

    private func clear() {
        queue.removeAll()
        head = 0
        headPackets = 0
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
            clear()
            guard case .media(let batch) = item, batch.isKeyFrame else {
                needsKeyFrame = true
                return
            }
        }
        queue.append(item)
        queuedBytes += item.bytes
    }

    private func drain() {
        defer { count() }
        guard channel.isWritable, !isPausing else { return }
        lastProgress = .now()
        var written = 0
        while head < queue.count, channel.isWritable {
            if isPaced, written >= Self.burstBytes {
                pause()
                break
            }
            let item = queue[head]
            written += send(item, atMost: isPaced ? Self.burstBytes - written : .max)
            guard headPackets == 0 else { continue }
            head += 1
            queuedBytes -= item.bytes
        }
        if head == queue.count {
            queue.removeAll(keepingCapacity: true)
            head = 0
            beginningBytes = 0
            isPaced = false
        } else if head > 256 {
            queue.removeFirst(head)
            head = 0
        }
        if written > 0 {
            counters.add(\.sentBytes, written)
            channel.flush()
        }
    }

    private func count() {
        guard queuedBytes != countedBytes else { return }
        counters.add(\.waitingBytes, queuedBytes - countedBytes)
        countedBytes = queuedBytes
    }

    private func pause() {
        isPausing = true
        channel.eventLoop.scheduleTask(in: Self.burstPause) {
            self.isPausing = false
            self.drain()
        }
    }

    /// Sends an item, or of what goes over UDP as many packets as `limit` bytes take, at least one; `headPackets` is 0 behind
    /// the last.
    ///
    /// - Returns: the bytes written.
    private func send(_ item: StreamItem, atMost limit: Int) -> Int {
        switch item {
        case .media(let batch):
            switch transports[batch.track] {
            case .interleaved(let first):
                channel.write(batch.framed(onChannel: first), promise: nil)
                return batch.framed.readableBytes
            case .udp(let port, _):
                guard let udp, let address = peer?.with(port: port) else { return 0 }
                var (end, bytes) = (headPackets, 0)
                while end < batch.packets.count, bytes < limit {
                    bytes += batch.packets[end].count
                    end += 1
                }
                udp.send(batch, packets: headPackets..<end, to: address)
                headPackets = end < batch.packets.count ? end : 0
                return bytes
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
