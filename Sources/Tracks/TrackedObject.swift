import Domain

/// A detection that takes part in association.
struct Candidate: Sendable {
    var box: PixelBox
    var confidence: Float
    var classIndex: Int
    /// Position in the caller's list.
    var source: Int
    var isTaken = false
}

/// What the tracker knows of one object.
struct TrackedObject: Sendable {
    /// nil until confirmed.
    var id: TrackID?
    var classIndex: Int
    var confidence: Float
    var hits = 1
    /// Seen with certainty, or seen to move: not a lasting flaw of the picture or the detector.
    var isCertain: Bool
    private let startBox: PixelBox
    /// Pictures since the last observation.
    var misses = 0
    /// Seconds of tracker time since the last observation.
    var unseenSeconds: Float = 0
    var lastBox: PixelBox
    var motion: BoxMotion
    /// The motion as it stood after the last observation.
    var observedMotion: BoxMotion
    /// Position of the latest observation in the caller's list of that picture.
    var source: Int
    var isMatched = true

    /// Seen often enough to compete for detections on equal terms.
    func isEstablished(_ parameters: TrackerParameters) -> Bool { hits >= parameters.confirmationHits }

    init(_ candidate: Candidate, parameters: TrackerParameters) {
        classIndex = candidate.classIndex
        confidence = candidate.confidence
        lastBox = candidate.box
        startBox = candidate.box
        isCertain = candidate.confidence >= parameters.certainConfidence
        source = candidate.source
        motion = BoxMotion(candidate.box, parameters: parameters)
        observedMotion = motion
    }

    mutating func predict(seconds: Float, parameters: TrackerParameters) {
        motion.predict(seconds: seconds, parameters: parameters)
        if misses > 0 {
            motion.fade(seconds: seconds, timeConstant: parameters.coastSeconds)
        }
        unseenSeconds += seconds
        misses += 1
        isMatched = false
    }

    /// Takes in a detection. After a gap the filter goes back to the last observation and follows a straight line to
    /// this one, so that what it made up meanwhile is forgotten (OC-SORT's observation-centric re-update).
    mutating func observe(_ candidate: Candidate, parameters: TrackerParameters) {
        if misses > 1, unseenSeconds > 0 {
            motion = observedMotion
            let steps = min(misses, 32)
            let seconds = unseenSeconds / Float(steps)
            for step in 1...steps {
                motion.predict(seconds: seconds, parameters: parameters)
                let box = PixelBox.between(lastBox, candidate.box, share: Float(step) / Float(steps))
                motion.correct(box, confidence: candidate.confidence, parameters: parameters)
            }
        } else {
            motion.correct(candidate.box, confidence: candidate.confidence, parameters: parameters)
        }
        observedMotion = motion
        isCertain =
            isCertain || candidate.confidence >= parameters.certainConfidence
            || startBox.distance(to: motion.box) > parameters.certainDisplacement * startBox.area.squareRoot()
        lastBox = candidate.box
        source = candidate.source
        confidence = candidate.confidence
        hits += 1
        misses = 0
        unseenSeconds = 0
        isMatched = true
    }
}

extension PixelBox {
    /// The box at a share (0...1) of the way from one to another.
    static func between(_ first: PixelBox, _ second: PixelBox, share: Float) -> PixelBox {
        PixelBox(
            x1: first.x1 + (second.x1 - first.x1) * share, y1: first.y1 + (second.y1 - first.y1) * share,
            x2: first.x2 + (second.x2 - first.x2) * share, y2: first.y2 + (second.y2 - first.y2) * share)
    }

    /// Between the centres.
    func distance(to other: PixelBox) -> Float {
        let (dx, dy) = ((x1 + x2 - other.x1 - other.x2) / 2, (y1 + y2 - other.y1 - other.y2) / 2)
        return (dx * dx + dy * dy).squareRoot()
    }

    /// Grown on each side by a share of its size.
    func grown(by share: Float) -> PixelBox {
        PixelBox(
            x1: x1 - width * share, y1: y1 - height * share, x2: x2 + width * share, y2: y2 + height * share)
    }
}
