import Cameras
import Logging
import NIOCore

/// What a connection that records does with its packets. On the connection's event loop only.
final class RTSPPublisher {
    private let description: SessionDescription
    private let publication: Publication
    private let shared: RTSPShared
    private var streams: PublishedStreams
    private var orders: [Int: SequenceOrder] = [:]
    private let source = UInt32.random(in: 1...(.max))
    private var lost = 0
    private var hasBegun = false
    private var failure: String?
    private(set) var lastPacket = NIODeadline.now()

    /// - Throws: `SessionDescriptionError` when there is no video that is known here.
    init(_ description: SessionDescription, publication: Publication, shared: RTSPShared) throws {
        streams = try PublishedStreams(description, publication: publication)
        self.description = description
        self.publication = publication
        self.shared = shared
    }

    /// What the media are called that are not taken.
    var leftOut: [String] { streams.leftOut }

    /// Also after a pause.
    func begin() {
        hasBegun = true
        lastPacket = .now()
        shared.counters.add(\.publishers)
    }

    func pause() {
        guard hasBegun else { return }
        hasBegun = false
        shared.counters.add(\.publishers, -1)
        publication.pause()
        // It may go on anywhere: nothing is lost in between, and a key frame is to be first.
        if let fresh = try? PublishedStreams(description, publication: publication) { streams = fresh }
        orders = [:]
        lost = 0
        failure = nil
    }

    /// A packet that came in order.
    func receive(_ packet: ByteBuffer, track: Int, isReport: Bool) {
        count(packet)
        packet.withUnsafeReadableBytes { bytes in
            if isReport { streams.receiveReport(bytes, media: track) } else { streams.receive(bytes, media: track) }
        }
        tell()
    }

    /// A packet that came over UDP, in any order.
    func receiveDatagram(_ packet: ByteBuffer, track: Int, isReport: Bool) {
        if isReport { return receive(packet, track: track, isReport: true) }
        count(packet)
        packet.withUnsafeReadableBytes { bytes in
            let now = Duration.nanoseconds(Int64(clamping: lastPacket.uptimeNanoseconds))
            orders[track, default: SequenceOrder()].receive(bytes, at: now) { streams.receive($0, media: track) }
        }
        tell()
    }

    func receiverReports() -> [(media: Int, packet: [UInt8])] { streams.receiverReports(from: source) }

    func end(_ reason: String) {
        publication.end(reason)
        if hasBegun { shared.counters.add(\.publishers, -1) }
        hasBegun = false
    }

    private func count(_ packet: ByteBuffer) {
        lastPacket = .now()
        shared.counters.add(\.receivedBytes, packet.readableBytes)
    }

    private func tell() {
        let lost = streams.losses.packets
        if lost != self.lost {
            shared.counters.add(\.lostPackets, lost - self.lost)
            self.lost = lost
        }
        if streams.failure != failure {
            failure = streams.failure
            if let failure {
                shared.logger.warning("a publisher's pictures cannot be used", metadata: ["reason": "\(failure)"])
            }
        }
    }
}
