private import Domain

/// When an object on a camera is an event, and how much is recorded around it. A camera with settings of its own has
/// other rules, that is all.
package struct EventRules: Hashable, Sendable {
    /// Least confidence of a sight that counts, 0...1.
    package var minimumConfidence: Float = 0.5
    /// Class numbers that count; nil for all.
    package var classes: Set<Int>?
    /// Seconds between an object's first and its latest sight that counts before it is an event; 0 for at once.
    package var minimumDurationSeconds = 0.0
    /// Least area of a box that counts, in square pixels of the analysed picture.
    package var minimumArea: Float = 0
    /// What the clip shows of the time before the first sight.
    package var preBufferSeconds = 10.0
    /// How long after the last sight that counts the event, and with the last event the clip, ends.
    package var postBufferSeconds = 10.0
    package var rest = Rest()

    /// When an object counts as motionless, and what is known of those that are.
    package struct Rest: Hashable, Sendable {
        /// An object that has stayed in place for so long does not count any more, until it moves.
        package var stationarySeconds = 10.0
        /// How far the centre of a box must come from where it rested to have moved, in shares of the square root of
        /// its area: more than detectors' boxes jitter.
        package var movementShare: Float = 0.3
        /// A box that overlaps the one where it rested by less (IoU) has moved too: it came nearer or went away.
        package var movementOverlap: Float = 0.4
        /// Sights in a row out of place that make a movement: a single one may be a slip of the detector.
        package var movementSights = 2
        /// What is there within so many seconds of the first picture of a connection was there before: it counts
        /// when it moves.
        package var startUpSeconds = 10.0
        /// A new track that overlaps (IoU) the place of a motionless object of its class is that object.
        package var parkedOverlap: Float = 0.4
        /// How long a motionless object is remembered without being seen.
        package var parkedMemorySeconds = 1800.0

        package init() {}
    }

    package init() {}

    /// Whether a sight is good enough to count, leaving aside whether the object moves.
    func admits(_ sighting: Sighting) -> Bool {
        sighting.confidence >= minimumConfidence && sighting.box.area >= minimumArea
            && (classes?.contains(sighting.classIndex) ?? true)
    }
}
