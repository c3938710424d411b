import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// A client over TLS that hears nothing any more once it is connected, as a phone that has gone to sleep.
final class SleepingPeer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private final class Deafness: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
    }

    private let asleep: EventLoopPromise<Void>

    private init(asleep: EventLoopPromise<Void>) {
        self.asleep = asleep
    }

    static func connect(port: Int) async throws -> any Channel {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        let context = try NIOSSLContext(configuration: configuration)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let asleep = loop.makePromise(of: Void.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handlers = channel.pipeline.syncOperations
                    try handlers.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                    try handlers.addHandler(SleepingPeer(asleep: asleep))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        try await asleep.futureResult.get()
        return channel
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else { return }
        asleep.completeWith(Result { try context.pipeline.syncOperations.addHandler(Deafness(), position: .first) })
    }
}
