import Domain
import Testing
import Tracks

@Suite struct BoxMotionTests {
    /// The textbook filter with full matrices: state (position, velocity), `x = Fx`, `P = FPFᵀ + Q`, Joseph's update.
    private struct Reference {
        var x: [Double]
        var p: [[Double]]

        func times(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
            a.map { row in b[0].indices.map { column in row.indices.reduce(0) { $0 + row[$1] * b[$1][column] } } }
        }

        func transposed(_ a: [[Double]]) -> [[Double]] { a[0].indices.map { column in a.map { $0[column] } } }

        func sum(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] { zip(a, b).map { zip($0, $1).map(+) } }

        mutating func predict(_ t: Double, _ q: Double) {
            let f = [[1, t], [0, 1]]
            x = [x[0] + t * x[1], x[1]]
            let noise = [[q * t * t * t / 3, q * t * t / 2], [q * t * t / 2, q * t]]
            p = sum(times(times(f, p), transposed(f)), noise)
        }

        mutating func correct(_ z: Double, _ r: Double) {
            let s = p[0][0] + r
            let k = [p[0][0] / s, p[1][0] / s]
            let innovation = z - x[0]
            x = [x[0] + k[0] * innovation, x[1] + k[1] * innovation]
            let a = [[1 - k[0], 0], [-k[1], 1]]
            let gain = [[k[0] * r * k[0], k[0] * r * k[1]], [k[1] * r * k[0], k[1] * r * k[1]]]
            p = sum(times(times(a, p), transposed(a)), gain)
        }
    }

    @Test func agreesWithTheTextbookFilter() {
        var random = SeededGenerator(seed: 11)
        var filter = AxisFilter(position: 100, positionVariance: 16, velocityVariance: 400)
        var reference = Reference(x: [100, 0], p: [[16, 0], [0, 400]])
        for step in 0..<200 {
            let seconds = Float.random(in: 0.02...0.5, using: &random)
            filter.predict(seconds: seconds, accelerationDensity: 50)
            reference.predict(Double(seconds), 50)
            let measured = 100 + Float(step) + Float.random(in: -5...5, using: &random)
            filter.correct(measured: measured, variance: 9)
            reference.correct(Double(measured), 9)
            #expect(abs(Double(filter.position) - reference.x[0]) < 0.05)
            #expect(abs(Double(filter.velocity) - reference.x[1]) < 0.2)
            #expect(abs(Double(filter.positionVariance) - reference.p[0][0]) < 0.02)
            #expect(abs(Double(filter.velocityVariance) / reference.p[1][1] - 1) < 0.01)
        }
    }

    @Test func twoShortStepsAreOneLong() {
        var once = AxisFilter(position: 5, positionVariance: 4, velocityVariance: 9)
        once.velocity = 3
        var twice = once
        once.predict(seconds: 0.4, accelerationDensity: 2)
        twice.predict(seconds: 0.1, accelerationDensity: 2)
        twice.predict(seconds: 0.3, accelerationDensity: 2)
        #expect(abs(once.position - twice.position) < 1e-4)
        #expect(abs(once.positionVariance - twice.positionVariance) < 1e-4)
        #expect(abs(once.covariance - twice.covariance) < 1e-4)
        #expect(abs(once.velocityVariance - twice.velocityVariance) < 1e-4)
    }

    @Test(arguments: [Float(0.04), 0.2, 0.5]) func learnsTheVelocityAtAnyFrameRate(interval: Float) {
        let parameters = TrackerParameters()
        func box(_ time: Float) -> PixelBox {
            PixelBox(x1: 100 + 40 * time, y1: 300 - 20 * time, x2: 140 + 40 * time, y2: 400 - 20 * time)
        }
        var motion = BoxMotion(box(0), parameters: parameters)
        var time: Float = 0
        while time < 4 {
            time += interval
            motion.predict(seconds: interval, parameters: parameters)
            motion.correct(box(time), confidence: 0.9, parameters: parameters)
        }
        #expect(abs(motion.centreX.velocity - 40) < 2)
        #expect(abs(motion.centreY.velocity + 20) < 2)
        #expect(motion.box.intersectionOverUnion(with: box(time)) > 0.95)
    }
}
