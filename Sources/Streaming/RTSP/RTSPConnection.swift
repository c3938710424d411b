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
    private static let describeTimeout = TimeAmount.seconds(8)
    private static let describeInterval = TimeAmount.milliseconds(50)

    let shared: RTSPShared
    let isSecure: Bool
    var session = RTSPSession(id: makeSessionID())
    var reader: StreamReader?
    var publishing: RTSPPublisher?

    private var decoder = RTSPDecoder()
    /// A request whose answer has to wait; others behind it wait too.
    private var isAnswering = false
    private var checks: RepeatedTask?
    private var hasRequested = false
    /// Of any sign of life.
    private var lastActivity = NIODeadline.now()
    /// Before the first, of the connection. Packets and empty lines are no requests: nobody stays by them.
    private var lastRequest = NIODeadline.now()
    private var requestBegan: NIODeadline?
    private(set) var peer = "unknown"
    private var remoteAddress: SocketAddress?
    /// Of the credentials that let it in.
    private var accessGeneration: Int?

    init(shared: RTSPShared, isSecure: Bool) {
        self.shared = shared
        self.isSecure = isSecure
    }

    private static func makeSessionID() -> String { String(UInt64.random(in: .min ... .max), radix: 16) }

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
            reader?.becameWritable()
            proceed(context)
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

    private func proceed(_ context: ChannelHandlerContext) {
        do throws(RTSPSyntaxError) {
            // Who does not take the answers in gets no more of them.
            while !isAnswering, context.channel.isWritable, let item = try decoder.next() {
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
            session.confirmPause()
            respond(RTSPResponse(.ok, [session.sessionHeader]), to: request, context)
        case .tearDown:
            endMedia("it ended the session")
            // Another may follow on the same connection.
            session = RTSPSession(id: Self.makeSessionID())
            respond(RTSPResponse(.ok), to: request, context)
        }
    }

    private func isAllowed(
        _ right: Right, _ path: StreamPath, _ request: RTSPRequest, _ context: ChannelHandlerContext
    ) -> Bool {
        guard let access = shared.access else { return true }
        // Asked for before: a change in between ends this connection at the next look.
        let generation = access.generation
        let decision = access.check(
            authorization: request.header("authorization"), method: request.method, uri: request.uri, path: path,
            right: right, isSecure: isSecure, peer: peer)
        switch decision {
        case .allowed:
            accessGeneration = generation
            return true
        case .challenge(let isStale):
            shared.counters.add(\.refusals)
            let challenges = access.challenges(for: peer, isSecure: isSecure, isStale: isStale)
            respond(
                RTSPResponse(.unauthorized, challenges.map { RTSPHeader("WWW-Authenticate", $0) }), to: request, context
            )
        case .forbidden:
            shared.counters.add(\.refusals)
            respond(RTSPResponse(.forbidden), to: request, context)
        case .tooMany(let seconds):
            shared.counters.add(\.refusals)
            respond(
                RTSPResponse(.tooMany, [RTSPHeader("Retry-After", "\(Int(seconds.rounded(.up)))")]), to: request,
                context)
            context.close(promise: nil)
        }
        return false
    }

    private func describe(
        _ path: StreamPath, _ request: RTSPRequest, _ context: ChannelHandlerContext, until deadline: NIODeadline
    ) {
        guard let camera = shared.catalogue[path] else {
            respond(RTSPResponse(.notFound), to: request, context)
            return
        }
        if let media = StreamFeed.media(of: camera) {
            let base = request.uri.hasSuffix("/") ? request.uri : request.uri + "/"
            respond(
                RTSPResponse(
                    .ok,
                    [RTSPHeader("Content-Base", base), RTSPHeader("Content-Type", "application/sdp")],
                    body: SessionText.describing(name: path.lastSegment, media: media)), to: request, context)
            return
        }
        // One that is connected on demand is connected for this.
        if camera.source?.isOnDemand == true { camera.hub.announceConsumer() }
        let status = camera.status
        let mayCome =
            switch status.state {
            case .connecting: true
            case .idle: camera.source?.isOnDemand == true
            default: false
            }
        if mayCome, deadline > .now() {
            // It may be there in a moment: most cameras take about a second.
            isAnswering = true
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.assumeIsolated().scheduleTask(in: Self.describeInterval) {
                let (connection, context) = bound.value
                connection.isAnswering = false
                connection.describe(path, request, context, until: deadline)
                if !connection.isAnswering { connection.proceed(context) }
            }
            return
        }
        var reason = status.reason ?? "the camera is not connected"
        if case .running = status.state { reason = "\(status.video?.codec ?? "its codec") cannot be sent over RTSP" }
        respond(
            RTSPResponse(camera.source == nil ? .notFound : .unavailable, [RTSPHeader("X-Reason", reason)]),
            to: request,
            context)
    }

    private func announce(
        _ path: StreamPath, _ description: SessionDescription, _ request: RTSPRequest, _ context: ChannelHandlerContext
    ) {
        guard let camera = shared.catalogue[path] else {
            respond(RTSPResponse(.notFound), to: request, context)
            return
        }
        do {
            let publication = try camera.publish(from: peer)
            do {
                publishing = try RTSPPublisher(description, publication: publication, shared: shared)
            } catch {
                publication.end("\(error)")
                throw error
            }
            session.confirmAnnounce(path, description)
            shared.logger.info("publisher", metadata: ["path": "\(path)", "peer": "\(peer)"])
            respond(RTSPResponse(.ok), to: request, context)
        } catch {
            shared.logger.warning(
                "publisher refused", metadata: ["path": "\(path)", "peer": "\(peer)", "reason": "\(error)"])
            let status: RTSPStatus = error is PublishError ? .invalidState : .unsupportedMedia
            respond(RTSPResponse(status, [RTSPHeader("X-Reason", "\(error)")]), to: request, context)
        }
    }

    private func setUp(
        _ path: StreamPath, _ track: Int, _ offers: [TransportOffer], _ request: RTSPRequest,
        _ context: ChannelHandlerContext
    ) {
        if publishing == nil {
            guard let camera = shared.catalogue[path], let media = StreamFeed.media(of: camera),
                track < media.count
            else {
                respond(RTSPResponse(.notFound), to: request, context)
                return
            }
        }
        // Some publishers do not say that they record.
        for offer in offers where !offer.isRecording || publishing != nil {
            guard let (transport, header) = accept(offer, track: track, context) else { continue }
            if session.transports[track] != transport { release(session.transports[track], context) }
            session.confirmSetUp(path, track: track, transport)
            respond(
                RTSPResponse(.ok, [RTSPHeader("Transport", header), session.sessionHeader]), to: request, context)
            return
        }
        respond(RTSPResponse(.unsupportedTransport), to: request, context)
    }

    private func accept(_ offer: TransportOffer, track: Int, _ context: ChannelHandlerContext)
        -> (StreamTransport, String)?
    {
        let mode = publishing == nil ? "" : ";mode=record"
        switch offer.way {
        case .interleaved(let wanted):
            let channel = wanted ?? UInt8(truncatingIfNeeded: 2 * track)
            let isTaken = session.transports.contains { other, transport in
                guard other != track, case .interleaved(let own) = transport else { return false }
                return own.distance(to: channel).magnitude < 2
            }
            if isTaken { return nil }
            return (
                .interleaved(channel: channel), "RTP/AVP/TCP;unicast;interleaved=\(channel)-\(channel + 1)\(mode)"
            )
        case .udp(let rtp, let rtcp):
            // Beside an encrypted connection nothing may travel in the clear.
            guard !isSecure, let udp = shared.udp, let peer = context.remoteAddress else { return nil }
            let transport = StreamTransport.udp(rtp: rtp, rtcp: rtcp)
            if session.transports[track] != transport {
                guard listen(track, rtp: peer.with(port: rtp), rtcp: peer.with(port: rtcp), udp, context) else {
                    return nil
                }
            }
            return (
                transport,
                "RTP/AVP;unicast;client_port=\(rtp)-\(rtcp);server_port=\(udp.rtpPort)-\(udp.rtpPort + 1)\(mode)"
            )
        }
    }

    private func play(_ path: StreamPath, _ request: RTSPRequest, _ context: ChannelHandlerContext) {
        guard let camera = shared.catalogue[path] else {
            respond(RTSPResponse(.notFound), to: request, context)
            return
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        isAnswering = true
        let transports = session.transports
        let base = request.uri.hasSuffix("/") ? String(request.uri.dropLast()) : request.uri
        let reader = StreamReader(
            channel: context.channel, transports: transports, configuration: shared.configuration,
            counters: shared.counters, udp: shared.udp,
            onStart: { start in
                let (connection, context) = bound.value
                connection.session.confirmPlay()
                let tracks = start.tracks.enumerated().filter { transports[$0.offset] != nil }.map { track, start in
                    let time = start.timestamp.map { ";rtptime=\($0)" } ?? ""
                    return "url=\(base)/trackID=\(track);seq=\(start.sequence)\(time)"
                }
                var headers = [connection.session.sessionHeader, RTSPHeader("Range", "npt=now-")]
                if !tracks.isEmpty { headers.append(RTSPHeader("RTP-Info", tracks.joined(separator: ","))) }
                connection.respond(RTSPResponse(.ok, headers), to: request, context)
                connection.isAnswering = false
                connection.proceed(context)
            },
            onEnd: { reason in
                let (connection, context) = bound.value
                connection.shared.logger.info(
                    "reader ended", metadata: ["peer": "\(connection.peer)", "reason": "\(reason)"])
                context.close(promise: nil)
            })
        shared.counters.add(\.readers)
        self.reader = reader
        readFeed = shared.feeds.join(reader, to: camera)
    }

    private var readFeed: StreamFeed?

    func respond(_ response: RTSPResponse, to request: RTSPRequest?, _ context: ChannelHandlerContext) {
        let text = response.text(sequence: request?.header("cseq").map { String($0.prefix(32)) })
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    // MARK: Media

    private func take(_ packet: ByteBuffer, onChannel channel: UInt8) {
        // Readers send reports, which say that they live and no more; media that come before RECORD are nobody's.
        guard session.state == .recording, let (track, isReport) = session.track(ofChannel: channel) else { return }
        publishing?.receive(packet, track: track, isReport: isReport)
    }

    /// Takes what comes from a client's UDP ports.
    private func listen(
        _ track: Int, rtp: SocketAddress, rtcp: SocketAddress, _ udp: UDPPorts, _ context: ChannelHandlerContext
    ) -> Bool {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let loop = context.eventLoop
        func receiver(isReport: Bool) -> UDPPorts.Receiver {
            { packet in
                loop.execute { bound.value.takeDatagram(packet, track: track, isReport: isReport) }
            }
        }
        guard udp.receive(from: rtp, isReport: false, receiver(isReport: false)) else { return false }
        guard udp.receive(from: rtcp, isReport: true, receiver(isReport: true)) else {
            udp.forget(rtp, isReport: false)
            return false
        }
        return true
    }

    private func takeDatagram(_ packet: ByteBuffer, track: Int, isReport: Bool) {
        lastActivity = .now()
        guard session.state == .recording else { return }
        publishing?.receiveDatagram(packet, track: track, isReport: isReport)
    }

    private func release(_ transport: StreamTransport?, _ context: ChannelHandlerContext?) {
        guard case .udp(let rtp, let rtcp) = transport, let udp = shared.udp,
            let peer = context?.remoteAddress ?? remoteAddress
        else { return }
        udp.forget(peer.with(port: rtp), isReport: false)
        udp.forget(peer.with(port: rtcp), isReport: true)
    }

    private func endReading() {
        guard let reader else { return }
        reader.end()
        if let readFeed { shared.feeds.leave(reader, readFeed) }
        shared.counters.add(\.readers, -1)
        self.reader = nil
        readFeed = nil
    }

    private func endMedia(_ reason: String) {
        endReading()
        publishing?.end(reason)
        publishing = nil
        for transport in session.transports.values { release(transport, nil) }
    }

    // MARK: Time

    private func check(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        let configuration = shared.configuration
        let silence = now - lastActivity
        var reason: String?
        if let accessGeneration, accessGeneration != shared.access?.generation {
            reason = "the credentials were changed"
        } else if let requestBegan, now - requestBegan > configuration.requestTimeout {
            reason = "a request did not end"
        } else if !hasRequested, now - lastRequest > configuration.requestTimeout {
            reason = "nothing was asked"
        } else {
            switch session.state {
            case .initial, .ready:
                if now - lastRequest > configuration.idleTimeout { reason = "nothing was asked any more" }
            case .playing:
                if reader?.isStuck(now: now) == true {
                    shared.counters.add(\.droppedReaders)
                    reason = "it takes nothing in"
                } else if isOverUDP, silence > .seconds(Int64(RTSPSession.timeoutSeconds)) {
                    reason = "it gave no sign of life"
                }
            case .recording:
                if let publishing, now - publishing.lastPacket > configuration.publisherTimeout {
                    reason = "it sent nothing"
                } else {
                    sendReceiverReports(context)
                }
            }
        }
        guard let reason else { return }
        if session.state != .initial {
            shared.logger.info("connection closed", metadata: ["peer": "\(peer)", "reason": "\(reason)"])
        }
        endMedia(reason)
        context.close(promise: nil)
    }

    private var isOverUDP: Bool {
        session.transports.values.contains { if case .udp = $0 { true } else { false } }
    }

    private func sendReceiverReports(_ context: ChannelHandlerContext) {
        guard let publishing else { return }
        for (track, packet) in publishing.receiverReports() {
            switch session.transports[track] {
            case .interleaved(let channel):
                var frame = ByteBufferAllocator().buffer(capacity: packet.count + 4)
                frame.writeMultipleIntegers(UInt8(ascii: "$"), channel &+ 1, UInt16(clamping: packet.count))
                frame.writeBytes(packet)
                context.write(wrapOutboundOut(frame), promise: nil)
            case .udp(_, let port):
                if let address = remoteAddress?.with(port: port) {
                    shared.udp?.sendReport(ByteBuffer(bytes: packet), to: address)
                }
            case nil: break
            }
        }
        context.flush()
        shared.udp?.flush()
    }
}
