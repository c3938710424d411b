package import Cameras
private import Domain
private import FFmpeg

/// The last seconds of one camera's compressed packets, bounded in seconds and bytes.
///
/// It always starts with a video key frame. The oldest GOP is let go once the next one covers the seconds wanted, so it
/// holds up to one GOP more than that. Packets are references: what the camera's hub holds too is there once.
package struct PreRoll: Sendable {
    package struct Limit: Sendable, Hashable {
        /// How far back it reaches at least.
        package var seconds: Double
        /// Payload at most; beyond it reaches less far back.
        package var bytes: Int

        package init(seconds: Double, bytes: Int = 64 << 20) {
            self.seconds = max(0, seconds)
            self.bytes = bytes
        }
    }

    private struct GOP: Sendable {
        var startSeconds: Double
        var packets: [CameraPacket]
        var bytes: Int
    }

    private let limit: Limit
    private var gops: [GOP] = []
    private var latestSeconds = 0.0
    /// Bytes of payload.
    package private(set) var byteCount = 0
    /// How often it had to let go of packets to stay within its bytes.
    package private(set) var shortenings = 0

    package init(limit: Limit) {
        self.limit = limit
    }

    package var packetCount: Int { gops.reduce(0) { $0 + $1.packets.count } }
    /// On the camera's timeline; nil when empty.
    package var startSeconds: Double? { gops.first?.startSeconds }
    /// How far back it reaches now.
    package var seconds: Double { gops.first.map { latestSeconds - $0.startSeconds } ?? 0 }

    /// Adds the next packet. What comes before the first key frame is passed over.
    package mutating func append(_ packet: CameraPacket) {
        if packet.isVideoKeyFrame {
            gops.append(GOP(startSeconds: packet.decodeTime.seconds, packets: [], bytes: 0))
        }
        guard !gops.isEmpty else { return }
        gops[gops.count - 1].packets.append(packet)
        gops[gops.count - 1].bytes += packet.packet.size
        byteCount += packet.packet.size
        if packet.isVideo { latestSeconds = packet.decodeTime.seconds }
        while gops.count > 1, gops[1].startSeconds <= latestSeconds - limit.seconds { removeFirst() }
        while byteCount > limit.bytes, !gops.isEmpty {
            removeFirst()
            shortenings += 1
        }
    }

    /// The packets from the last key frame at or before `seconds` on, or all when it does not reach back so far.
    package func packets(fromSeconds seconds: Double) -> [CameraPacket] {
        let first = gops.lastIndex { $0.startSeconds <= seconds } ?? 0
        return gops.dropFirst(first).flatMap(\.packets)
    }

    package mutating func removeAll() {
        gops.removeAll()
        byteCount = 0
    }

    private mutating func removeFirst() {
        byteCount -= gops.removeFirst().bytes
    }
}
