import Access
import Cameras
import Domain
import FFmpeg
import Foundation
import Logging
import NIOCore
import NIOSSL

/// What all connections share.
struct RTSPShared: Sendable {
    let catalogue: StreamCatalogue
    /// nil: everybody may do everything.
    let access: AccessControl?
    let configuration: RTSPConfiguration
    let counters: StreamingCounts
    let feeds: StreamFeeds
    /// nil when RTP over UDP is not offered.
    let udp: UDPPorts?
    let logger: Logger
}

/// One RTSP connection: requests in, responses out, and media either way.
final class RTSPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let checkInterval = TimeAmount.seconds(2)
    /// How long DESCRIBE waits for a camera that is being connected.
    static let describeTimeout = TimeAmount.seconds(8)
    static let describeInterval = TimeAmount.milliseconds(50)

    let shared: RTSPShared
    let isSecure: Bool
    var session: RTSPSession
    var reader: StreamReader?
    var publishing: RTSPPublisher?
    /// Where the reader takes from.
    var readFeed: StreamFeed?

    private var decoder = RTSPDecoder()
    /// A request whose answer has to wait; others behind it wait too.
    var isAnswering = false
    private var checks: RepeatedTask?
    var hasRequested = false
    /// Of any sign of life.
    var lastActivity = NIODeadline.now()
    /// Before the first, of the connection. Packets and empty lines are no requests: nobody stays by them.
    var lastRequest = NIODeadline.now()
    var requestBegan: NIODeadline?
    private(set) var peer = "unknown"
    var remoteAddress: SocketAddress?
    /// Of the credentials that let it in.
    var accessGeneration: Int?

    init(shared: RTSPShared, isSecure: Bool) {
        self.shared = shared
        self.isSecure = isSecure
        session = Self.makeSession(shared.configuration)
    }

    private static func makeSession(_ configuration: RTSPConfiguration) -> RTSPSession {
        RTSPSession(
            id: String(UInt64.random(in: .min ... .max), radix: 16), timeoutSeconds: configuration.sessionTimeoutSeconds
        )
    }

    // MARK: Channel

    func channelActive(context: ChannelHandlerContext) {
        remoteAddress = context.remoteAddress
        peer = remoteAddress?.ipAddress ?? "unknown"
        shared.counters.add(\.connections)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        checks = context.eventLoop.scheduleRepeatedTask(initialDelay: Self.checkInterval, delay: Self.checkInterval) {
            _ in
            let (connection, context) = bound.value
            connection.check(context)
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        checks?.cancel()
        shared.counters.add(\.connections, -1)
        endMedia("the connection was closed")
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.append(unwrapInboundIn(data))
        lastActivity = .now()
        proceed(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            // In front of the reader, which fills it again: answers would never have their turn.
            proceed(context)
            reader?.becameWritable()
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOSSLError {
            shared.logger.debug("TLS failed", metadata: ["peer": "\(peer)", "error": "\(error)"])
        }
        context.close(promise: nil)
    }

    // MARK: Requests

    func proceed(_ context: ChannelHandlerContext) {
        do throws(RTSPSyntaxError) {
            // Who does not take the answers in gets no more of them. Packets need none.
            while let item = try decoder.next(takesRequests: !isAnswering && context.channel.isWritable) {
                requestBegan = nil
                switch item {
                case .request(let request):
                    hasRequested = true
                    lastRequest = .now()
                    answer(request, context)
                case .frame(let channel, let packet): take(packet, onChannel: channel)
                }
            }
        } catch {
            respond(RTSPResponse(.badRequest, [RTSPHeader("X-Reason", error.description)]), to: nil, context)
            context.close(promise: nil)
            return
        }
        if decoder.waitingBytes > RTSPDecoder.maximumHeadBytes + RTSPDecoder.maximumBodyBytes {
            // Requests wait for answers, and the client sends on and on.
            context.close(promise: nil)
        } else if decoder.isHeldBack {
            requestBegan = nil
        } else if decoder.waitingBytes > 0, requestBegan == nil {
            requestBegan = .now()
        }
    }

    private func answer(_ request: RTSPRequest, _ context: ChannelHandlerContext) {
        let step = session.receive(request) { shared.catalogue.find($0) }
        switch step {
        case .respond(let response):
            // Who may not watch does not hear which cameras there are.
            if response.status == .notFound, let address = RTSPAddress(request.uri),
                let path = try? StreamPath(address.path)
            {
                let isPublishing = if case .publisher = session.role { true } else { request.method == "ANNOUNCE" }
                guard isAllowed(isPublishing ? .publish : .read, path, request, context) else { return }
            }
            respond(response, to: request, context)
        case .describe(let path):
            guard isAllowed(.read, path, request, context) else { return }
            describe(path, request, context, until: .now() + Self.describeTimeout)
        case .announce(let path, let description):
            guard isAllowed(.publish, path, request, context) else { return }
            announce(path, description, request, context)
        case .setUp(let path, let track, let offers):
            let right: Right = if case .publisher = session.role { .publish } else { .read }
            guard isAllowed(right, path, request, context) else { return }
            setUp(path, track, offers, request, context)
        case .play(let path):
            guard isAllowed(.read, path, request, context) else { return }
            play(path, request, context)
        case .record(let path, _):
            guard isAllowed(.publish, path, request, context) else { return }
            session.confirmRecord()
            publishing?.begin()
            respond(RTSPResponse(.ok, [session.sessionHeader]), to: request, context)
        case .pause:
            endReading()
            publishing?.pause()
            session.confirmPause()
            respond(RTSPResponse(.ok, [session.sessionHeader]), to: request, context)
        case .tearDown:
            endMedia("it ended the session")
            // Another may follow on the same connection.
            session = Self.makeSession(shared.configuration)
            respond(RTSPResponse(.ok), to: request, context)
        }
    }

    func respond(_ response: RTSPResponse, to request: RTSPRequest?, _ context: ChannelHandlerContext) {
        let text = response.text(sequence: request?.header("cseq").map { String($0.prefix(32)) })
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
}
