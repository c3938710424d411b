import Domain
import Testing
import Tracks

@Suite struct TrackInterpolationTests {
    private func line(_ frame: Int, _ id: Int64, x: Float) -> MOTChallenge.Line {
        MOTChallenge.Line(
            frame: frame, id: id, box: PixelBox(x1: x, y1: 10, x2: x + 20, y2: 60), confidence: 0.8)
    }

    @Test func fillsShortGapsOnAStraightLine() {
        let lines = [line(10, 2, x: 5), line(4, 1, x: 140), line(1, 1, x: 110), line(40, 2, x: 65)]
        let result = TrackInterpolation(maximumGap: 20).complete(lines)
        #expect(result.map(\.frame) == [1, 2, 3, 4, 10, 40])
        #expect(result.map(\.id) == [1, 1, 1, 1, 2, 2])
        #expect(result.prefix(4).allSatisfy { abs($0.box.x1 - (100 + 10 * Float($0.frame))) < 0.01 })
    }

    @Test func leavesOutGlimpsesAndRepeats() {
        let lines = [line(1, 1, x: 0), line(1, 1, x: 50), line(2, 1, x: 0), line(3, 9, x: 0)]
        let result = TrackInterpolation(minimumSightings: 2).complete(lines)
        #expect(result == [line(1, 1, x: 0), line(2, 1, x: 0)])
    }

    @Test func farFramesAreNotFilled() {
        #expect(TrackInterpolation(maximumGap: -1).complete([line(1, 1, x: 0), line(3, 1, x: 0)]).count == 2)
        #expect(TrackInterpolation().complete([line(.min, 1, x: 0), line(.max, 1, x: 0)]).count == 2)
    }
}
