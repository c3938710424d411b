/// What a `Tracker` can be told. Lengths are shares of an object's size and times are in seconds, so that one set serves
/// every picture size and frame rate. Similarities are 0...1: intersection over union of the grown boxes, lessened by a
/// difference in height.
package struct TrackerParameters: Sendable, Hashable {
    /// Detections from here on take part in the first association.
    package var highConfidence: Float = 0.35
    /// Detections from here up to `highConfidence` only continue tracks (ByteTrack's second association).
    package var lowConfidence: Float = 0.1
    /// What a detection needs to start a track.
    package var birthConfidence: Float = 0.35

    /// Pictures in which a new track must be seen before it may be confirmed.
    package var confirmationHits = 3
    /// A track is confirmed once it has been seen with this confidence ...
    package var certainConfidence: Float = 0.65
    /// ... or has moved this share of its size from where it started: what stays in place and is never sure is a flaw of
    /// the picture or the detector.
    package var certainDisplacement: Float = 0.35
    /// Pictures in a row that a track may miss before it has been seen `confirmationHits` times.
    package var tentativeMisses = 1
    /// How long any other track may go unseen before it ends.
    package var lostSeconds: Float = 2

    /// Least similarity with the predicted box in the first association.
    package var firstSimilarity: Float = 0.2
    /// Least similarity with the predicted box in the second association; boxes are not grown there.
    package var secondSimilarity: Float = 0.3
    /// Least similarity with a track's last observation (OC-SORT's recovery).
    package var recoverySimilarity: Float = 0.4
    /// Least similarity with the predicted box of a track not seen `confirmationHits` times yet.
    package var tentativeSimilarity: Float = 0.2

    /// Both boxes grow by this share of their size on each side before they are compared (C-BIoU, arXiv 2211.14317).
    package var boxBuffer: Float = 0.3
    /// How much a difference in height lessens similarity, 0...1 (after Hybrid-SORT's height-modulated IoU, arXiv
    /// 2308.00783).
    package var heightWeight: Float = 0.5
    /// Weight of the direction of motion in the first association (OC-SORT's OCM, arXiv 2203.14360).
    package var directionWeight: Float = 0.3
    /// How much a low confidence lessens similarity in the first association, 0...1 (BYTE's score fusion).
    package var confidenceWeight: Float = 0.5
    /// What a track that was not in the picture before costs more: the one in sight keeps a detection that both claim.
    package var unseenPenalty: Float = 0.2
    /// A detection that overlaps a more confident one of its class by more is its duplicate.
    package var duplicateOverlap: Float = 0.8

    /// Standard deviation of a measured coordinate of medium confidence, as a share of the box's width (x) or height (y).
    package var measurementNoise: Float = 0.12
    /// Root of the spectral density of the centre's acceleration, in box sizes per s^1.5.
    package var accelerationNoise: Float = 0.3
    /// The same for width and height.
    package var growthNoise: Float = 0.05
    /// Standard deviation of a new track's velocity, in box sizes a second.
    package var initialSpeed: Float = 1
    /// Seconds in which an unseen track's velocity is halved.
    package var coastSeconds: Float = 2

    /// Only so many detections, the most confident, are considered in a picture.
    package var maximumDetections = 256
    /// Only so many tracks are held; those unseen the longest make room.
    package var maximumTracks = 256

    package init() {}
}
