import Domain
import Tracks

/// Drives a tracker and remembers what it said.
struct Scene {
    var tracker: Tracker
    var time = 100.0
    private(set) var issued: [TrackID] = []
    private(set) var ended: [TrackID] = []

    init(parameters: TrackerParameters = .init()) {
        tracker = Tracker(parameters: parameters)
    }

    @discardableResult
    mutating func show(_ detections: [Detection], after seconds: Double = 0.1) -> [Track] {
        time += seconds
        var next = issued.last ?? 0
        var fresh: [TrackID] = []
        tracker.update(detections, at: time) {
            next += 1
            fresh.append(next)
            return next
        }
        issued += fresh
        ended += tracker.endedInLatestUpdate
        return tracker.tracks
    }
}

/// A detection of 40 × 100 px around a point.
func person(x: Float, y: Float = 300, confidence: Float = 0.9, classIndex: Int = 0) -> Detection {
    Detection(
        classIndex: classIndex, confidence: confidence,
        box: PixelBox(x1: x - 20, y1: y - 50, x2: x + 20, y2: y + 50))
}
