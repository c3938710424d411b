internal import Domain
internal import Events

/// Puts what was seen on a camera's timeline, in analysed pictures, into the words of a clip: wall time, names of classes,
/// pixels of the recorded video.
struct ClipDescription: Sendable {
    /// Of the clip, on the camera's timeline.
    var startSeconds: Double
    /// The same moment since 1970 UTC.
    var startMicroseconds: Int64
    /// In pixels; 0 when not known, then the analysed picture's pixels count.
    var videoWidth: Int
    var videoHeight: Int
    var classes: ClassList

    /// All objects, in the order of their first sights.
    func objects(_ contents: ClipContents) -> [ClipObject] {
        contents.seen.values
            .sorted {
                ($0.firstSeconds, $0.best.sighting.trackID) < ($1.firstSeconds, $1.best.sighting.trackID)
            }
            .map { seen in
                let box = box(of: seen.best)
                return ClipObject(
                    className: classes.name(of: seen.best.sighting.classIndex),
                    confidence: Double(min(max(seen.best.sighting.confidence, 0), 1)), x1: Self.whole(box.x1),
                    y1: Self.whole(box.y1), x2: Self.whole(box.x2), y2: Self.whole(box.y2),
                    trackID: seen.best.sighting.trackID > 0 ? seen.best.sighting.trackID : nil,
                    firstSeenMicroseconds: microseconds(seen.firstSeconds),
                    lastSeenMicroseconds: microseconds(seen.lastSeconds))
            }
    }

    /// The picture to show for the clip: the best at hand, or else where to find it in the clip.
    func best(_ contents: ClipContents) -> ClipJournal.Best? {
        guard let moment = contents.picture?.moment ?? contents.best else { return nil }
        let box = box(of: moment)
        let percent = Int((min(max(moment.sighting.confidence, 0), 1) * 100).rounded())
        return ClipJournal.Best(
            seconds: max(0, moment.seconds - startSeconds), x1: box.x1, y1: box.y1, x2: box.x2, y2: box.y2,
            label: "\(classes.name(of: moment.sighting.classIndex)) \(percent)%",
            classIndex: moment.sighting.classIndex)
    }

    private func box(of moment: Event.Moment) -> PixelBox {
        let box = moment.sighting.box
        let (width, height) = (Float(moment.pictureWidth), Float(moment.pictureHeight))
        guard videoWidth > 0, videoHeight > 0, width > 0, height > 0 else { return box }
        let (x, y) = (Float(videoWidth) / width, Float(videoHeight) / height)
        return PixelBox(x1: box.x1 * x, y1: box.y1 * y, x2: box.x2 * x, y2: box.y2 * y)
            .clipped(toWidth: Float(videoWidth), height: Float(videoHeight))
    }

    private func microseconds(_ seconds: Double) -> Int64 {
        startMicroseconds &+ Int64(microsecondsOf: max(0, seconds - startSeconds))
    }

    private static func whole(_ value: Float) -> Int {
        value.isFinite ? Int(min(max(value, -1e6), 1e6).rounded()) : 0
    }
}
