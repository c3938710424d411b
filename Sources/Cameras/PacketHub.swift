private import Domain
private import FFmpeg
private import Plumbing

/// Hands a camera's compressed packets to any number of consumers, each behind a bounded queue of its own.
///
/// Keeps the current GOP, so that a consumer that comes late starts at the last key frame. Publishing never blocks:
/// a consumer that lags loses its queue up to the next key frame, and the loss is counted.
package final class PacketHub: Sendable {
    /// The most that is kept of one GOP. A camera with longer GOPs makes late consumers wait for the next key frame.
    package struct GOPLimit: Sendable {
        package var packets = 1500
        package var bytes = 16 << 20
        package init() {}
    }

    private struct State {
        var gop: [CameraPacket] = []
        var gopBytes = 0
        var isKeepingGOP = false
        var subscriptions: [ObjectIdentifier: PacketSubscription] = [:]
        var droppedOfFormer: [PacketConsumer: Int] = [:]
        /// When somebody last wanted packets at once, who does no more; seconds of a monotonic clock.
        var lastWanted = -Double.infinity
    }

    private let limit: GOPLimit
    private let state = Locked(State())

    package init(limit: GOPLimit = GOPLimit()) {
        self.limit = limit
    }

    /// Hands one packet to everybody.
    package func publish(_ packet: CameraPacket) {
        let subscriptions = state.withLock { state in
            keep(packet, in: &state)
            // A queue under its own lock, filled in the hub's: a new subscriber sees each packet exactly once.
            for subscription in state.subscriptions.values { subscription.push(packet) }
            return Array(state.subscriptions.values)
        }
        for subscription in subscriptions { subscription.wake() }
    }

    /// The source is gone: what is kept of its GOP must not meet the next one's packets.
    ///
    /// Consumers learn of it once they have taken what came before (`PacketSubscription.takeSourceEnd`).
    package func endSource() {
        let subscriptions = state.withLock { state in
            state.gop.removeAll()
            state.gopBytes = 0
            state.isKeepingGOP = false
            for subscription in state.subscriptions.values { subscription.endSource() }
            return Array(state.subscriptions.values)
        }
        for subscription in subscriptions { subscription.wake() }
    }

    /// Starts a queue, filled with the current GOP.
    ///
    /// - Parameters:
    ///   - consumer: whose it is, for the counters.
    ///   - includesAudio: whether packets of streams that are not video come too.
    ///   - isLive: whether packets are wanted at once. Where no consumer says so, they may come a tenth of a second late.
    ///   - wake: called, on the camera's thread, after a packet was queued; must return at once.
    package func subscribe(
        for consumer: PacketConsumer = .live, limit: PacketSubscription.Limit = .init(), includesAudio: Bool = false,
        isLive: Bool = true,
        wake: (@Sendable () -> Void)? = nil
    ) -> PacketSubscription {
        let subscription = PacketSubscription(
            hub: self, consumer: consumer, limit: limit, includesAudio: includesAudio, isLive: isLive, wake: wake)
        state.withLock { state in
            for packet in state.gop { subscription.push(packet) }
            state.subscriptions[ObjectIdentifier(subscription)] = subscription
        }
        subscription.wake()
        return subscription
    }

    /// Whether any consumer wants packets at once.
    package var hasLiveConsumers: Bool { state.withLock { $0.subscriptions.values.contains(where: \.isLive) } }

    /// Says that somebody will want packets soon, e.g. has asked what there is.
    package func announceConsumer() {
        state.withLock { $0.lastWanted = Camera.uptimeSeconds }
    }

    /// Whether any consumer wants packets at once, or did not long ago.
    func isWanted(within seconds: Double) -> Bool {
        let now = Camera.uptimeSeconds
        return state.withLock { state in
            state.subscriptions.values.contains(where: \.isLive) || now - state.lastWanted < seconds
        }
    }

    /// How many consumers there are.
    package var subscriberCount: Int { state.withLock { $0.subscriptions.count } }

    /// Packets that consumers lost because they lagged, since the start.
    package var droppedPackets: Int {
        state.withLock { state in
            state.droppedOfFormer.values.reduce(0, +)
                + state.subscriptions.values.reduce(0) { $0 + $1.droppedPackets }
        }
    }

    /// Consumers of now, and what those before them lost.
    var consumers: (now: [PacketSubscription], droppedOfFormer: [PacketConsumer: Int]) {
        state.withLock { (Array($0.subscriptions.values), $0.droppedOfFormer) }
    }

    /// Packets of the current GOP that are kept for late consumers, and how many may be.
    package var currentGOP: (packets: Int, limit: Int) { (state.withLock { $0.gop.count }, limit.packets) }

    func remove(_ subscription: PacketSubscription) {
        state.withLock { state in
            guard state.subscriptions.removeValue(forKey: ObjectIdentifier(subscription)) != nil else { return }
            state.droppedOfFormer[subscription.consumer, default: 0] += subscription.droppedPackets
            if subscription.isLive { state.lastWanted = Camera.uptimeSeconds }
        }
    }

    private func keep(_ packet: CameraPacket, in state: inout State) {
        if packet.isVideoKeyFrame {
            state.gop.removeAll(keepingCapacity: true)
            state.gopBytes = 0
            state.isKeepingGOP = true
        }
        guard state.isKeepingGOP else { return }
        state.gop.append(packet)
        state.gopBytes += packet.packet.size
        if state.gop.count > limit.packets || state.gopBytes > limit.bytes {
            state.gop.removeAll()
            state.gopBytes = 0
            state.isKeepingGOP = false
        }
    }
}
