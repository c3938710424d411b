import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Bounds what one connection may cost: time to send a request, time to take in a response, bytes in the kernel.
///
/// The deadline for a request runs from the accept, or from the end of the previous response, to the request's end.
/// A write that makes no progress within `writeTimeout` closes the connection, which fails the pending write.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// A small send buffer makes a peer that stops reading show within a few pictures.
    private static let streamSendBuffer = 64 << 10
    /// A large one lets a file leave in fewer, longer writes.
    private static let fileSendBuffer = 512 << 10

    private let limits: WebLimits
    private let counters: WebCounters
    private var requestDeadline: Scheduled<Void>?
    private var writeDeadline: Scheduled<Void>?
    private var pendingWrites = 0
    private var isResponding = false
    /// Requests read to their end and not answered; more than one when the client pipelines.
    private var unanswered = 0
    private var isStreaming = false
    private var sendBuffer = 0

    init(limits: WebLimits, counters: WebCounters) {
        self.limits = limits
        self.counters = counters
    }

    func handlerAdded(context: ChannelHandlerContext) {
        setSendBuffer(Self.streamSendBuffer, context)
        awaitRequest(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        requestDeadline?.cancel()
        writeDeadline?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        requestDeadline?.cancel()
        writeDeadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: isResponding = true
        case .body: break
        case .end:
            unanswered += 1
            requestDeadline?.cancel()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        if case .head(let head) = part {
            isStreaming = head.headerFields[.contentType]?.hasPrefix("multipart/") ?? false
            let length = head.headerFields[.contentLength].flatMap { Int($0) } ?? 0
            setSendBuffer(length > Self.fileSendBuffer ? Self.fileSendBuffer : Self.streamSendBuffer, context)
        }
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        pendingWrites += 1
        if pendingWrites == 1 { awaitProgress(context) }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.pendingWrites -= 1
            self.writeDeadline?.cancel()
            if self.pendingWrites > 0 { self.awaitProgress(bound.value) }
        }
        if case .end = part {
            isResponding = false
            isStreaming = false
            unanswered = max(0, unanswered - 1)
            if unanswered == 0 { awaitRequest(context) }
        }
        context.write(data, promise: written)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isStreaming, let event = event as? ChannelEvent, event == .inputClosed {
            // A viewer that hangs up sends no more than this.
            context.close(promise: nil)
        } else if isStreaming, event is ChannelShouldQuiesceEvent {
            // The stream ends by itself, unless its viewer does not read.
            close(context, after: .milliseconds(500))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, !isResponding else {
            context.close(promise: nil)
            return
        }
        let body = WebFailure.envelope("the request is not valid HTTP")
        var fields = HTTPFields()
        fields[.contentType] = "application/json; charset=utf-8"
        fields[.contentLength] = String(body.readableBytes)
        fields[.connection] = "close"
        let head = HTTPResponse(status: .badRequest, headerFields: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }

    /// Without it all still works.
    private func setSendBuffer(_ bytes: Int, _ context: ChannelHandlerContext) {
        guard bytes != sendBuffer else { return }
        sendBuffer = bytes
        try? context.channel.syncOptions?.setOption(.socketOption(.so_sndbuf), value: SocketOptionValue(bytes))
    }

    private func awaitRequest(_ context: ChannelHandlerContext) {
        requestDeadline?.cancel()
        requestDeadline = close(context, after: limits.requestTimeout)
    }

    private func awaitProgress(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        writeDeadline = context.eventLoop.assumeIsolated().scheduleTask(in: limits.writeTimeout) {
            self.counters.slowViewerDropped()
            bound.value.close(promise: nil)
        }
    }

    @discardableResult
    private func close(_ context: ChannelHandlerContext, after delay: TimeAmount) -> Scheduled<Void> {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        return context.eventLoop.assumeIsolated().scheduleTask(in: delay) { bound.value.close(promise: nil) }
    }
}
