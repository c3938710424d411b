/// Whose queue of a camera's packets it is.
package enum PacketConsumer: String, CaseIterable, Sendable {
    case decoder, recorder, rtsp
    /// Live video in the browser, and whoever does not say.
    case live
}

/// How one kind of consumer of a camera is doing; several of a kind are added up.
package struct PacketQueue: Sendable, Hashable {
    /// Packets that wait.
    package var depth = 0
    /// Packets that may wait; 0 while there is no such consumer.
    package var capacity = 0
    /// Packets lost because the consumer lagged, since the start; also those of consumers that left.
    package var dropped = 0

    package init() {}
}

extension PacketHub {
    /// The queues of all kinds of consumers.
    package var queues: [PacketConsumer: PacketQueue] {
        let (subscriptions, former) = consumers
        var queues = Dictionary(uniqueKeysWithValues: PacketConsumer.allCases.map { ($0, PacketQueue()) })
        for (consumer, dropped) in former { queues[consumer]?.dropped = dropped }
        for subscription in subscriptions {
            queues[subscription.consumer]?.depth += subscription.depth
            queues[subscription.consumer]?.capacity += subscription.limit.packets
            queues[subscription.consumer]?.dropped += subscription.droppedPackets
        }
        return queues
    }
}
