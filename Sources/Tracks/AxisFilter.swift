/// Kalman filter of one coordinate and its velocity.
///
/// A box is followed as centre x, centre y, width and height (BoT-SORT's state, arXiv 2206.14651). The transition,
/// noise and measurement matrices of that eight-dimensional filter couple nothing but a coordinate with its own
/// velocity, so four of these are the same filter at a fraction of the cost.
/// Process noise: white acceleration of spectral density `q` (Bar-Shalom, "Estimation with Applications to Tracking
/// and Navigation", 6.2.2), hence valid for any interval.
package struct AxisFilter: Hashable, Sendable {
    /// Pixels.
    package var position: Float
    /// Pixels a second.
    package var velocity: Float
    /// Variance of the position, px².
    package var positionVariance: Float
    /// px²/s.
    package var covariance: Float
    /// px²/s².
    package var velocityVariance: Float

    package init(position: Float, positionVariance: Float, velocityVariance: Float) {
        self.position = position
        velocity = 0
        self.positionVariance = positionVariance
        covariance = 0
        self.velocityVariance = velocityVariance
    }

    /// Moves on by `seconds` (0 or more) with an acceleration of spectral density `q`, px²/s³.
    package mutating func predict(seconds t: Float, accelerationDensity q: Float) {
        position += velocity * t
        positionVariance += t * (2 * covariance + t * velocityVariance) + q * t * t * t / 3
        covariance += t * velocityVariance + q * t * t / 2
        velocityVariance += q * t
    }

    /// Takes in a measured position with a variance above 0, px².
    package mutating func correct(measured: Float, variance: Float) {
        let total = positionVariance + variance
        let innovation = measured - position
        let positionGain = positionVariance / total
        let velocityGain = covariance / total
        position += positionGain * innovation
        velocity += velocityGain * innovation
        // Rounding must not leave a variance below nothing.
        velocityVariance = max(0, velocityVariance - velocityGain * covariance)
        covariance *= variance / total
        positionVariance *= variance / total
    }

    /// Lets the velocity fade: what is left of it after `seconds` is 1 / (1 + seconds / timeConstant).
    package mutating func fade(seconds: Float, timeConstant: Float) {
        velocity /= 1 + seconds / timeConstant
    }
}
