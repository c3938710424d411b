import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// A connection: Hummingbird's HTTP/1.1, or a WebSocket when its first request is a handshake that a route takes. Its tasks
/// are kept on the connection's own event loop.
///
/// On the cooperative pool each request would cross between threads when it is read, answered and written, which costs
/// more than answering it. So no route may block or compute for long: the disk has threads of its own (`onDisk`).
struct ConnectionChannel: ServerChildChannel {
    /// Handles the requests, and says what stands between the decoder and it.
    let base: HTTP1Channel
    let upgrades: WebSocketUpgrades
    let limits: WebLimits
    let counters: WebCounters

    /// What a connection has become.
    enum Outcome: Sendable {
        case http(HTTP1Channel.Value)
        case webSocket
    }

    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let outcome: EventLoopFuture<Outcome>
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
            let upgrader = WebSocketUpgrader(upgrades: upgrades, limits: limits, counters: counters)
            let upgrade = NIOTypedHTTPServerUpgradeHandler<Outcome>(
                httpEncoder: encoder, extraHTTPHandlers: [decoder],
                upgradeConfiguration: .init(upgraders: [upgrader]) { speakHTTP($0, logger) })
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(encoder)
            try pipeline.addHandler(decoder)
            try pipeline.addHandler(FirstRequest(timeout: limits.requestTimeout, upgrades: upgrades))
            try pipeline.addHandler(upgrade)
            return Value(channel: channel, outcome: upgrade.upgradeResultFuture)
        }
    }

    /// The rest of the pipeline of `HTTP1Channel`, once it is clear that the connection stays HTTP.
    private func speakHTTP(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Outcome> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandlers(base.configuration.additionalChannelHandlers())
            try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
            return .http(
                try HTTP1Channel.Value(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
        }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            // A connection that closes before its first request has become nothing.
            switch try? await value.outcome.get() {
            case .http(let connection): await base.handle(value: connection, logger: logger)
            case .webSocket: try? await value.channel.closeFuture.get()
            case nil: value.channel.close(promise: nil)
            }
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
