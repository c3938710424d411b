package import Access
private import Foundation
package import Logging
internal import NIOCore
private import NIOPosix
internal import Plumbing
internal import ServiceLifecycle

/// Takes streams from cameras and phones and hands on those of all cameras, over RTSP 1.0 (RFC 2326) and RTSPS.
package struct RTSPServer: Service {
    /// The ports that are listened on.
    package struct Ports: Sendable, Hashable {
        package var rtsp: Int
        /// nil without TLS.
        package var rtsps: Int?
        package var rtp: Int?
    }

    private let configuration: RTSPConfiguration
    private let catalogue: StreamCatalogue
    private let access: AccessControl?
    private let tls: TLSIdentity?
    package let counters: StreamingCounts
    private let logger: Logger
    private let onRunning: @Sendable (Ports) async -> Void

    /// - Parameters:
    ///   - access: nil: everybody may do everything.
    ///   - tls: nil: RTSPS is not offered.
    ///   - onRunning: called once with the bound ports.
    package init(
        configuration: RTSPConfiguration, catalogue: StreamCatalogue, access: AccessControl?, tls: TLSIdentity?,
        counters: StreamingCounts = StreamingCounts(), logger: Logger,
        onRunning: @escaping @Sendable (Ports) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.catalogue = catalogue
        self.access = access
        self.tls = tls
        self.counters = counters
        self.logger = logger
        self.onRunning = onRunning
    }

    /// Serves until graceful shutdown or cancellation.
    ///
    /// - Throws: `RTSPServerCannotListen`.
    package func run() async throws {
        // One event loop for all of streaming: what a publisher sends goes on to every reader without a change of thread, and
        // a core hands on more than a network takes away.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let udp = try await listening(configuration.rtpPort, .rtp) {
            try await UDPPorts.open(address: configuration.address, port: configuration.rtpPort, on: loop)
        }
        let shared = RTSPShared(
            catalogue: catalogue, access: access, configuration: configuration, counters: counters,
            feeds: StreamFeeds(on: loop), udp: udp, logger: logger)
        let connections = Connections(limit: configuration.maximumConnections)
        var servers: [any Channel] = []
        do {
            let plain = try await listening(configuration.port, .rtsp) {
                try await bind(configuration.port, tls: nil, shared, connections, loop)
            }
            servers.append(plain)
            var ports = Ports(rtsp: plain.localAddress?.port ?? 0, rtsps: nil, rtp: udp.rtpPort)
            if let tls {
                let secure = try await listening(configuration.securePort, .rtsps) {
                    try await bind(configuration.securePort, tls: tls, shared, connections, loop)
                }
                servers.append(secure)
                ports.rtsps = secure.localAddress?.port
            }
            await onRunning(ports)
            try? await gracefulShutdown()
        } catch {
            await close(servers, connections, udp)
            throw error
        }
        await close(servers, connections, udp)
    }

    private func close(_ servers: [any Channel], _ connections: Connections, _ udp: UDPPorts) async {
        for server in servers { try? await server.close() }
        await connections.closeAll()
        await udp.close()
    }

    private func bind(
        _ port: Int, tls: TLSIdentity?, _ shared: RTSPShared, _ connections: Connections,
        _ loop: any EventLoop
    ) async throws -> any Channel {
        try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 512)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A picture of a camera with a high rate fits at once.
            .childChannelOption(.socketOption(.so_sndbuf), value: 512 << 10)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 512 << 10, high: 2 << 20))
            .childChannelInitializer { channel in
                guard connections.add(channel) else {
                    shared.counters.add(\.refusedConnections)
                    return channel.close()
                }
                return channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(tls.makeHandler()) }
                    try channel.pipeline.syncOperations.addHandler(
                        RTSPConnection(shared: shared, isSecure: tls != nil))
                }
            }
            .bind(host: configuration.address, port: port).get()
    }

    private func listening<Value>(
        _ port: Int, _ kind: RTSPServerCannotListen.Kind, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as RTSPServerCannotListen {
            throw error
        } catch {
            throw RTSPServerCannotListen(kind: kind, address: configuration.address, port: port, underlying: error)
        }
    }
}

/// Why the streaming server does not listen.
package struct RTSPServerCannotListen: Error, CustomStringConvertible {
    package enum Kind: String, Sendable { case rtsp, rtsps, rtp }

    package let kind: Kind
    package let address: String
    package let port: Int
    package let underlying: any Error
    /// Whether the address is the trouble; otherwise it is the port.
    package var isAboutAddress: Bool {
        underlying is SocketAddressError.UnknownHost || (underlying as? IOError)?.errnoCode == EADDRNOTAVAIL
    }

    package var description: String {
        let place = kind == .rtp ? "\(address):\(port) and \(port + 1) (UDP)" : "\(address):\(port)"
        if underlying is SocketAddressError.UnknownHost { return "cannot listen on \(place): the host name is unknown" }
        switch (underlying as? IOError)?.errnoCode {
        case EADDRINUSE: return "\(place) is already in use: stop the other program or set another port"
        case EADDRNOTAVAIL: return "cannot listen on \(place): this machine has no such address"
        case EACCES: return "cannot listen on \(place): ports below 1024 are for the system; set another"
        default: return "cannot listen on \(place): \(underlying)"
        }
    }
}

/// Connections that are open.
private final class Connections: Sendable {
    private let channels = Locked<[ObjectIdentifier: any Channel]>([:])
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// - Returns: false when there are too many.
    func add(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let isAdded = channels.withLock { channels in
            guard channels.count < limit else { return false }
            channels[key] = channel
            return true
        }
        if isAdded {
            channel.closeFuture.whenComplete { [channels] _ in
                _ = channels.withLock { $0.removeValue(forKey: key) }
            }
        }
        return isAdded
    }

    func closeAll() async {
        // All at once: over TLS each waits for its peer's answer.
        let closures: [EventLoopFuture<Void>] = channels.withLock { $0.values.map { $0.close() } }
        for closure in closures { try? await closure.get() }
    }
}
