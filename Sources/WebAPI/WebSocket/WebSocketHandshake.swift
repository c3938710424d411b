import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// Turns a connection into a WebSocket when a request is a handshake that a route takes. That may be any request: proxies keep
/// connections open and send a handshake over one of them. NIO's own upgrade handler looks at the first request only.
///
/// Of what speaks HTTP, all behind it stays where it is: it hears nothing more until the connection ends.
final class WebSocketHandshake: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case http
        /// A handshake without its end.
        case begun(HTTPRequestHead, WebSocketRoute.Opening)
        /// What the client sends already waits.
        case changing
    }

    private let upgrades: WebSocketUpgrades
    private let limits: WebLimits
    private let counters: WebCounters
    private let encoder: HTTPResponseEncoder
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    /// Makes the answer.
    private let upgrader = NIOTypedWebSocketServerUpgrader<Void>(
        shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
        upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
    private var state = State.http
    private var unanswered = 0
    private var waiting: [NIOAny] = []

    init(
        upgrades: WebSocketUpgrades, limits: WebLimits, counters: WebCounters, encoder: HTTPResponseEncoder,
        decoder: ByteToMessageHandler<HTTPRequestDecoder>
    ) {
        self.upgrades = upgrades
        self.limits = limits
        self.counters = counters
        self.encoder = encoder
        self.decoder = decoder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .http: read(unwrapInboundIn(data), context)
        case .begun(let head, let opening):
            if case .end = unwrapInboundIn(data) { change(context, head, opening) }
        case .changing: waiting.append(data)
        }
    }

    private func read(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        guard case .head(var head) = part else { return context.fireChannelRead(wrapInboundOut(part)) }
        if head.headers.contains(name: "upgrade") {
            // Until the answers to those before have gone, the connection speaks HTTP.
            if unanswered == 0, let opening = opening(head) {
                state = .begun(head, opening)
                return
            }
            head.headers.remove(name: "upgrade")
            // The decoder stops after such a request, whatever becomes of it.
            head.headers.replaceOrAdd(name: "connection", value: "close")
        }
        unanswered += 1
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Frames of a WebSocket that has just begun pass here too.
        if case .http = state, case .end = unwrapOutboundIn(data) { unanswered -= 1 }
        context.write(data, promise: promise)
    }

    /// nil also for a handshake that is refused: its route answers it.
    private func opening(_ head: HTTPRequestHead) -> WebSocketRoute.Opening? {
        guard head.version == .http1_1,
            let request = try? HTTPRequest(head, secure: false, splitCookie: false)
        else { return nil }
        return try? upgrades.accept(request)
    }

    private func change(
        _ context: ChannelHandlerContext, _ head: HTTPRequestHead, _ opening: @escaping WebSocketRoute.Opening
    ) {
        state = .changing
        let pipeline = context.pipeline.syncOperations
        upgrader.buildUpgradeResponse(
            channel: context.channel, upgradeRequest: head,
            initialResponseHeaders: ["connection": "upgrade", "upgrade": upgrader.supportedProtocol]
        ).assumeIsolated().flatMap { headers in
            // What it has read beyond the handshake comes here.
            pipeline.removeHandler(self.decoder).map { headers }
        }.flatMap { headers in
            let answer = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
            context.write(self.wrapOutboundOut(.head(answer)), promise: nil)
            return pipeline.removeHandler(self.encoder)
        }.flatMapThrowing {
            // Its deadlines are those of requests.
            if let old = try? pipeline.handler(type: ConnectionGuard.self) { pipeline.removeHandler(old, promise: nil) }
            let frames = ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: self.limits.maximumMessageBytes))
            let connection = WebSocketConnection(limits: self.limits, counters: self.counters, opening: opening)
            try pipeline.addHandlers([frames, connection], position: .after(self))
            context.flush()
            for data in self.waiting { context.fireChannelRead(data) }
            context.fireChannelReadComplete()
            pipeline.removeHandler(context: context, promise: nil)
        }.whenFailure { _ in context.close(promise: nil) }
    }
}
