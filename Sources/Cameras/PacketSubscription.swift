private import FFmpeg
private import Foundation
private import Plumbing

/// One consumer's bounded queue of a camera's packets.
///
/// Pull with `next` from a thread of your own, or with `poll` whenever `wake` was called. It always begins with a
/// video key frame; after a loss it goes on with the next one.
package final class PacketSubscription: @unchecked Sendable {
    // Safe: all mutable state is only touched with the condition locked.
    package struct Limit: Sendable {
        package var packets: Int
        package var bytes: Int

        /// Some seconds of a usual camera.
        package init(packets: Int = 2000, bytes: Int = 32 << 20) {
            self.packets = packets
            self.bytes = bytes
        }
    }

    private weak let hub: PacketHub?
    let consumer: PacketConsumer
    let limit: Limit
    private let includesAudio: Bool
    let isLive: Bool
    private let wakeConsumer: (@Sendable () -> Void)?

    private let condition = NSCondition()
    private var queue: [CameraPacket] = []
    private var head = 0
    private var queuedBytes = 0
    private var needsKeyFrame = true
    private var hasStarted = false
    private var dropped = 0
    private var isCancelled = false
    private var hasSourceEnded = false

    init(
        hub: PacketHub, consumer: PacketConsumer, limit: Limit, includesAudio: Bool, isLive: Bool,
        wake: (@Sendable () -> Void)?
    ) {
        self.hub = hub
        self.consumer = consumer
        self.limit = limit
        self.includesAudio = includesAudio
        self.isLive = isLive
        wakeConsumer = wake
    }

    /// The next packet; blocks the calling thread until there is one.
    ///
    /// - Returns: nil when cancelled, or when nothing came within `seconds`; `isEnded` tells which.
    package func next(waitingAtMostSeconds seconds: Double) -> CameraPacket? {
        let end = Date(timeIntervalSinceNow: seconds)
        return condition.withLock {
            while head == queue.count, !isCancelled, condition.wait(until: end) {}
            return isCancelled ? nil : takeFirst()
        }
    }

    /// The next packet if there is one.
    package func poll() -> CameraPacket? {
        condition.withLock { isCancelled ? nil : takeFirst() }
    }

    /// Whether the source is gone and all its packets have been taken; true once for each end.
    ///
    /// A source that comes back at once may be missed here: its packets have another generation.
    package func takeSourceEnd() -> Bool {
        condition.withLock {
            guard hasSourceEnded, head == queue.count else { return false }
            hasSourceEnded = false
            return true
        }
    }

    package var isEnded: Bool { condition.withLock { isCancelled } }

    /// Ends the subscription: the queue is emptied and `next` returns nil.
    package func cancel() {
        condition.withLock {
            isCancelled = true
            queue.removeAll()
            head = 0
            queuedBytes = 0
            condition.broadcast()
        }
        hub?.remove(self)
    }

    /// Packets lost because this consumer lagged.
    package var droppedPackets: Int { condition.withLock { dropped } }
    /// Packets that wait.
    package var depth: Int { condition.withLock { queue.count - head } }

    func push(_ packet: CameraPacket) {
        guard packet.isVideo || includesAudio else { return }
        condition.withLock {
            guard !isCancelled else { return }
            if queue.count - head >= limit.packets || queuedBytes + packet.packet.size > limit.bytes {
                dropQueue()
            }
            if needsKeyFrame {
                guard packet.isVideoKeyFrame else {
                    // Before the first key frame nothing was promised; after a loss it is part of the loss.
                    if hasStarted { dropped += 1 }
                    return
                }
                needsKeyFrame = false
                hasStarted = true
            }
            hasSourceEnded = false
            queue.append(packet)
            queuedBytes += packet.packet.size
        }
    }

    func endSource() {
        condition.withLock {
            hasSourceEnded = true
            needsKeyFrame = true
            hasStarted = false
        }
    }

    func wake() {
        condition.withLock { condition.signal() }
        wakeConsumer?()
    }

    private func dropQueue() {
        dropped += queue.count - head
        queue.removeAll(keepingCapacity: true)
        head = 0
        queuedBytes = 0
        needsKeyFrame = true
    }

    private func takeFirst() -> CameraPacket? {
        guard head < queue.count else { return nil }
        let packet = queue[head]
        head += 1
        queuedBytes -= packet.packet.size
        if head == queue.count {
            queue.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 256 {
            queue.removeFirst(head)
            head = 0
        }
        return packet
    }
}
