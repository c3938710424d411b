import Cameras
import Domain
import FFmpeg
import Foundation
import NIOCore
import Plumbing

/// One camera's packets as RTP, made once for all readers.
///
/// Lives on the event loop of its readers; takes part in the camera's hub only while somebody reads.
final class StreamFeed: @unchecked Sendable {
    // Safe: all mutable state but `isWoken` is only touched on `eventLoop`.

    /// Who takes what the feed makes; called on the event loop.
    protocol Reader: AnyObject, Sendable {
        func begin(_ start: StreamStart)
        func deliver(_ items: [StreamItem])
        /// The camera sends other media than it said.
        func endOfMedia(_ reason: String)
    }

    private struct Track {
        let kind: StreamInfo.Kind
        var packetizer: Packetizer
        let timestampBase = UInt32.random(in: 0...(.max))
        var packets: UInt32 = 0
        var bytes: UInt32 = 0
        var lastReport: NIODeadline?

        init(_ stream: StreamInfo, _ packetizer: Packetizer) {
            (kind, self.packetizer) = (stream.kind, packetizer)
        }

        /// Of a moment of the camera's timeline.
        func timestamp(_ seconds: Double) -> UInt32 {
            timestampBase &+ UInt32(truncatingIfNeeded: Int64(ticks: seconds * Double(packetizer.clockRate)))
        }
    }

    private static let reportInterval = TimeAmount.seconds(5)
    /// A longer GOP is not kept: who comes late waits for the next key frame.
    private static let maximumGOPBytes = 24 << 20

    private let camera: Camera
    private let eventLoop: any EventLoop
    private let isWoken = Locked(false)
    private var subscription: PacketSubscription?
    private var tracks: [Track] = []
    private var generation: Int?
    private var gop: [StreamItem] = []
    private var gopBytes = 0
    private var keepsGOP = false
    /// When the key frame of the GOP is shown, on the camera's timeline.
    private var startSeconds: Double?
    private var readers: [any Reader] = []

    init(_ camera: Camera, eventLoop: any EventLoop) {
        self.camera = camera
        self.eventLoop = eventLoop
    }

    /// The media that a reader can have now; nil when the camera is not there.
    static func media(of camera: Camera) -> [(stream: StreamInfo, packetizer: Packetizer)]? {
        let status = camera.status
        guard case .running = status.state, let video = status.video,
            let pictures = Packetizer(video, track: 0)
        else { return nil }
        let sound = status.audio.flatMap { stream in Packetizer(stream, track: 1).map { (stream, $0) } }
        return [(video, pictures)] + (sound.map { [$0] } ?? [])
    }

    var path: StreamPath { camera.path }

    fileprivate func join(_ reader: any Reader) {
        eventLoop.execute { self.add(reader) }
    }

    fileprivate func leave(_ reader: any Reader) {
        eventLoop.execute { self.remove(reader) }
    }

    // MARK: On the event loop

    private func add(_ reader: any Reader) {
        if subscription == nil { start() }
        let fresh = takePackets()
        let start = StreamStart(
            tracks: tracks.enumerated().map { index, track in
                // All of one moment (RFC 2326, section 12.33), wherever their packets are.
                .init(
                    sequence: firstSequence(of: index) ?? track.packetizer.sequence,
                    timestamp: startSeconds.map { track.timestamp($0) })
            },
            items: gop)
        deliver(fresh)
        readers.append(reader)
        reader.begin(start)
    }

    private func remove(_ reader: any Reader) {
        readers.removeAll { $0 === reader }
        if readers.isEmpty { stop() }
    }

    private func start() {
        generation = nil
        tracks = (Self.media(of: camera) ?? []).map(Track.init)
        subscription = camera.hub.subscribe(for: .rtsp, includesAudio: true) { [weak self] in self?.wake() }
    }

    private func stop() {
        subscription?.cancel()
        subscription = nil
        tracks = []
        dropGOP()
    }

    /// Called on the camera's thread.
    private func wake() {
        let isFirst = isWoken.withLock { isWoken in
            defer { isWoken = true }
            return !isWoken
        }
        guard isFirst else { return }
        eventLoop.execute {
            self.isWoken.withLock { $0 = false }
            self.deliver(self.takePackets())
        }
    }

    private func takePackets() -> [StreamItem] {
        var items: [StreamItem] = []
        while let packet = subscription?.poll() {
            if packet.generation != generation { takeGeneration(of: packet) }
            guard let index = tracks.firstIndex(where: { $0.kind == packet.stream.kind }) else { continue }
            append(packet, track: index, to: &items)
        }
        if subscription?.takeSourceEnd() == true { dropGOP() }
        return items
    }

    /// A camera that comes back may have other parameter sets; with other codecs its readers have to ask anew.
    private func takeGeneration(of packet: CameraPacket) {
        let isFirst = generation == nil
        generation = packet.generation
        guard let media = Self.media(of: camera) else { return }
        if tracks.isEmpty { tracks = media.map(Track.init) }
        guard !isFirst else { return }
        guard media.count >= tracks.count, zip(tracks, media).allSatisfy({ $1.packetizer.canContinue($0.packetizer) })
        else {
            endReaders("the camera sends other media now")
            tracks = media.map(Track.init)
            return
        }
        for (index, (_, packetizer)) in media.prefix(tracks.count).enumerated() {
            tracks[index].packetizer = packetizer.continuing(tracks[index].packetizer)
        }
        // Sound that it had not: for readers to come.
        tracks += media.dropFirst(tracks.count).map(Track.init)
    }

    /// They may be slow to leave; whoever joins meanwhile is none of them.
    private func endReaders(_ reason: String) {
        let ended = readers
        readers = []
        dropGOP()
        eventLoop.execute { for reader in ended { reader.endOfMedia(reason) } }
    }

    private func append(_ packet: CameraPacket, track index: Int, to items: inout [StreamItem]) {
        let shown =
            packet.packet.presentationTime.map { $0.seconds + packet.offsetSeconds } ?? packet.decodeTime.seconds
        let time = tracks[index].timestamp(shown)
        let batch = packet.packet.withBytes {
            tracks[index].packetizer.packetize($0, isKeyFrame: packet.isVideoKeyFrame, timestamp: time)
        }
        guard !batch.packets.isEmpty else { return }
        tracks[index].packets &+= UInt32(truncatingIfNeeded: batch.packets.count)
        tracks[index].bytes &+= UInt32(truncatingIfNeeded: batch.payloadBytes)
        if batch.isKeyFrame {
            dropGOP()
            keepsGOP = true
            startSeconds = shown
            // Of all that sends: who begins here need not wait for the times of the sound.
            for other in tracks.indices where tracks[other].packets > 0 { report(other, packet, to: &items) }
        } else if tracks[index].lastReport.map({ .now() - $0 > Self.reportInterval }) ?? true {
            report(index, packet, to: &items)
        }
        keep(.media(batch), in: &items)
    }

    /// Tells the wall clock of a track's timestamps, at the moment of a packet of any track.
    private func report(_ index: Int, _ packet: CameraPacket, to items: inout [StreamItem]) {
        tracks[index].lastReport = .now()
        let track = tracks[index]
        let report = RTCP.senderReport(
            .init(
                source: track.packetizer.source, time: RTCP.time(unixSeconds: packet.wallSeconds),
                timestamp: track.timestamp(packet.decodeTime.seconds)),
            packets: track.packets, bytes: track.bytes)
        keep(.report(track: index, ByteBuffer(bytes: report)), in: &items)
    }

    private func keep(_ item: StreamItem, in items: inout [StreamItem]) {
        items.append(item)
        guard keepsGOP else { return }
        gop.append(item)
        gopBytes += item.bytes
        if gopBytes > Self.maximumGOPBytes { dropGOP() }
    }

    private func dropGOP() {
        gop.removeAll()
        gopBytes = 0
        keepsGOP = false
        startSeconds = nil
    }

    private func firstSequence(of track: Int) -> UInt16? {
        for case .media(let batch) in gop where batch.track == track {
            return batch.packets.first.flatMap { batch.framed.getInteger(at: $0.lowerBound + 2) }
        }
        return nil
    }

    private func deliver(_ items: [StreamItem]) {
        guard !items.isEmpty else { return }
        for reader in readers { reader.deliver(items) }
    }
}

/// The feeds of all cameras that somebody reads.
final class StreamFeeds: Sendable {
    private let eventLoop: any EventLoop
    private let feeds = Locked<[StreamPath: (feed: StreamFeed, readers: Int)]>([:])

    init(on eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Feeds a reader: first what there is of the current GOP, then what comes. To be ended by `leave`.
    func join(_ reader: any StreamFeed.Reader, to camera: Camera) -> StreamFeed {
        let feed = feeds.withLock { feeds in
            let feed = feeds[camera.path]?.feed ?? StreamFeed(camera, eventLoop: eventLoop)
            feeds[camera.path] = (feed, (feeds[camera.path]?.readers ?? 0) + 1)
            return feed
        }
        feed.join(reader)
        return feed
    }

    func leave(_ reader: any StreamFeed.Reader, _ feed: StreamFeed) {
        feeds.withLock { feeds in
            guard let entry = feeds[feed.path], entry.feed === feed else { return }
            feeds[feed.path] = entry.readers > 1 ? (feed, entry.readers - 1) : nil
        }
        feed.leave(reader)
    }
}
