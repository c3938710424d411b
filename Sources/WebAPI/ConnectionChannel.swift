import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// A connection: Hummingbird's HTTP/1.1, and a WebSocket from the first handshake on that a route takes. Its tasks are kept on
/// the connection's own event loop.
///
/// On the cooperative pool each request would cross between threads when it is read, answered and written, which costs
/// more than answering it. So no route may block or compute for long: the disk has threads of its own (`onDisk`).
struct ConnectionChannel: ServerChildChannel {
    /// Handles the requests, and says what stands between the decoder and it.
    let base: HTTP1Channel
    let upgrades: WebSocketUpgrades
    let limits: WebLimits
    let counters: WebCounters

    struct Value: ServerChildChannelValue {
        let http: HTTP1Channel.Value
        var channel: any Channel { http.channel }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var bounds = NIOHTTPDecoderLimitConfiguration()
            bounds.maxHeaderFieldSize = base.configuration.httpDecoder.maxHeaderFieldSize
            bounds.maxHeaderListSize = base.configuration.httpDecoder.maxHeaderListSize
            bounds.maxHeaderFieldCount = base.configuration.httpDecoder.maxHeaderFieldCount
            let encoder = HTTPResponseEncoder()
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: bounds))
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(encoder)
            try pipeline.addHandler(decoder)
            try pipeline.addHandler(
                WebSocketHandshake(
                    upgrades: upgrades, limits: limits, counters: counters, encoder: encoder, decoder: decoder))
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandlers(base.configuration.additionalChannelHandlers())
            try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
            return Value(
                http: try HTTP1Channel.Value(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
        }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            await base.handle(value: value.http, logger: logger)
        }
    }
}

/// Runs tasks on an event loop.
private final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
