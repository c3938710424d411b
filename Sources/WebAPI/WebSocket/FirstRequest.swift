import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Watches over a connection until its first request, and tells NIO's upgrade handler behind it only of handshakes that will
/// be taken: on any other `Upgrade` field that handler would keep the request to itself for ever.
///
/// Nobody behind it answers parse errors, slow clients and shutdown before there is a request, so it does.
final class FirstRequest: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let timeout: TimeAmount
    private let upgrades: WebSocketUpgrades
    private var timer: Scheduled<Void>?

    init(timeout: TimeAmount, upgrades: WebSocketUpgrades) {
        self.timeout = timeout
        self.upgrades = upgrades
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { bound.value.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        if case .head(var head) = part {
            if head.headers.contains(name: "upgrade"), !takes(head) {
                head.headers.remove(name: "upgrade")
                // The decoder stops after such a request, whatever becomes of it.
                head.headers.replaceOrAdd(name: "connection", value: "close")
            }
            part = .head(head)
        }
        context.fireChannelRead(wrapInboundOut(part))
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func takes(_ head: HTTPRequestHead) -> Bool {
        guard head.version == .http1_1,
            let request = try? HTTPRequest(head, secure: false, splitCookie: false)
        else { return false }
        return (try? upgrades.accept(request)) != nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        let hasGone = (event as? ChannelEvent) == .inputClosed
        if hasGone || event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else {
            context.close(promise: nil)
            return
        }
        let body = WebFailure.envelope(WebFailure.notHTTP)
        let head = HTTPResponseHead(
            version: .http1_1, status: .badRequest,
            headers: [
                "Content-Type": "application/json; charset=utf-8", "Content-Length": "\(body.readableBytes)",
                "Connection": "close",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }
}
