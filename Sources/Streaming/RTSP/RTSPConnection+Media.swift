import NIOCore

/// Packets of media and reports, either way.
extension RTSPConnection {
    func take(_ packet: ByteBuffer, onChannel channel: UInt8) {
        // Readers send reports, which say that they live and no more; media that come before RECORD are nobody's.
        guard session.state == .recording, let (track, isReport) = session.track(ofChannel: channel) else { return }
        publishing?.receive(packet, track: track, isReport: isReport)
    }

    /// Takes what comes from a client's UDP ports.
    func listen(
        _ track: Int, rtp: SocketAddress, rtcp: SocketAddress, _ udp: UDPPorts, _ context: ChannelHandlerContext
    ) -> Bool {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        func receiver(isReport: Bool) -> UDPPorts.Receiver {
            { packet in bound.value.takeDatagram(packet, track: track, isReport: isReport) }
        }
        guard udp.receive(from: rtp, isReport: false, receiver(isReport: false)) else { return false }
        guard udp.receive(from: rtcp, isReport: true, receiver(isReport: true)) else {
            udp.forget(rtp, isReport: false)
            return false
        }
        return true
    }

    func takeDatagram(_ packet: ByteBuffer, track: Int, isReport: Bool) {
        lastActivity = .now()
        guard session.state == .recording else { return }
        publishing?.receiveDatagram(packet, track: track, isReport: isReport)
    }

    func release(_ transport: StreamTransport?, _ context: ChannelHandlerContext?) {
        guard case .udp(let rtp, let rtcp) = transport, let udp = shared.udp,
            let peer = context?.remoteAddress ?? remoteAddress
        else { return }
        udp.forget(peer.with(port: rtp), isReport: false)
        udp.forget(peer.with(port: rtcp), isReport: true)
    }

    func endReading() {
        guard let reader else { return }
        reader.end()
        if let readFeed { shared.feeds.leave(reader, readFeed) }
        shared.counters.add(\.readers, -1)
        self.reader = nil
        readFeed = nil
    }

    func endMedia(_ reason: String) {
        endReading()
        publishing?.end(reason)
        publishing = nil
        for transport in session.transports.values { release(transport, nil) }
    }

    func sendReceiverReports(_ context: ChannelHandlerContext) {
        guard let publishing else { return }
        for (track, packet) in publishing.receiverReports() {
            switch session.transports[track] {
            case .interleaved(let channel):
                // For publishers that never read, reports would pile up.
                guard context.channel.isWritable else { continue }
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
    }
}
