import Access
import Logging
import NIOCore

/// What may not last for ever.
extension RTSPConnection {
    func check(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        let configuration = shared.configuration
        let silence = now - lastActivity
        let sessionTimeout = TimeAmount.seconds(Int64(session.timeoutSeconds))
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
                let limit = session.role == nil ? configuration.idleTimeout : sessionTimeout
                if now - lastRequest > limit { reason = "nothing was asked any more" }
            case .playing:
                if reader?.isStuck(now: now) == true {
                    shared.counters.add(\.droppedReaders)
                    reason = "it takes nothing in"
                } else if isOverUDP, silence > sessionTimeout {
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
}
