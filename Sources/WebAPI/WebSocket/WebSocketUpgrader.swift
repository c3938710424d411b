import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// Turns a connection into a WebSocket after the handshake.
///
/// NIO's own upgrader makes the answer. It would also add its frame encoder; we write frames that are encoded once for all
/// who get them.
struct WebSocketUpgrader: NIOTypedHTTPServerProtocolUpgrader {
    typealias UpgradeResult = ConnectionChannel.Outcome

    let upgrades: WebSocketUpgrades
    let limits: WebLimits
    let counters: WebCounters
    private let base: NIOTypedWebSocketServerUpgrader<ConnectionChannel.Outcome>

    init(upgrades: WebSocketUpgrades, limits: WebLimits, counters: WebCounters) {
        self.upgrades = upgrades
        self.limits = limits
        self.counters = counters
        base = NIOTypedWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededFuture(.webSocket) })
    }

    var supportedProtocol: String { base.supportedProtocol }
    var requiredUpgradeHeaders: [String] { base.requiredUpgradeHeaders }

    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        base.buildUpgradeResponse(
            channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
    }

    func upgrade(channel: any Channel, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<ConnectionChannel.Outcome> {
        channel.eventLoop.makeCompletedFuture {
            let request = try HTTPRequest(upgradeRequest, secure: false, splitCookie: false)
            guard let opening = try upgrades.accept(request) else { throw ChannelError.inappropriateOperationForState }
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(
                ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limits.maximumMessageBytes)))
            try pipeline.addHandler(WebSocketConnection(limits: limits, counters: counters, opening: opening))
            return .webSocket
        }
    }
}
