import NIOCore
import NIOWebSocket

/// What uses a WebSocket. Called on the connection's event loop only.
protocol WebSocketUser: AnyObject {
    /// The connection is open: messages may be sent.
    func opened()
    /// Some of what was sent has gone: there is room for more.
    func becameWritable()
    /// Nothing can be sent any more; called once.
    func closed()
}

/// One WebSocket: pings, close handshake, and bounds on what a client may cost. Used on its event loop only.
///
/// What clients send has no meaning yet: it is checked and dropped. The handlers behind it are those of HTTP, and are told of
/// the end only.
final class WebSocketConnection: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = ByteBuffer

    private enum State {
        case open
        /// Our close frame is on its way; the connection closes when the client's comes, or soon.
        case closing
        case closed
    }

    /// A client that gives no sign of life for so many intervals between pings is gone.
    private static let mostSilentIntervals = 2
    /// How long the client may take to answer a close frame.
    private static let closeTimeout = TimeAmount.milliseconds(500)
    /// Small, so that a peer that stops reading shows soon.
    private static let sendBuffer = 64 << 10

    private let limits: WebLimits
    private let counters: WebCounters
    private let opening: WebSocketRoute.Opening
    private var user: (any WebSocketUser)?
    private var context: ChannelHandlerContext?
    private var assembly: MessageAssembly
    private var state = State.open
    private var silentIntervals = 0
    /// What waited at the last ping.
    private var waitedBytes = 0
    private var timer: Scheduled<Void>?
    /// Of the latest ping that came while nothing could be sent.
    private var unanswered: ByteBuffer?

    init(limits: WebLimits, counters: WebCounters, opening: @escaping WebSocketRoute.Opening) {
        self.limits = limits
        self.counters = counters
        self.opening = opening
        assembly = MessageAssembly(maximumBytes: limits.maximumMessageBytes)
    }

    // MARK: For its user

    var eventLoop: (any EventLoop)? { context?.eventLoop }

    /// Whether sent frames leave now; false: they would pile up.
    var isWritable: Bool { state == .open && context?.channel.isWritable == true }

    /// Bytes that were sent and wait for the network.
    var waitingBytes: Int {
        guard let context else { return 0 }
        return (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// - Parameter frame: made by `WebSocketBytes`; sent at the next `flush`.
    func send(_ frame: ByteBuffer) {
        guard state == .open, let context else { return }
        context.write(wrapOutboundOut(frame), promise: nil)
    }

    /// The same for bytes that go to several clients and are too many to be copied.
    func send(_ opcode: WebSocketBytes.Opcode, _ payload: ByteBuffer) {
        send(WebSocketBytes.head(opcode, payload.readableBytes))
        send(payload)
    }

    /// How many bytes may wait before it is not writable any more.
    func setWaterMark(_ mark: ChannelOptions.Types.WriteBufferWaterMark) {
        try? context?.channel.syncOptions?.setOption(.writeBufferWaterMark, value: mark)
    }

    func flush() {
        context?.flush()
    }

    /// Sends a close frame; the connection ends when the client answers it, or soon.
    func close(_ closure: WebSocketClosure) {
        close(WebSocketBytes.close(closure.code, closure.reason))
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        counters.webSocketOpened()
        try? context.channel.syncOptions?.setOption(
            .socketOption(.so_sndbuf), value: SocketOptionValue(Self.sendBuffer))
        let user = opening(self)
        self.user = user
        startTimer(limits.pingInterval) { $0.ping() }
        user.opened()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        silentIntervals = 0
        let frame = unwrapInboundIn(data)
        if state != .open {
            if state == .closing, frame.opcode == .connectionClose { context.close(promise: nil) }
            return
        }
        do throws(WebSocketClosure) {
            switch try assembly.take(frame) {
            case .ping(let payload):
                // To one who does not read, answers would pile up: it gets the latest when it does (RFC 6455, 5.5.3).
                unanswered = payload
                answer()
            case .close(let closure):
                close(WebSocketBytes.close(closure?.code))
                context.close(promise: nil)
            case .text, .binary, .pong, nil: break
            }
        } catch {
            close(error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isWritable {
            silentIntervals = 0
            answer()
            flush()
            user?.becameWritable()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { close(.goingAway) }
        if (event as? ChannelEvent) == .inputClosed { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error as? NIOWebSocketError {
        case .invalidFrameLength: close(.tooLarge)
        case .fragmentedControlFrame: close(.violation("a control frame in fragments"))
        case .multiByteControlFrameLength: close(.violation("a control frame over 125 bytes"))
        case nil: context.close(promise: nil)
        }
    }

    // MARK: Its own

    private func close(_ frame: ByteBuffer) {
        guard state == .open, let context else { return }
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        state = .closing
        timer?.cancel()
        startTimer(Self.closeTimeout) { $0.context?.close(promise: nil) }
        leave()
    }

    private func end() {
        state = .closed
        timer?.cancel()
        leave()
    }

    private func leave() {
        guard let user else { return }
        self.user = nil
        counters.webSocketClosed()
        user.closed()
    }

    private func ping() {
        guard let context, state == .open else { return }
        // A slow client whose pong waits behind much else is alive as long as it takes something in.
        let waiting = waitingBytes
        if waiting < waitedBytes { silentIntervals = 0 }
        waitedBytes = waiting
        if silentIntervals >= Self.mostSilentIntervals {
            counters.slowViewerDropped()
            context.close(promise: nil)
            return
        }
        silentIntervals += 1
        if context.channel.isWritable {
            context.writeAndFlush(wrapOutboundOut(WebSocketBytes.frame(.ping, ByteBuffer())), promise: nil)
        }
        startTimer(limits.pingInterval) { $0.ping() }
    }

    private func answer() {
        guard isWritable, let payload = unanswered else { return }
        unanswered = nil
        send(WebSocketBytes.frame(.pong, payload))
    }

    private func startTimer(_ delay: TimeAmount, _ body: @escaping (WebSocketConnection) -> Void) {
        guard let context else { return }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            if let self { body(self) }
        }
    }
}
