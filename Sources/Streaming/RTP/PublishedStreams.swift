package import Cameras
private import FFmpeg

/// From a publisher's RTP packets to the packets of a camera: one video stream, and one of sound.
///
/// Not thread-safe; never blocks.
package struct PublishedStreams {
    private struct Input {
        let media: SessionDescription.Media
        let index: Int
        var depacketizer: Depacketizer
        /// Known from the first key frame on; sound knows it from the start.
        var stream: StreamInfo?
        var decodeTimes = DecodeTimes(depth: 0, interval: 3600)
        var report: RTCP.SenderReport?
        /// Of the latest packet, in ticks of its clock.
        var latest: Int64?
        var highestSequence: UInt32 = 0
        var source: UInt32 = 0

        mutating func note(_ header: RTPHeader) {
            source = header.source
            let wraps = UInt16(truncatingIfNeeded: highestSequence >> 16)
            let last = UInt16(truncatingIfNeeded: highestSequence)
            guard Int16(bitPattern: header.sequence &- last) > 0 || highestSequence == 0 else { return }
            highestSequence = UInt32(header.sequence < last ? wraps &+ 1 : wraps) << 16 | UInt32(header.sequence)
        }
    }

    private let publication: Publication
    /// By the number of the media; those that are not used are absent.
    private var inputs: [Int: Input] = [:]
    private let video: Int
    /// Ticks to add to those of sound so that it is in step with the pictures; nil until both are there.
    private var soundShift: Int64?
    /// Why the pictures cannot be used, when they cannot.
    package private(set) var failure: String?

    /// - Throws: when there is no video that is known here.
    package init(_ description: SessionDescription, publication: Publication) throws(SessionDescriptionError) {
        guard let video = description.media.firstIndex(where: { $0.codec?.isVideo == true }) else {
            throw SessionDescriptionError("it has no H.264, H.265 or JPEG video")
        }
        self.publication = publication
        self.video = video
        let sound = description.media.firstIndex { $0.codec.map { !$0.isVideo } ?? false }
        for index in [video, sound].compactMap({ $0 }) {
            let media = description.media[index]
            guard let depacketizer = Depacketizer(media) else { continue }
            inputs[index] = Input(media: media, index: index, depacketizer: depacketizer)
            // Sound that makes no sense is left out; the pictures matter.
            if index != video, let stream = try? Self.sound(media, index: index) {
                inputs[index]?.stream = stream
                publication.expect(sound: stream)
            }
        }
    }

    private static func sound(_ media: SessionDescription.Media, index: Int) throws(FFmpegError) -> StreamInfo {
        try StreamInfo.audio(
            index: index, codec: media.codec?.ffmpegName ?? "", sampleRate: Int(media.clockRate),
            channels: media.channels, extradata: media.setUpData)
    }

    /// Losses of all media together.
    package var losses: Depacketizer.Losses {
        inputs.values.reduce(into: Depacketizer.Losses()) { sum, input in
            sum.packets += input.depacketizer.losses.packets
            sum.units += input.depacketizer.losses.units
            sum.strays += input.depacketizer.losses.strays
        }
    }

    /// Takes an RTP packet of the media with this number.
    package mutating func receive(_ packet: UnsafeRawBufferPointer, media index: Int) {
        guard inputs[index] != nil else { return }
        if let header = RTPHeader(packet) { inputs[index]?.note(header) }
        let units = inputs[index]?.depacketizer.receive(packet) ?? []
        for unit in units {
            inputs[index]?.latest = unit.timestamp
            do throws(FFmpegError) {
                if index == video { try takePicture(unit) } else { try takeSound(unit, index) }
            } catch {
                failure = "\(error)"
            }
        }
    }

    /// Takes an RTCP packet of the media with this number.
    package mutating func receiveReport(_ packet: UnsafeRawBufferPointer, media index: Int) {
        guard let report = RTCP.senderReport(in: packet), inputs[index] != nil else { return }
        inputs[index]?.report = report
        if index != video { alignSound(index) }
    }

    /// A report to send to the publisher, for each media that sends: its number and the packet.
    package func receiverReports(from receiver: UInt32) -> [(media: Int, packet: [UInt8])] {
        inputs.values.filter { $0.source != 0 }.map { input in
            (
                input.index,
                RTCP.receiverReport(
                    from: receiver, about: input.source, lost: input.depacketizer.losses.packets,
                    highest: input.highestSequence, lastReport: nil)
            )
        }
    }

    private mutating func takePicture(_ unit: AccessUnit) throws(FFmpegError) {
        guard var input = inputs[video] else { return }
        defer { inputs[video] = input }
        if input.stream == nil {
            guard unit.isKeyFrame, let codec = input.media.codec else { return }
            let stream = try StreamInfo.video(
                index: video, codec: codec.ffmpegName, keyFrame: unit.bytes, extradata: input.media.setUpData,
                clockRate: input.media.clockRate)
            input.stream = stream
            input.decodeTimes = DecodeTimes(
                depth: stream.reorderedPictures, interval: Int64(input.media.clockRate) / 25)
            failure = nil
        }
        guard let stream = input.stream else { return }
        let decode = input.decodeTimes.next(presentation: unit.timestamp)
        publication.receive(
            try Packet(unit, of: stream, at: unit.timestamp, decode: min(decode, unit.timestamp)), of: stream)
    }

    private mutating func takeSound(_ unit: AccessUnit, _ index: Int) throws(FFmpegError) {
        guard let stream = inputs[index]?.stream, inputs[video]?.stream != nil else { return }
        if soundShift == nil { alignSound(index) }
        guard let shift = soundShift else { return }
        let time = unit.timestamp &+ shift
        publication.receive(try Packet(unit, of: stream, at: time, decode: time), of: stream)
    }

    /// Puts the sound on the pictures' clock: by what the sender says of both, else by what arrived together.
    private mutating func alignSound(_ index: Int) {
        guard let picture = inputs[video], let sound = inputs[index], let pictureTicks = picture.latest,
            let soundTicks = sound.latest
        else { return }
        let (pictureRate, soundRate) = (Double(picture.media.clockRate), Double(sound.media.clockRate))
        // Seconds on the pictures' clock at which the sound of `soundTicks` belongs.
        var seconds = Double(pictureTicks) / pictureRate
        if let (one, other) = picture.report.flatMap({ one in sound.report.map { (one, $0) } }) {
            let pictureAge = Double(Int32(bitPattern: UInt32(truncatingIfNeeded: pictureTicks) &- one.timestamp))
            let soundAge = Double(Int32(bitPattern: UInt32(truncatingIfNeeded: soundTicks) &- other.timestamp))
            seconds += (other.seconds + soundAge / soundRate) - (one.seconds + pictureAge / pictureRate)
        }
        let shift = Int64((seconds * soundRate).rounded()) &- soundTicks
        // Small differences are the jitter of arrival; moving the sound for them would be heard.
        if let old = soundShift, abs(Double(shift &- old)) < 0.1 * soundRate { return }
        soundShift = shift
    }
}

extension Packet {
    fileprivate convenience init(_ unit: AccessUnit, of stream: StreamInfo, at time: Int64, decode: Int64)
        throws(FFmpegError)
    {
        try self.init(
            copying: unit.bytes, stream: stream, presentationTicks: time, decodeTicks: decode,
            isKeyFrame: unit.isKeyFrame)
    }
}
