import Domain
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
package import Plumbing
import ServiceLifecycle
package import Store

/// Bounds on what clients may cost.
package struct WebLimits: Sendable {
    /// From the accept, or from the end of the previous response, to the end of the request.
    package var requestTimeout = TimeAmount.seconds(10)
    /// How long a write may make no progress before the connection is closed.
    package var writeTimeout = TimeAmount.seconds(5)
    /// Further connections wait in the listen queue.
    package var maximumConnections = 1024
    /// All header fields of a request together, bytes.
    package var maximumHeaderBytes = 16 * 1024
    /// Path and query of a request, bytes.
    package var maximumTargetBytes = 8 * 1024
    /// A message from a WebSocket's client, bytes.
    package var maximumMessageBytes = 64 * 1024
    /// Between two pings of a WebSocket; a client that says nothing to two of them is disconnected.
    package var pingInterval = TimeAmount.seconds(15)
    /// Silence on an event stream after which a comment is sent.
    package var heartbeat = TimeAmount.seconds(15)

    package init() {}
}

/// Where the server listens and whom it answers.
package struct WebConfiguration: Sendable {
    /// A host name or an IP address.
    package var address: String
    /// 0 lets the system choose.
    package var port: Int
    package var allowedOrigins = AllowedOrigins.all
    package var limits = WebLimits()

    package init(address: String, port: Int) {
        self.address = address
        self.port = port
    }
}

/// Why the server does not listen.
package struct WebServerCannotListen: Error, CustomStringConvertible {
    package let address: String
    package let port: Int
    package let underlying: any Error
    /// Whether the address is the trouble; otherwise it is the port.
    package var isAboutAddress: Bool {
        underlying is SocketAddressError.UnknownHost || (underlying as? IOError)?.errnoCode == EADDRNOTAVAIL
    }

    package var description: String {
        let place = "\(address):\(port)"
        switch (underlying as? IOError)?.errnoCode {
        case EADDRINUSE: return "\(place) is already in use: stop the other program or set another port"
        case EADDRNOTAVAIL: return "cannot listen on \(place): this machine has no such address"
        case EACCES: return "cannot listen on \(place): ports below 1024 are for the system; set another"
        default: break
        }
        if underlying is SocketAddressError.UnknownHost { return "cannot listen on \(place): the host name is unknown" }
        return "cannot listen on \(place): \(underlying)"
    }
}

/// The HTTP server of the REST API and the live pictures.
package struct WebServer: Service {
    package let counters: WebCounters
    private let configuration: WebConfiguration
    let routes: WebRoutes
    private let upgrades: WebSocketUpgrades
    private let logger: Logger
    private let onServerRunning: @Sendable (Int) async -> Void

    /// - Parameter onServerRunning: Called once with the bound port.
    package init(
        configuration: WebConfiguration, catalogue: any CameraCatalogue, pictures: any LivePictures, store: Store,
        video: any LiveVideo = NoLiveVideo(), hls: any LiveHLS = NoLiveHLS(), events: LiveEvents = LiveEvents(),
        metrics: (any MetricsSource)? = nil, publishing: (any PublishingSource)? = nil,
        counters: WebCounters = WebCounters(), log: RecentLog = RecentLog(),
        logger: Logger,
        onServerRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.counters = counters
        self.logger = logger
        self.onServerRunning = onServerRunning
        let live = LiveRoutes(catalogue: catalogue, pictures: pictures, counters: counters)
        let eventRoutes = EventRoutes(catalogue: catalogue, events: events, heartbeat: configuration.limits.heartbeat)
        upgrades = WebSocketUpgrades(
            routes: [eventRoutes.webSocketRoute, live.videoRoute(video)], allowedOrigins: configuration.allowedOrigins,
            maximumTargetBytes: configuration.limits.maximumTargetBytes)
        routes = WebRoutes(
            table: RouteTable(
                live.routes + HLSRoutes(catalogue: catalogue, hls: hls).routes
                    + StreamRoutes(catalogue: catalogue, live: live, store: store).routes
                    + StatisticsRoutes(store: store).routes + RecordingRoutes(store: store).routes
                    + DocumentRoutes().routes + DashboardRoutes().routes + eventRoutes.routes + upgrades.httpRoutes
                    + MetricsRoutes(counters: counters, events: events, source: metrics).routes
                    + LogRoutes(log: log).routes + PublishRoutes(source: publishing).routes),
            allowedOrigins: configuration.allowedOrigins, maximumTargetBytes: configuration.limits.maximumTargetBytes,
            counters: counters)
    }

    /// Serves until graceful shutdown or cancellation.
    /// - Throws: `WebServerCannotListen`.
    package func run() async throws {
        let limits = configuration.limits
        let counters = counters
        let channel = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard(limits: limits, counters: counters)],
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.maximumHeaderBytes, maxHeaderListSize: limits.maximumHeaderBytes,
                maxHeaderFieldCount: 100))
        let application = Application(
            responder: routes,
            server: HTTPServerBuilder { [upgrades] responder in
                ConnectionChannel(
                    base: HTTP1Channel(responder: responder, configuration: channel), upgrades: upgrades,
                    limits: limits, counters: counters)
            },
            configuration: .init(
                address: .hostname(configuration.address, port: configuration.port),
                availableConnectionsDelegate: MaximumAvailableConnections(limits.maximumConnections, logger: logger)),
            onServerRunning: { [onServerRunning] channel in
                await onServerRunning(channel.localAddress?.port ?? 0)
            },
            logger: logger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw WebServerCannotListen(
                address: configuration.address, port: configuration.port, underlying: error)
        } catch let error as SocketAddressError.UnknownHost {
            throw WebServerCannotListen(
                address: configuration.address, port: configuration.port, underlying: error)
        }
    }
}
