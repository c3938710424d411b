package import FFmpeg

/// Makes RTP packets of the access units of one stream: H.264 (RFC 6184), H.265 (RFC 7798), JPEG (RFC 2435), AAC (RFC 3640),
/// Opus (RFC 7587), G.711 (RFC 3551).
package struct Packetizer: Sendable {
    /// Bytes of payload of a packet at most: with all headers it fits an Ethernet frame, also of a tunnel.
    static let maximumPayload = 1400

    package let codec: MediaCodec
    package let payloadType: UInt8
    /// The synchronisation source (SSRC).
    package private(set) var source: UInt32
    /// Ticks a second of the timestamps.
    package let clockRate: Int32
    private let track: Int
    private let channels: Int
    private let setUp: SetUpUnits?
    /// Of AAC: what players are told in advance.
    private let configuration: [UInt8]
    /// Of the next packet.
    package private(set) var sequence: UInt16

    /// nil for a codec that does not travel over RTP here.
    ///
    /// - Parameter track: the number of its media in the session.
    package init?(_ stream: StreamInfo, track: Int) {
        guard let codec = MediaCodec(ffmpegName: stream.codec) else { return nil }
        let extradata = stream.parameters.extradata
        // Nobody can decode AAC without being told its rate and channels.
        let configuration = codec != .aac ? [] : extradata.isEmpty ? ADTS.configuration(of: stream) : extradata
        guard let configuration else { return nil }
        self.configuration = configuration
        self.codec = codec
        self.track = track
        channels = min(max(stream.channels, 1), 64)
        payloadType = codec.staticPayloadType ?? UInt8(96 + track)
        switch codec {
        case .h264, .h265, .mjpeg: clockRate = 90_000
        case .opus: clockRate = 48_000
        case .aac, .pcmu, .pcma: clockRate = Int32(clamping: max(1, stream.sampleRate))
        }
        switch codec {
        case .h264: setUp = SetUpUnits(extradata, family: .h264)
        case .h265: setUp = SetUpUnits(extradata, family: .h265)
        default: setUp = nil
        }
        source = .random(in: 1...(.max))
        sequence = .random(in: 0...(.max))
    }

    /// Whether who reads what the other makes can go on with this one. Pictures bring their set-up data along, AAC does not.
    func canContinue(_ other: Packetizer) -> Bool {
        codec == other.codec && clockRate == other.clockRate && channels == other.channels
            && configuration == other.configuration
    }

    /// The same with the source and the sequence of another, which it takes over from.
    func continuing(_ other: Packetizer) -> Packetizer {
        var copy = self
        copy.source = other.source
        copy.sequence = other.sequence
        return copy
    }

    /// - Parameters:
    ///   - bytes: one access unit.
    ///   - timestamp: of its presentation, in ticks of `clockRate`.
    /// - Returns: a batch without packets for what the payload format cannot hold.
    package mutating func packetize(_ bytes: UnsafeRawBufferPointer, isKeyFrame: Bool, timestamp: UInt32) -> RTPBatch {
        let packets = bytes.count / Self.maximumPayload + 8
        var batch = RTPBatch(
            track: track, isKeyFrame: isKeyFrame && codec.isVideo,
            capacity: bytes.count + packets * (RTPBatch.frameHeaderSize + RTPHeader.size + 8), packetCount: packets)
        switch codec {
        case .h264: appendUnits(bytes, .h264, isKeyFrame, timestamp, to: &batch)
        case .h265: appendUnits(bytes, .h265, isKeyFrame, timestamp, to: &batch)
        case .mjpeg: appendJPEG(bytes, timestamp, to: &batch)
        case .aac: appendAAC(bytes, timestamp, to: &batch)
        case .opus, .pcmu, .pcma: appendPlain(bytes, timestamp, to: &batch)
        }
        return batch
    }

    private mutating func append(
        head: UnsafeRawBufferPointer = .init(start: nil, count: 0), _ payload: UnsafeRawBufferPointer, isMarked: Bool,
        _ timestamp: UInt32, to batch: inout RTPBatch
    ) {
        let header = RTPHeader(
            isMarked: isMarked, payloadType: payloadType, sequence: sequence, timestamp: timestamp, source: source)
        batch.append(header, head: head, payload: payload)
        sequence &+= 1
    }

    private mutating func appendUnits(
        _ bytes: UnsafeRawBufferPointer, _ family: NALFamily, _ isKeyFrame: Bool, _ timestamp: UInt32,
        to batch: inout RTPBatch
    ) {
        let units = setUp?.units(of: bytes) ?? []
        var missing = isKeyFrame ? setUp?.sets ?? [] : []
        if units.contains(where: { family.isParameterSet(family.type(bytes[$0.lowerBound])) }) { missing = [] }
        for (index, range) in units.enumerated() {
            if !missing.isEmpty, !family.isDelimiter(family.type(bytes[range.lowerBound])) {
                // A reader that begins here may not have kept what was announced.
                for set in missing {
                    set.withUnsafeBytes { append(unit: $0, family, isLast: false, timestamp, to: &batch) }
                }
                missing = []
            }
            append(
                unit: bytes.part(range), family, isLast: index == units.count - 1, timestamp, to: &batch)
        }
    }

    private mutating func append(
        unit: UnsafeRawBufferPointer, _ family: NALFamily, isLast: Bool, _ timestamp: UInt32, to batch: inout RTPBatch
    ) {
        guard unit.count > Self.maximumPayload else {
            append(unit, isMarked: isLast, timestamp, to: &batch)
            return
        }
        switch family {
        case .h264:
            appendFragments(
                of: unit.part(1..<unit.count), type: family.type(unit[0]), isLast: isLast, timestamp, to: &batch
            ) { (unit[0] & 0xE0 | 28, $0) }
        case .h265:
            appendFragments(
                of: unit.part(2..<unit.count), type: family.type(unit[0]), isLast: isLast, timestamp, to: &batch
            ) { (unit[0] & 0x81 | 49 << 1, unit[1], $0) }
        }
    }

    /// Cuts a unit into fragmentation units (RFC 6184, section 5.8; RFC 7798, section 4.4.3).
    ///
    /// - Parameters:
    ///   - bytes: the unit without its header.
    ///   - makeHead: what comes in front of each fragment, as a tuple of bytes that ends with the given header of the fragment.
    private mutating func appendFragments<Head>(
        of bytes: UnsafeRawBufferPointer, type: UInt8, isLast: Bool, _ timestamp: UInt32, to batch: inout RTPBatch,
        head makeHead: (UInt8) -> Head
    ) {
        var position = 0
        while position < bytes.count {
            let end = min(bytes.count, position + Self.maximumPayload - MemoryLayout<Head>.size)
            let isEnd = end == bytes.count
            withUnsafeBytes(of: makeHead(type | (position == 0 ? 0x80 : 0) | (isEnd ? 0x40 : 0))) { head in
                append(head: head, bytes.part(position..<end), isMarked: isLast && isEnd, timestamp, to: &batch)
            }
            position = end
        }
    }

    private mutating func appendJPEG(_ bytes: UnsafeRawBufferPointer, _ timestamp: UInt32, to batch: inout RTPBatch) {
        guard let picture = JPEGPicture(bytes) else { return }
        let data = bytes.part(picture.data)
        var position = 0
        while position < data.count {
            var head: [UInt8] = [
                0, UInt8(truncatingIfNeeded: position >> 16), UInt8(truncatingIfNeeded: position >> 8),
                UInt8(truncatingIfNeeded: position), picture.type, 255, UInt8(truncatingIfNeeded: picture.width / 8),
                UInt8(truncatingIfNeeded: picture.height / 8),
            ]
            if picture.restartInterval > 0 {
                let interval = picture.restartInterval
                head += [UInt8(interval >> 8), UInt8(truncatingIfNeeded: interval), 0xFF, 0xFF]
            }
            if position == 0 { head += [0, 0, 0, UInt8(picture.tables.count)] + picture.tables }
            let end = min(data.count, position + Self.maximumPayload - head.count)
            head.withUnsafeBytes {
                append(head: $0, data.part(position..<end), isMarked: end == data.count, timestamp, to: &batch)
            }
            position = end
        }
    }

    private mutating func appendAAC(_ bytes: UnsafeRawBufferPointer, _ timestamp: UInt32, to batch: inout RTPBatch) {
        let packet = bytes.part(ADTS.headerSize(of: bytes)..<bytes.count)
        guard !packet.isEmpty, packet.count < 1 << 13 else { return }
        // One size of 13 bits and an index of 3.
        let head: [UInt8] = [
            0, 16, UInt8(truncatingIfNeeded: packet.count >> 5), UInt8(truncatingIfNeeded: packet.count << 3),
        ]
        var position = 0
        while position < packet.count {
            let end = min(packet.count, position + Self.maximumPayload - head.count)
            head.withUnsafeBytes {
                append(head: $0, packet.part(position..<end), isMarked: end == packet.count, timestamp, to: &batch)
            }
            position = end
        }
    }

    private mutating func appendPlain(_ bytes: UnsafeRawBufferPointer, _ timestamp: UInt32, to batch: inout RTPBatch) {
        // Opus cannot be cut; its packets are at most 1275 bytes a frame, and 48 frames.
        if codec == .opus, bytes.count > 48 * 1275 { return }
        var position = 0
        var time = timestamp
        // A byte of G.711 is a sample of a channel.
        let most = Self.maximumPayload / channels * channels
        while position < bytes.count {
            let end = codec == .opus ? bytes.count : min(bytes.count, position + most)
            append(bytes.part(position..<end), isMarked: false, time, to: &batch)
            time &+= UInt32((end - position) / channels)
            position = end
        }
    }
}

extension RTPHeader {
    fileprivate init(isMarked: Bool, payloadType: UInt8, sequence: UInt16, timestamp: UInt32, source: UInt32) {
        self.isMarked = isMarked
        self.payloadType = payloadType
        self.sequence = sequence
        self.timestamp = timestamp
        self.source = source
        payload = 0..<0
    }
}
