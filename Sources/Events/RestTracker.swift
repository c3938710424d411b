internal import Domain

/// Tells whether one object moves or rests, in spite of boxes that jitter.
///
/// The object rests at an anchor: the box where it last came to a stop. It has moved when its box is away from the anchor
/// for some sights in a row; the anchor is then where it is now. While it rests, the anchor follows slowly, so that shadows
/// and daylight that shift a box over hours are no movement.
struct RestTracker: Sendable {
    private(set) var anchor: PixelBox
    private(set) var since: Double
    private var sightsAway = 0
    private var latestSeconds: Double

    init(at box: PixelBox, seconds: Double) {
        anchor = box
        since = seconds
        latestSeconds = seconds
    }

    func isStationary(at seconds: Double, _ rules: EventRules.Rest) -> Bool {
        seconds - since >= rules.stationarySeconds
    }

    /// Takes in a sight.
    ///
    /// - Returns: whether the object has moved just now.
    mutating func observe(_ box: PixelBox, at seconds: Double, _ rules: EventRules.Rest) -> Bool {
        let elapsed = max(0, seconds - latestSeconds)
        latestSeconds = seconds
        if isAway(box, rules) {
            sightsAway += 1
            guard sightsAway >= rules.movementSights else { return false }
            anchor = box
            since = seconds
            sightsAway = 0
            return true
        }
        sightsAway = 0
        if isStationary(at: seconds, rules) {
            anchor = anchor.moved(towards: box, share: Float(elapsed / (elapsed + 6 * max(rules.stationarySeconds, 1))))
        }
        return false
    }

    private func isAway(_ box: PixelBox, _ rules: EventRules.Rest) -> Bool {
        let size = min(anchor.area, box.area).squareRoot()
        return anchor.centreDistance(to: box) > rules.movementShare * size
            || anchor.intersectionOverUnion(with: box) < rules.movementOverlap
    }
}

extension PixelBox {
    func centreDistance(to other: PixelBox) -> Float {
        let (dx, dy) = ((x1 + x2 - other.x1 - other.x2) / 2, (y1 + y2 - other.y1 - other.y2) / 2)
        return (dx * dx + dy * dy).squareRoot()
    }

    /// - Parameter share: 0 stays, 1 is `other`.
    func moved(towards other: PixelBox, share: Float) -> PixelBox {
        PixelBox(
            x1: x1 + (other.x1 - x1) * share, y1: y1 + (other.y1 - y1) * share, x2: x2 + (other.x2 - x2) * share,
            y2: y2 + (other.y2 - y2) * share)
    }
}
