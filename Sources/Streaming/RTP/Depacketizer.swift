/// Makes access units of the RTP packets of one media (RFC 3550 and the payload formats of `MediaCodec`).
///
/// Pure and bounded: packets in, access units out. A unit of which something is missing is left out and counted.
package struct Depacketizer: Sendable {
    /// What did not go well.
    package struct Losses: Sendable, Hashable {
        /// Packets missing in the sequence.
        package var packets = 0
        /// Access units left out because something of them was missing or made no sense.
        package var units = 0
        /// Packets that are none, or not of this media.
        package var strays = 0

        package init() {}
    }

    private enum Payload: Sendable {
        case nalUnits(NALDepacketizer)
        case jpeg(JPEGDepacketizer)
        case aac(AACDepacketizer)
        case latm(LATMDepacketizer)
        case plain
    }

    /// Packets of another source in a row after which it is taken for the sender's new one.
    private static let newSourcePackets = 16

    private let payloadType: UInt8
    private var payload: Payload
    /// The synchronisation source (SSRC) whose packets are taken; nil before the first.
    package private(set) var source: UInt32?
    private var strangers = 0
    private var nextSequence: UInt16?
    /// Whether something is missing between the packets taken and the next.
    private var isAfterGap = false
    private var clock = Unwrapped32()
    package private(set) var losses = Losses()

    /// nil for a codec that is not known.
    package init?(_ media: SessionDescription.Media) {
        guard let codec = media.codec else { return nil }
        payloadType = media.payloadType
        if let mux = media.latm {
            guard let duration = mux.duration(clockRate: media.clockRate) else { return nil }
            payload = .latm(LATMDepacketizer(frames: mux.frames, duration: duration))
            return
        }
        payload =
            switch codec {
            case .h264: .nalUnits(NALDepacketizer(.h264))
            case .h265: .nalUnits(NALDepacketizer(.h265))
            case .mjpeg: .jpeg(JPEGDepacketizer())
            case .aac: .aac(AACDepacketizer(media.parameters))
            case .opus, .pcmu, .pcma: .plain
            }
    }

    /// Takes one packet, in the order of its sequence.
    ///
    /// - Returns: the access units that it completes, oftener none than one.
    package mutating func receive(_ packet: UnsafeRawBufferPointer) -> [AccessUnit] {
        guard let header = RTPHeader(packet), header.payloadType == payloadType, isOurs(header.source) else {
            losses.strays += 1
            return []
        }
        if let expected = nextSequence {
            let gap = Int16(bitPattern: header.sequence &- expected)
            // A repeated packet, or one that comes too late.
            if gap < 0, gap > -1000 { return [] }
            if gap != 0 { isAfterGap = true }
            if gap > 0 { losses.packets += Int(gap) }
        }
        nextSequence = header.sequence &+ 1
        // Nothing but padding, to keep a path open or to probe it.
        guard !header.payload.isEmpty else { return [] }
        return take(packet.part(header.payload), header)
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer, _ header: RTPHeader) -> [AccessUnit] {
        let time = clock(header.timestamp)
        let isAfterGap = isAfterGap
        self.isAfterGap = false
        var units: [AccessUnit] = []
        // Each case takes the state out of the enum and puts it back: a copy of an access unit's bytes would be dear.
        switch payload {
        case .nalUnits(var state):
            payload = .plain
            state.receive(bytes, at: time, isLast: header.isMarked, isAfterGap: isAfterGap, into: &units, &losses.units)
            payload = .nalUnits(state)
        case .jpeg(var state):
            payload = .plain
            state.receive(bytes, at: time, isLast: header.isMarked, into: &units, &losses.units)
            payload = .jpeg(state)
        case .aac(var state):
            payload = .plain
            state.receive(bytes, at: time, isAfterGap: isAfterGap, into: &units, &losses.units)
            payload = .aac(state)
        case .latm(var state):
            payload = .plain
            state.receive(bytes, at: time, isLast: header.isMarked, isAfterGap: isAfterGap, into: &units, &losses.units)
            payload = .latm(state)
        case .plain:
            units.append(AccessUnit(bytes: Array(bytes), timestamp: time, isKeyFrame: true))
        }
        return units
    }

    private mutating func isOurs(_ other: UInt32) -> Bool {
        if other == source {
            strangers = 0
            return true
        }
        strangers += 1
        guard source == nil || strangers >= Self.newSourcePackets else { return false }
        // Of the new one's first unit something has been passed over.
        isAfterGap = source != nil
        source = other
        strangers = 0
        nextSequence = nil
        return true
    }
}
