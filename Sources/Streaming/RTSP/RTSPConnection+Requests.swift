import Access
import Cameras
import Domain
import FFmpeg
import Logging
import NIOCore

/// What requests ask for, done.
extension RTSPConnection {
    func isAllowed(
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

    func describe(
        _ path: StreamPath, _ request: RTSPRequest, _ context: ChannelHandlerContext, until deadline: NIODeadline
    ) {
        guard let camera = shared.catalogue[path] else {
            respond(RTSPResponse(.notFound), to: request, context)
            return
        }
        if let media = StreamFeed.media(of: camera) {
            let base = RTSPAddress.base(request.uri) + "/"
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

    func announce(
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
            if let leftOut = publishing?.leftOut, !leftOut.isEmpty {
                shared.logger.info(
                    "media of a publisher left out",
                    metadata: ["path": "\(path)", "peer": "\(peer)", "media": "\(leftOut.joined(separator: ", "))"])
            }
            respond(RTSPResponse(.ok), to: request, context)
        } catch {
            shared.logger.warning(
                "publisher refused", metadata: ["path": "\(path)", "peer": "\(peer)", "reason": "\(error)"])
            let status: RTSPStatus = error is PublishError ? .invalidState : .unsupportedMedia
            respond(RTSPResponse(status, [RTSPHeader("X-Reason", "\(error)")]), to: request, context)
        }
    }

    func setUp(
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

    func accept(_ offer: TransportOffer, track: Int, _ context: ChannelHandlerContext)
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

    func play(_ path: StreamPath, _ request: RTSPRequest, _ context: ChannelHandlerContext) {
        guard let camera = shared.catalogue[path] else {
            respond(RTSPResponse(.notFound), to: request, context)
            return
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        isAnswering = true
        let transports = session.transports
        let base = RTSPAddress.base(request.uri)
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
}
