internal import Domain
internal import Events

/// Puts what was seen on a camera's timeline, in analysed pictures, into the words of a clip: wall time, names of classes,
/// pixels of the recorded video.
struct ClipDescription: Sendable {
    /// Of the clip, on the camera's timeline.
    var startSeconds: Double
    /// The same moment since 1970 UTC.
    var startMicroseconds: Int64
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

    /// Inside the picture. What is analysed are the decoded pictures of the recorded stream, in their own size.
    private func box(of moment: Event.Moment) -> PixelBox {
        moment.sighting.box.clipped(toWidth: Float(moment.pictureWidth), height: Float(moment.pictureHeight))
    }

    private func microseconds(_ seconds: Double) -> Int64 {
        startMicroseconds &+ Int64(microsecondsOf: max(0, seconds - startSeconds))
    }

    private static func whole(_ value: Float) -> Int {
        value.isFinite ? Int(min(max(value, -1e6), 1e6).rounded()) : 0
    }
}
