package import Cameras
private import Domain
private import FFmpeg
private import Foundation

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
        var decodeTimes: DecodeTimes
        var report: RTCP.SenderReport?
        /// Seconds of a monotonic clock at which the report came.
        var reportedAt = 0.0
        /// Of the latest packet, in ticks of its clock.
        var latest: Int64?
        /// Of the packets of the source that is taken: the highest, with its wraps in front.
        var highestSequence: UInt32?

        mutating func note(_ header: RTPHeader) {
            guard header.source == depacketizer.source else { return }
            guard let highest = highestSequence else {
                highestSequence = UInt32(header.sequence)
                return
            }
            let step = Int16(bitPattern: header.sequence &- UInt16(truncatingIfNeeded: highest))
            if step > 0 { highestSequence = highest &+ UInt32(step) }
        }
    }

    private static let maximumLeadSeconds = 5.0

    private let publication: Publication
    /// By the number of the media; those that are not used are absent.
    private var inputs: [Int: Input]
    private let video: Int
    /// Ticks to add to those of sound so that it is in step with the pictures; nil until both are there.
    private var soundShift: Int64?
    /// What the media are called that are not taken: those that are not known, and all but the first video and sound.
    package let leftOut: [String]
    /// Pictures left out because they should have been decoded before others that came first.
    package private(set) var latePictures = 0
    /// Why the pictures cannot be used, when they cannot.
    package private(set) var failure: String?

    /// - Throws: when there is no video that is known here.
    package init(_ description: SessionDescription, publication: Publication) throws(SessionDescriptionError) {
        guard let video = description.media.firstIndex(where: { $0.codec?.isVideo == true }) else {
            throw SessionDescriptionError("it has no H.264, H.265 or JPEG video")
        }
        self.publication = publication
        self.video = video
        var inputs: [Int: Input] = [:]
        let sound = description.media.firstIndex { $0.codec.map { !$0.isVideo } ?? false }
        for index in [video, sound].compactMap({ $0 }) {
            let media = description.media[index]
            guard let depacketizer = Depacketizer(media) else { continue }
            inputs[index] = Input(
                media: media, index: index, depacketizer: depacketizer,
                decodeTimes: DecodeTimes(depth: 0, clockRate: media.clockRate))
            // Sound that makes no sense is left out; the pictures matter.
            if index != video, let stream = try? Self.sound(media, index: index) {
                inputs[index]?.stream = stream
                publication.expect(sound: stream)
            }
        }
        self.inputs = inputs
        leftOut = description.media.enumerated().compactMap { index, media in
            index == video || inputs[index]?.stream != nil ? nil : media.name
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
        let units = inputs[index]?.depacketizer.receive(packet) ?? []
        if let header = RTPHeader(packet) { inputs[index]?.note(header) }
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
        guard let report = RTCP.senderReport(in: packet), let input = inputs[index],
            report.source == input.depacketizer.source
        else { return }
        inputs[index]?.report = report
        inputs[index]?.reportedAt = Self.uptimeSeconds
        if inputs.values.allSatisfy({ $0.report != nil }), let sound = inputs.keys.first(where: { $0 != video }) {
            alignSound(sound)
        }
    }

    /// A report to send to the publisher, for each media that sends: its number and the packet.
    package func receiverReports(from receiver: UInt32) -> [(media: Int, packet: [UInt8])] {
        let now = Self.uptimeSeconds
        return inputs.values.compactMap { input in
            guard let source = input.depacketizer.source, let highest = input.highestSequence else { return nil }
            return (
                input.index,
                RTCP.receiverReport(
                    from: receiver, about: source, lost: input.depacketizer.losses.packets, highest: highest,
                    lastReport: input.report.map { ($0, age: now - input.reportedAt) })
            )
        }
    }

    private static var uptimeSeconds: Double { ProcessInfo.processInfo.systemUptime }

    private mutating func takePicture(_ unit: AccessUnit) throws(FFmpegError) {
        guard var input = inputs[video] else { return }
        defer { inputs[video] = input }
        if input.stream == nil {
            guard unit.isKeyFrame, let codec = input.media.codec else { return }
            let stream = try StreamInfo.video(
                index: video, codec: codec.ffmpegName, keyFrame: unit.bytes,
                extradata: Self.parameterSets(of: unit, codec) ?? input.media.setUpData,
                clockRate: input.media.clockRate)
            input.stream = stream
            input.decodeTimes = DecodeTimes(depth: stream.reorderedPictures, clockRate: input.media.clockRate)
            failure = nil
        }
        guard let stream = input.stream else { return }
        guard let decode = input.decodeTimes.next(presentation: unit.timestamp) else {
            latePictures += 1
            return
        }
        publication.receive(try Packet(unit, of: stream, at: unit.timestamp, decode: decode), of: stream)
    }

    /// Those that a key frame brings; they go before those that were announced: some send others than they announce.
    private static func parameterSets(of unit: AccessUnit, _ codec: MediaCodec) -> [UInt8]? {
        guard codec == .h264 || codec == .h265 else { return nil }
        let family = codec == .h264 ? NALFamily.h264 : .h265
        var hasSequence = false
        let sets = unit.bytes.withUnsafeBytes { bytes in
            NALUnits.betweenStartCodes(bytes).reduce(into: [UInt8]()) { sets, range in
                let type = family.type(bytes[range.lowerBound])
                guard family.isParameterSet(type) else { return }
                if type == (family == .h264 ? 7 : 33) { hasSequence = true }
                sets += NALUnits.startCode + bytes.part(range)
            }
        }
        return hasSequence && sets.count <= SessionDescription.Media.maximumSetUpBytes ? sets : nil
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
            let lead = (other.seconds + soundAge / soundRate) - (one.seconds + pictureAge / pictureRate)
            // What arrives together was not made minutes apart: then the two are not of one clock.
            if abs(lead) < Self.maximumLeadSeconds { seconds += lead }
        }
        let shift = Int64(ticks: seconds * soundRate) &- soundTicks
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
