internal import NIOCore

/// The last half minute of a camera, cut into the segments and parts of low-latency HLS (RFC 8216bis).
///
/// A state machine over fragments: no I/O, no clock. Segments begin with key frames, unless a GOP lasts too long. A part is
/// added when the picture after it has come: only then is its duration known, and whether its segment goes on.
struct HLSWindow: Sendable {
    /// No segment lasts longer, rounded to seconds. It may not change, whatever the camera does.
    static let targetSeconds = 4
    /// A key frame ends a segment of this duration.
    private static let leastSeconds = 0.999
    /// Ends a segment without a key frame.
    private static let mostSeconds = Double(targetSeconds) + 0.4
    /// Times the usual interval, and seconds: pictures further apart than both have lost some between them.
    private static let (mostIntervals, leastGapSeconds) = (4.0, 1.0)
    /// Players get parts of about this duration.
    private static let usualPartSeconds = 0.45
    /// The target of parts is above the usual by so much: pictures' times vary.
    private static let partTolerance = 1.1
    /// Parts may not be shorter than this share of the target, unless they end a segment.
    static let leastPartShare = 0.85
    /// What playlists list; three target durations at least.
    static let listedSeconds = 4.0 * Double(targetSeconds)
    /// What has left the playlist can be fetched as long again.
    private static let keptSeconds = 2 * listedSeconds

    /// Bytes kept at most; the oldest segments go first.
    private let byteLimit: Int

    /// In their order; the last one may grow.
    private(set) var segments: [HLSSegment] = []
    /// No part is longer. Whole milliseconds. Grows for a camera that turns out to be slower than it seemed.
    private(set) var partTargetSeconds: Double?
    private var header: HLSHeader?
    /// Pictures of the part that is to come.
    private var pending: [VideoFragment] = []
    /// Between the latest two pictures.
    private var interval = 0.0
    private var nextNumber = 0
    private var isAfterGap = false

    init(byteLimit: Int = 96 << 20) {
        self.byteLimit = byteLimit
    }

    mutating func take(_ piece: VideoPiece) {
        switch piece {
        case .header(let content):
            closeEarly()
            header = HLSHeader(number: (header?.number ?? -1) + 1, content: content)
        case .fragment(let fragment): take(fragment)
        case .ended, .unplayable: closeEarly()
        }
    }

    private mutating func take(_ fragment: VideoFragment) {
        guard let first = pending.first, let last = pending.last else {
            if fragment.isKeyFrame { pending = [fragment] }
            return
        }
        let step = fragment.decodeSeconds - last.decodeSeconds
        guard follows(after: step) else {
            closeEarly()
            isAfterGap = true
            // A camera that is slower from now on has no gaps.
            interval = max(step, 0)
            if fragment.isKeyFrame { pending = [fragment] }
            return
        }
        interval = step
        var seconds = fragment.decodeSeconds - first.decodeSeconds
        if pending.count > 1, let target = partTargetSeconds, seconds > target, isEnough(seconds - step) {
            // The last picture lasts longer than was to be expected: it goes into a part of its own.
            pending.removeLast()
            closePart(seconds: seconds - step)
            pending = [last]
            seconds = step
        }
        if fragment.isKeyFrame, openSeconds + seconds >= Self.leastSeconds {
            closePart(seconds: seconds)
            closeSegment()
        } else if isFull(seconds) {
            closePart(seconds: seconds)
            if openSeconds + (partTargetSeconds ?? 0) > Self.mostSeconds { closeSegment() }
        }
        pending.append(fragment)
    }

    /// Whether the next picture so many seconds later goes on where the last one ended. A gap that counted as a long picture
    /// would make all parts longer from then on.
    private func follows(after step: Double) -> Bool {
        guard step >= 0, step <= Double(Self.targetSeconds) else { return false }
        return interval == 0 || step <= max(Self.mostIntervals * interval, Self.leastGapSeconds)
    }

    /// Whether another picture would be too much for a part.
    private func isFull(_ seconds: Double) -> Bool {
        guard let partTargetSeconds else { return seconds + interval / 2 > Self.usualPartSeconds }
        return seconds + interval > partTargetSeconds && isEnough(seconds)
    }

    private func isEnough(_ seconds: Double) -> Bool {
        seconds >= Self.leastPartShare * (partTargetSeconds ?? 0)
    }

    /// Of the segment that grows, without what is pending.
    private var openSeconds: Double {
        segments.last.map { $0.isComplete ? 0 : $0.seconds } ?? 0
    }

    /// Makes a part of what is pending.
    private mutating func closePart(seconds: Double) {
        guard let first = pending.first, let header else { return }
        // What lasts longer than was to be expected does not make its segment too long.
        if openSeconds + seconds > Self.mostSeconds { closeSegment() }
        if segments.last?.isComplete ?? true { openSegment(of: header, startingWith: first) }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(pending.reduce(0) { $0 + $1.bytes.readableBytes })
        for fragment in pending { bytes.writeImmutableBuffer(fragment.bytes) }
        segments[segments.count - 1].parts.append(
            HLSPart(
                seconds: seconds, pictureCount: pending.count, isIndependent: first.isKeyFrame, bytes: bytes))
        pending.removeAll(keepingCapacity: true)
        let wanted = partTargetSeconds ?? max(seconds, Self.usualPartSeconds) * Self.partTolerance
        // As playlists write it: never rounded to less than a part lasts.
        partTargetSeconds = (max(wanted, seconds) * 1000 - 0.001).rounded(.up) / 1000
    }

    private mutating func openSegment(of header: HLSHeader, startingWith first: VideoFragment) {
        let last = segments.last
        segments.append(
            HLSSegment(
                number: nextNumber, header: header,
                isDiscontinuous: isAfterGap || last.map { $0.header.number != header.number } ?? false,
                earlierDiscontinuities: last.map { $0.earlierDiscontinuities + ($0.isDiscontinuous ? 1 : 0) } ?? 0,
                wallSeconds: first.wallSeconds))
        nextNumber += 1
        isAfterGap = false
    }

    private mutating func closeSegment() {
        guard !segments.isEmpty else { return }
        segments[segments.count - 1].isComplete = true
        forget()
    }

    /// Nothing follows what there is: its last picture is taken to last as long as the one before.
    private mutating func closeEarly() {
        if let first = pending.first, let last = pending.last {
            let seconds = last.decodeSeconds - first.decodeSeconds + max(interval, 0.001)
            closePart(seconds: min(seconds, partTargetSeconds ?? seconds))
        }
        closeSegment()
    }

    /// Lets go of what nobody is promised any more.
    private mutating func forget() {
        var seconds = segments.reduce(0) { $0 + $1.seconds }
        var bytes = segments.reduce(0) { $0 + $1.byteCount }
        while let first = segments.first, segments.count > 1 {
            guard seconds - first.seconds >= Self.keptSeconds || bytes > byteLimit else { return }
            seconds -= first.seconds
            bytes -= first.byteCount
            segments.removeFirst()
        }
    }
}

/// What there is.
extension HLSWindow {
    /// What playlists list: the newest, for as long as they have to.
    var listed: ArraySlice<HLSSegment> {
        var seconds = 0.0
        let first = segments.indices.reversed().first { index in
            seconds += segments[index].seconds
            return seconds >= Self.listedSeconds
        }
        return segments[(first ?? segments.startIndex)...]
    }

    /// Where the next part will be.
    var nextPosition: HLSPosition {
        guard let last = segments.last, !last.isComplete else { return HLSPosition(segment: nextNumber, part: 0) }
        return HLSPosition(segment: last.number, part: last.parts.count)
    }

    var hasWholeSegment: Bool { segments.first?.isComplete ?? false }

    /// Whether the playlist holds this position, or one after it. A part behind the last of its segment stands for the first
    /// of the next one (RFC 8216bis, section 6.2.5.2).
    func has(_ position: HLSPosition) -> Bool {
        guard let part = position.part else { return position.segment < nextPosition.segment }
        guard let segment = self[segment: position.segment], segment.isComplete, part >= segment.parts.count else {
            return position < nextPosition
        }
        return HLSPosition(segment: position.segment + 1, part: 0) < nextPosition
    }

    /// What a name in the playlists stands for; nil for what is not there, or no longer.
    subscript(_ name: HLSName) -> [ByteBuffer]? {
        switch name {
        case .header(let number):
            if let header, header.number == number { return [header.content.bytes] }
            return segments.first { $0.header.number == number }.map { [$0.header.content.bytes] }
        case .segment(let number):
            guard let segment = self[segment: number], segment.isComplete else { return nil }
            return segment.parts.map(\.bytes)
        case .part(let number, let index):
            guard let segment = self[segment: number], segment.parts.indices.contains(index) else { return nil }
            return [segment.parts[index].bytes]
        }
    }

    private subscript(segment number: Int) -> HLSSegment? {
        guard let first = segments.first?.number, number >= first, number - first < segments.count else { return nil }
        return segments[number - first]
    }
}
