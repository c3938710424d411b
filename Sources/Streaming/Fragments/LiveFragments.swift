package import Cameras
private import Domain
private import FFmpeg
package import Logging
internal import NIOCore
internal import Plumbing

/// One camera's video as a live MP4, with its sound if wanted, for any number of viewers: made once, on a thread of its own,
/// and only while somebody watches.
///
/// A viewer that comes late gets the current GOP first, so that there is a picture at once.
package final class LiveFragments: Sendable {
    package typealias Receive = @Sendable (VideoPiece) -> Void

    /// The most that is kept of one GOP; without it, a viewer waits for the next key frame.
    private static let gopBytes = 16 << 20
    private static let queueLimit = PacketSubscription.Limit(packets: 600, bytes: 32 << 20)
    /// How long the thread may go on after the last viewer has left.
    private static let patienceSeconds = 0.5

    fileprivate struct State {
        var viewers: [Int: Receive] = [:]
        var nextToken = 0
        /// Counts threads: one that has been followed by another ends.
        var run = 0
        var header: VideoHeader?
        var gop: [VideoFragment] = []
        var gopBytes = 0
    }

    package let camera: Camera
    private let hasSound: Bool
    private let logger: Logger
    private let state = Locked(State())

    /// - Parameter hasSound: whether the camera's sound is in it, as long as there is some.
    package init(_ camera: Camera, hasSound: Bool = false, logger: Logger) {
        self.camera = camera
        self.hasSound = hasSound
        self.logger = logger
    }

    /// How many watch now.
    package var viewerCount: Int { state.withLock { $0.viewers.count } }

    /// What a viewer gets first, and how it leaves.
    package struct Watch: Sendable {
        package let pieces: [VideoPiece]
        let token: Int
    }

    /// Starts watching.
    ///
    /// - Parameter receive: called with all that comes after the returned pieces, on a thread of ours; must return at once.
    package func watch(_ receive: @escaping Receive) -> Watch {
        let (watch, run): (Watch, Int?) = state.withLock { state in
            let token = state.nextToken
            state.nextToken += 1
            state.viewers[token] = receive
            var pieces: [VideoPiece] = []
            if let header = state.header {
                pieces = [.header(header)] + state.gop.map { .fragment($0) }
            }
            if state.viewers.count == 1 { state.run += 1 }
            return (Watch(pieces: pieces, token: token), state.viewers.count == 1 ? state.run : nil)
        }
        if let run { WorkerThread.detach(name: "mse-\(camera.path.lastSegment)") { self.work(run) } }
        return watch
    }

    package func leave(_ watch: Watch) {
        state.withLock { $0.leave(watch.token) }
    }

    private func work(_ run: Int) {
        let subscription = camera.hub.subscribe(limit: Self.queueLimit, includesAudio: hasSound)
        defer { subscription.cancel() }
        var muxing = Muxing(hearing: hasSound ? SoundWatch(camera) : nil)
        while state.withLock({ $0.run == run && !$0.viewers.isEmpty }) {
            if let packet = subscription.next(waitingAtMostSeconds: Self.patienceSeconds) {
                take(packet, &muxing, run)
            } else if subscription.takeSourceEnd() {
                muxing.end()
                tell(.ended(reason: camera.status.reason ?? "the camera is not connected"), run)
            }
        }
    }

    private func take(_ packet: CameraPacket, _ muxing: inout Muxing, _ run: Int) {
        do throws(FFmpegError) {
            for piece in try muxing.pieces(of: packet) { tell(piece, run) }
        } catch {
            // The next key frame begins anew.
            logger.debug("no live MP4", metadata: ["camera": "\(camera.path)", "reason": "\(error)"])
            let hadHeader = muxing.hasHeader
            muxing.end()
            if !hadHeader { tell(.unplayable(codec: packet.stream.codec), run) }
        }
    }

    private func tell(_ piece: VideoPiece, _ run: Int) {
        let viewers: [Receive] = state.withLock { state in
            guard state.run == run else { return [] }
            state.keep(piece, limit: Self.gopBytes)
            return Array(state.viewers.values)
        }
        for receive in viewers { receive(piece) }
    }

    /// The writer of now; none before the first key frame.
    private struct Muxing: ~Copyable {
        private var writer: FragmentWriter?
        private var hearing: SoundWatch?

        init(hearing: SoundWatch?) {
            self.hearing = hearing
        }

        var hasHeader: Bool { writer != nil }

        mutating func pieces(of packet: CameraPacket) throws(FFmpegError) -> [VideoPiece] {
            var pieces: [VideoPiece] = []
            hearing?.take(packet)
            if packet.isVideoKeyFrame {
                let sound = hearing?.stream(at: packet)
                if !(writer?.suits(packet, sound: sound?.index) ?? false) {
                    writer = nil
                    let new = try begin(with: packet, sound)
                    pieces.append(.header(new.header))
                    writer = consume new
                }
            }
            if let fragment = try writer?.write(packet) { pieces.append(.fragment(fragment)) }
            return pieces
        }

        private mutating func begin(with keyFrame: CameraPacket, _ sound: StreamInfo?) throws(FFmpegError)
            -> FragmentWriter
        {
            guard let sound else { return try FragmentWriter(startingWith: keyFrame, sound: nil) }
            let made: MP4Sound
            do throws(MP4Sound.LeftOut) {
                made = try MP4Sound(sound)
            } catch {
                hearing?.refuse()
                return try FragmentWriter(startingWith: keyFrame, sound: nil)
            }
            return try FragmentWriter(startingWith: keyFrame, sound: made)
        }

        mutating func end() {
            writer = nil
        }
    }
}

extension LiveFragments.State {
    mutating func leave(_ token: Int) {
        guard viewers.removeValue(forKey: token) != nil, viewers.isEmpty else { return }
        forget()
        header = nil
    }

    mutating func keep(_ piece: VideoPiece, limit: Int) {
        switch piece {
        case .header(let new):
            header = new
            forget()
        case .fragment(let fragment):
            if fragment.isKeyFrame { forget() }
            // Without its key frame a GOP is of no use.
            guard fragment.isKeyFrame || !gop.isEmpty else { return }
            gop.append(fragment)
            gopBytes += fragment.bytes.readableBytes
            if gopBytes > limit { forget() }
        case .ended, .unplayable:
            header = nil
            forget()
        }
    }

    private mutating func forget() {
        gop.removeAll(keepingCapacity: true)
        gopBytes = 0
    }
}
