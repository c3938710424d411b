internal import Cameras
internal import Domain
internal import FFmpeg
internal import NIOCore
internal import Streaming

extension FuzzTarget {
    private static func media(_ codec: MediaCodec) -> SessionDescription.Media {
        SessionDescription.Media(
            kind: codec.isVideo ? "video" : "audio", codec: codec, payloadType: 96,
            clockRate: codec.isVideo ? 90_000 : 48_000)
    }

    /// Two packets of AAC in an element.
    private static var mediaOfLATM: SessionDescription.Media? {
        let lines = ["m=audio 0 RTP/AVP 96", "a=rtpmap:96 MP4A-LATM/48000", "a=fmtp:96 cpresent=0;config=410023203fc0"]
        return try? SessionDescription(parsing: lines.joined(separator: "\r\n").utf8).media.first
    }

    private var codec: MediaCodec {
        switch self {
        case .h265: .h265
        case .aac: .aac
        case .mjpeg: .mjpeg
        default: .h264
        }
    }

    func depacketize(_ bytes: UnsafeRawBufferPointer) {
        guard let media = self == .latm ? Self.mediaOfLATM : Self.media(codec), var depacketizer = Depacketizer(media)
        else { return }
        for packet in RTPScript(bytes, payloadType: 96) { check(packet.withUnsafeBytes { depacketizer.receive($0) }) }
    }

    /// Packets of two bytes of length and themselves.
    func depacketizeRaw(_ bytes: UnsafeRawBufferPointer) {
        let depacketizers = MediaCodec.allCases.compactMap { Depacketizer(Self.media($0)) }
        for var depacketizer in depacketizers {
            var position = 0
            while position + 2 <= bytes.count {
                let length = min(Int(bytes[position]) << 8 | Int(bytes[position + 1]), bytes.count - position - 2)
                let packet = UnsafeRawBufferPointer(rebasing: bytes[(position + 2)..<(position + 2 + length)])
                check(depacketizer.receive(packet))
                position += 2 + length
            }
        }
    }

    private func check(_ units: [AccessUnit]) {
        for unit in units {
            require(!unit.bytes.isEmpty, "an access unit has bytes")
            require(unit.bytes.count <= AccessUnit.maximumBytes + (1 << 17), "an access unit is bounded")
        }
    }

    /// The first byte says which codecs, the rest are packets of pictures and sound in turn.
    func publish(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first, let path = try? StreamPath("video/fuzz") else { return }
        let video: MediaCodec = [.h264, .h265, .mjpeg][Int(first) % 3]
        let sound: MediaCodec = [.aac, .opus, .pcmu, .pcma][Int(first) / 3 % 4]
        guard var description = try? SessionDescription(parsing: "m=video 0 RTP/AVP 96\n".utf8) else { return }
        description.media = [Self.media(video), Self.media(sound)]
        let camera = Camera(path: path, source: nil)
        let subscription = camera.hub.subscribe(includesAudio: true)
        defer { subscription.cancel() }
        guard let publication = try? camera.publish(from: "fuzzer"),
            var streams = try? PublishedStreams(description, publication: publication)
        else { return }
        let script = RTPScript(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()), payloadType: 96)
        for (number, packet) in script.enumerated() {
            let media = number % 4 == 3 ? 1 : 0
            packet.withUnsafeBytes { packet in
                streams.receive(packet, media: media)
                if number % 8 == 7 {
                    streams.receiveReport(UnsafeRawBufferPointer(rebasing: packet.dropFirst(12)), media: media)
                }
            }
        }
        _ = streams.receiverReports(from: 1)
        var last: [Int: Double] = [:]
        while let packet = subscription.poll() {
            require(packet.decodeTime.seconds >= last[packet.stream.index] ?? -.infinity, "decode times never fall")
            last[packet.stream.index] = packet.decodeTime.seconds
            require(
                !packet.isVideo || (1...16_384).contains(packet.stream.width), "pictures have a reasonable size")
        }
        publication.end("done")
    }

    func packetizePicture(_ bytes: UnsafeRawBufferPointer) {
        let picture = Array(bytes)
        guard
            let stream = try? StreamInfo.video(
                index: 0, codec: "mjpeg", keyFrame: picture, extradata: [], clockRate: 90_000),
            var packetizer = Packetizer(stream, track: 0)
        else { return }
        check(packetizer.packetize(bytes, isKeyFrame: true, timestamp: 1))
    }

    /// A byte of the codec, a byte of the length of set-up data, set-up data, an access unit.
    func packetize(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 2 else { return }
        let extradata = Array(bytes.dropFirst(2).prefix(Int(bytes[1])))
        let unit = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(2 + extradata.count))
        let codec: MediaCodec = [.h264, .h265, .aac, .opus, .pcmu][Int(bytes[0]) % 5]
        // Of a video stream only the codec's name and the set-up data matter.
        guard
            let stream = try? StreamInfo.audio(
                index: 0, codec: codec.ffmpegName, sampleRate: 48_000, channels: 2, extradata: extradata),
            var packetizer = Packetizer(stream, track: 0)
        else { return }
        check(packetizer.packetize(unit, isKeyFrame: true, timestamp: 1))
        let text = SessionText.describing(name: "fuzz", media: [(stream, packetizer)])
        guard let media = try? SessionDescription(parsing: text.utf8).media else {
            return require(text.utf8.count > SessionDescription.maximumBytes, "ours is understood by ours")
        }
        require(media.first?.codec == codec, "ours is understood by ours")
    }

    private func check(_ batch: RTPBatch) {
        for packet in batch.packets {
            require(packet.count <= 65_535 && packet.upperBound <= batch.framed.writerIndex, "packets are bounded")
        }
    }

    func readSequence(_ bytes: UnsafeRawBufferPointer) {
        for codec in ["h264", "hevc"] {
            let depth = SequenceParameterSet.reorderedPictures(bytes, codec: codec) ?? 0
            require((0...16).contains(depth), "reordering is bounded")
        }
        let found = ParameterSets.sequences(in: Array(bytes), codec: "h264")
        require(found.count <= bytes.count, "sets are bounded")
    }
}
