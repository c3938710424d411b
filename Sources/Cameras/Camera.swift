package import Domain
package import FFmpeg
private import Foundation
internal import Plumbing

/// One camera: its source, the hub that its packets go to, and what is known of its state.
package final class Camera: Sendable {
    /// What a user wants to know of it.
    package struct Status: Sendable {
        package var state = CameraSession.State.idle
        /// The video stream of the running connection.
        package var video: StreamInfo?
        /// Its sound: the first of what is announced.
        package var audio: StreamInfo?
        /// Pictures a second that arrive, over the last seconds.
        package var framesPerSecond = 0.0
        package var receivedPackets = 0
        package var receivedBytes = 0
        /// Connections made since the start.
        package var connections = 0
        /// Why it is not running; nil when it is.
        package var reason: String?
    }

    package let path: StreamPath
    /// nil for a camera whose stream will be published to us.
    package let source: Source?
    package let hub = PacketHub()
    private let current = Locked((status: Status(), rate: RateMeter()))
    let publishing = Locked(Publishing())
    private let observer = Locked<(@Sendable (Status) -> Void)?>(nil)

    package init(path: StreamPath, source: Source?) {
        self.path = path
        self.source = source
        if source == nil {
            current.withLock { $0.status.reason = Publication.waiting }
        }
    }

    package var status: Status {
        let now = Self.uptimeSeconds
        return current.withLock { current in
            current.status.framesPerSecond = current.rate.perSecond(at: now)
            return current.status
        }
    }

    /// From now on, `body` is told whenever the state or its reason has changed, on the thread that changed it; it must
    /// return at once. One at a time: it takes the place of another.
    package func observe(_ body: @escaping @Sendable (Status) -> Void) {
        observer.withLock { $0 = body }
    }

    func update(_ change: (inout Status) -> Void) {
        let changed: Status? = current.withLock { current in
            let before = current.status
            change(&current.status)
            let isSame = before.state == current.status.state && before.reason == current.status.reason
            return isSame ? nil : current.status
        }
        if let changed { observer.withLock { $0 }?(changed) }
    }

    /// Counts a packet that has its place on the camera's timeline, and hands it to everybody.
    func deliver(
        _ packet: Packet, of stream: StreamInfo, isVideo: Bool, at place: Timeline.Placement,
        wallClock: inout WallClock, generation: Int
    ) {
        let wall = wallClock.seconds(mediaSeconds: place.decodeTime.seconds, wallNow: Date().timeIntervalSince1970)
        let now = Self.uptimeSeconds
        current.withLock { current in
            current.status.receivedPackets &+= 1
            current.status.receivedBytes &+= packet.size
            if isVideo { current.rate.count(at: now) }
        }
        hub.publish(
            CameraPacket(
                packet: packet, stream: stream, decodeTime: place.decodeTime, offsetSeconds: place.offsetSeconds,
                wallSeconds: wall, generation: generation))
    }

    static var uptimeSeconds: Double { ProcessInfo.processInfo.systemUptime }
}

/// Events a second over a sliding window of about five seconds, in ten buckets.
struct RateMeter: Sendable {
    private static let bucketSeconds = 0.5
    private static let bucketCount = 10
    private var buckets = [Int](repeating: 0, count: bucketCount)
    private var latest = Int.min
    private var startedAt: Double?

    mutating func count(at now: Double) {
        advance(to: now)
        if startedAt == nil { startedAt = now }
        buckets[Self.slot(of: latest)] += 1
    }

    mutating func perSecond(at now: Double) -> Double {
        advance(to: now)
        guard let startedAt else { return 0 }
        let current = now.truncatingRemainder(dividingBy: Self.bucketSeconds)
        let span = min(
            Double(Self.bucketCount - 1) * Self.bucketSeconds + current, max(now - startedAt, Self.bucketSeconds))
        return Double(buckets.reduce(0, +)) / span
    }

    private mutating func advance(to now: Double) {
        let bucket = Int((max(0, min(now, 1e12)) / Self.bucketSeconds).rounded(.down))
        guard bucket > latest else { return }
        if latest == .min || bucket - latest >= Self.bucketCount {
            if latest != .min { startedAt = nil }
            for index in buckets.indices { buckets[index] = 0 }
        } else {
            for passed in (latest + 1)...bucket { buckets[Self.slot(of: passed)] = 0 }
        }
        latest = bucket
    }

    private static func slot(of bucket: Int) -> Int { bucket % bucketCount }
}
