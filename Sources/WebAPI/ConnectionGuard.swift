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
    /// For the request to be there.
    private var requestDeadline: Deadline?
    /// For the peer to take in some of a response.
    private var writeDeadline: Deadline?
    private var pendingWrites = 0
    private var isResponding = false
    /// Requests read to their end and not answered; more than one when the client pipelines.
    private var unanswered = 0
    /// The same, with those that are still read.
    private var begun = 0
    private var isStreaming = false
    /// The connection ends with the response to the latest request.
    private var isLast = false
    private var sendBuffer = 0

    init(limits: WebLimits, counters: WebCounters) {
        self.limits = limits
        self.counters = counters
    }

    func handlerAdded(context: ChannelHandlerContext) {
        setSendBuffer(Self.streamSendBuffer, context)
        requestDeadline = Deadline(limits.requestTimeout, context) { $0.close(promise: nil) }
        writeDeadline = Deadline(limits.writeTimeout, context) { [counters] context in
            counters.slowViewerDropped()
            context.close(promise: nil)
        }
        requestDeadline?.set()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        endDeadlines()
    }

    func channelInactive(context: ChannelHandlerContext) {
        endDeadlines()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isResponding = true
            begun += 1
            isLast = head.headerFields[.connection]?.lowercased() == "close"
        case .body: break
        case .end:
            unanswered += 1
            requestDeadline?.clear()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var data = data
        let part = unwrapOutboundIn(data)
        if case .head(var head) = part {
            if isLast, begun == 1 {
                head.headerFields[.connection] = "close"
                data = wrapOutboundOut(.head(head))
            }
            let type = head.headerFields[.contentType] ?? ""
            isStreaming = type.hasPrefix("multipart/") || type.hasPrefix("text/event-stream")
            let length = head.headerFields[.contentLength].flatMap { Int($0) } ?? 0
            setSendBuffer(length > Self.fileSendBuffer ? Self.fileSendBuffer : Self.streamSendBuffer, context)
        }
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        pendingWrites += 1
        if pendingWrites == 1 { writeDeadline?.set() }
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.pendingWrites -= 1
            if self.pendingWrites > 0 { self.writeDeadline?.set() } else { self.writeDeadline?.clear() }
        }
        if case .end = part {
            isResponding = false
            isStreaming = false
            begun = max(0, begun - 1)
            unanswered = max(0, unanswered - 1)
            if unanswered == 0 { requestDeadline?.set() }
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
        let body = WebFailure.envelope(WebFailure.notHTTP)
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

    private func endDeadlines() {
        requestDeadline?.end()
        writeDeadline?.end()
    }

    private func close(_ context: ChannelHandlerContext, after delay: TimeAmount) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) { bound.value.close(promise: nil) }
    }
}

/// A time by which something must have happened, for one connection; used on its event loop only.
///
/// It moves with every request and write, its timer does not: when that goes off early it is set anew.
private final class Deadline {
    private let delay: TimeAmount
    private let context: NIOLoopBound<ChannelHandlerContext>
    private let onMissed: (ChannelHandlerContext) -> Void
    /// nil when nothing is awaited.
    private var moment: NIODeadline?
    private var timer: Scheduled<Void>?

    init(_ delay: TimeAmount, _ context: ChannelHandlerContext, onMissed: @escaping (ChannelHandlerContext) -> Void) {
        self.delay = delay
        self.context = NIOLoopBound(context, eventLoop: context.eventLoop)
        self.onMissed = onMissed
    }

    func set() {
        let moment = NIODeadline.now() + delay
        self.moment = moment
        if timer == nil { startTimer(moment) }
    }

    func clear() { moment = nil }

    func end() {
        clear()
        timer?.cancel()
    }

    private func startTimer(_ deadline: NIODeadline) {
        timer = context.value.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            guard let moment = self.moment else { return }
            if moment <= .now() { self.onMissed(self.context.value) } else { self.startTimer(moment) }
        }
    }
}
