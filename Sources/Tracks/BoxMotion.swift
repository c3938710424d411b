package import Domain

/// Position, size and their velocities of a box: four `AxisFilter`s whose noise is scaled with the box.
package struct BoxMotion: Hashable, Sendable {
    package var centreX: AxisFilter
    package var centreY: AxisFilter
    package var width: AxisFilter
    package var height: AxisFilter

    package init(_ box: PixelBox, parameters: TrackerParameters) {
        let size = Self.size(width: box.width, height: box.height)
        let position = square(size * parameters.measurementNoise)
        let speed = square(size * parameters.initialSpeed)
        let growth = square(size * parameters.initialSpeed / 4)
        func axis(_ value: Float, _ velocityVariance: Float) -> AxisFilter {
            AxisFilter(position: value, positionVariance: position, velocityVariance: velocityVariance)
        }
        centreX = axis((box.x1 + box.x2) / 2, speed)
        centreY = axis((box.y1 + box.y2) / 2, speed)
        width = axis(box.width, growth)
        height = axis(box.height, growth)
    }

    /// The estimated box, at least a pixel's fraction wide and high.
    package var box: PixelBox {
        let halfWidth = max(width.position, Self.leastExtent) / 2
        let halfHeight = max(height.position, Self.leastExtent) / 2
        return PixelBox(
            x1: centreX.position - halfWidth, y1: centreY.position - halfHeight,
            x2: centreX.position + halfWidth, y2: centreY.position + halfHeight)
    }

    package mutating func predict(seconds: Float, parameters: TrackerParameters) {
        let size = Self.size(width: width.position, height: height.position)
        let acceleration = square(size * parameters.accelerationNoise)
        let growth = square(size * parameters.growthNoise)
        centreX.predict(seconds: seconds, accelerationDensity: acceleration)
        centreY.predict(seconds: seconds, accelerationDensity: acceleration)
        width.predict(seconds: seconds, accelerationDensity: growth)
        height.predict(seconds: seconds, accelerationDensity: growth)
    }

    /// Takes in a measured box; the less confident, the less it counts (noise scaled adaptively as in StrongSORT,
    /// arXiv 2202.13514, with a floor for certain detections).
    package mutating func correct(_ box: PixelBox, confidence: Float, parameters: TrackerParameters) {
        let deviation = parameters.measurementNoise * (1.5 - confidence)
        let alongX = square(max(box.width, Self.leastExtent) * deviation)
        let alongY = square(max(box.height, Self.leastExtent) * deviation)
        centreX.correct(measured: (box.x1 + box.x2) / 2, variance: alongX)
        centreY.correct(measured: (box.y1 + box.y2) / 2, variance: alongY)
        width.correct(measured: box.width, variance: alongX)
        height.correct(measured: box.height, variance: alongY)
    }

    /// Lets an unseen object come to rest; its size stops changing at once.
    package mutating func fade(seconds: Float, timeConstant: Float) {
        centreX.fade(seconds: seconds, timeConstant: timeConstant)
        centreY.fade(seconds: seconds, timeConstant: timeConstant)
        width.velocity = 0
        height.velocity = 0
    }

    private static let leastExtent: Float = 0.5

    /// The length that noise is relative to: the geometric mean of width and height.
    private static func size(width: Float, height: Float) -> Float {
        (max(width, leastExtent) * max(height, leastExtent)).squareRoot()
    }
}

func square(_ value: Float) -> Float { value * value }
