package import Domain

/// A span of time in which one object met the rules of its camera.
///
/// All times are seconds of the camera's media timeline.
package struct Event: Hashable, Sendable {
    /// A sight and its moment.
    package struct Moment: Hashable, Sendable {
        package var sighting: Sighting
        package var seconds: Double
        /// The size of the analysed picture, in pixels.
        package var pictureWidth: Int
        package var pictureHeight: Int

        package init(sighting: Sighting, seconds: Double, pictureWidth: Int, pictureHeight: Int) {
            self.sighting = sighting
            self.seconds = seconds
            self.pictureWidth = pictureWidth
            self.pictureHeight = pictureHeight
        }

        /// How well it shows the object, 0...1: by confidence; of equally sure sights the larger is better, and one
        /// at the edge of the picture is probably cut off.
        package var quality: Float {
            let box = sighting.box
            let (width, height) = (Float(pictureWidth), Float(pictureHeight))
            guard width > 0, height > 0 else { return 0 }
            let share = min(max(box.area / (width * height), 0), 1)
            let size = share.squareRoot().squareRoot()
            let margin: Float = 2
            let isCut = box.x1 < margin || box.y1 < margin || box.x2 > width - margin || box.y2 > height - margin
            return min(max(sighting.confidence, 0), 1) * (0.5 + 0.5 * size) * (isCut ? 0.85 : 1)
        }
    }

    /// The first sight that counted.
    package var first: Moment
    /// The latest sight that counted.
    package var latest: Moment
    /// The one with the greatest quality so far.
    package var best: Moment

    package init(first: Moment) {
        self.first = first
        latest = first
        best = first
    }

    package var trackID: TrackID { first.sighting.trackID }
    package var startSeconds: Double { first.seconds }
    package var lastSeconds: Double { latest.seconds }

    mutating func add(_ moment: Moment) {
        latest = moment
        if moment.quality > best.quality { best = moment }
    }
}

/// What follows from an analysed picture.
package enum EventAction: Hashable, Sendable {
    case began(Event)
    /// The object was seen again; `latest` is that sight.
    case updated(Event)
    case ended(Event)
    /// Record from here on: the start of the pre-roll, which lies in the past and may lie before the first picture.
    /// Comes before the event's `began`.
    case openClip(fromSeconds: Double)
    /// The clip is over at this moment, which is not after the latest picture unless the source ended. Comes after the
    /// last event's `ended`.
    case closeClip(atSeconds: Double)
}
