import Cameras
import Domain
import Testing

@Suite struct TimelineTests {
    private func times(_ stamps: [Double?], arrivals: [Double]? = nil) -> [Double] {
        var timeline = Timeline()
        return stamps.enumerated().map { index, stamp in
            timeline.place(streamSeconds: stamp, arrivalSeconds: arrivals?[index] ?? Double(index)).decodeTime.seconds
        }
    }

    @Test func theStreamsOwnDistancesAreKept() {
        #expect(times([100, 100.04, 100.08, 100.5]).map { ($0 * 100).rounded() / 100 } == [0, 0.04, 0.08, 0.5])
    }

    @Test func timeNeverGoesBack() {
        for stamps in [[5, 4.9, 4.95, 5.0], [10, 10.04, 3, 3.04], [0, 95443.7, 95443.74, 0], [7, 7, 7, 6]]
            as [[Double?]]
        {
            let times = times(stamps)
            #expect(times == times.sorted(), "\(stamps)")
            #expect(times.allSatisfy { $0 < 60 }, "a leap became a gap: \(times)")
        }
    }

    @Test func aStreamWithoutTimesRunsByItsArrival() {
        #expect(times([nil, nil, nil], arrivals: [50, 50.1, 50.2]).map { ($0 * 10).rounded() / 10 } == [0, 0.1, 0.2])
    }

    @Test func aReconnectGoesOnOneFrameLater() {
        var timeline = Timeline()
        _ = timeline.place(streamSeconds: 900, arrivalSeconds: 0)
        let before = timeline.place(streamSeconds: 900.04, arrivalSeconds: 0.04)
        timeline.restart()
        let after = timeline.place(streamSeconds: 0, arrivalSeconds: 9)
        #expect(after.isDiscontinuity)
        #expect(after.decodeTime > before.decodeTime)
        #expect(after.decodeTime.seconds - before.decodeTime.seconds < 0.1)
    }

    @Test func soundThatComesBeforeOrAfterItsPictureMovesNothing() {
        var timeline = Timeline()
        var picture: [Double] = []
        var sound: [Double] = []
        // Sound of 0.064 s packets that arrives up to 0.3 s behind and ahead of the picture.
        for index in 0..<100 {
            picture.append(
                timeline.place(streamSeconds: 7 + Double(index) * 0.04, arrivalSeconds: 0).decodeTime.seconds)
            let stamp = 7 + Double(index) * 0.04 + (index % 3 == 0 ? -0.3 : 0.3) / 10 * Double(index % 10)
            sound.append(
                timeline.placeCompanion(1, streamSeconds: stamp, arrivalSeconds: 0).decodeTime.seconds)
        }
        for index in picture.indices {
            #expect(abs(picture[index] - Double(index) * 0.04) < 1e-4)
        }
        #expect(sound == sound.sorted())
        #expect(zip(picture, sound).allSatisfy { abs($0 - $1) < 0.61 })
    }

    @Test func soundWithTimesOfItsOwnIsPlacedAtThePicture() {
        var timeline = Timeline()
        _ = timeline.place(streamSeconds: 7, arrivalSeconds: 0)
        let far = timeline.placeCompanion(1, streamSeconds: 90_000, arrivalSeconds: 0)
        let next = timeline.placeCompanion(1, streamSeconds: 90_000.5, arrivalSeconds: 0)
        #expect(far.decodeTime.seconds == 0 && far.isDiscontinuity)
        #expect(next.decodeTime.seconds == 0.5 && !next.isDiscontinuity)
        #expect(timeline.place(streamSeconds: 7.5, arrivalSeconds: 0).decodeTime.seconds == 0.5)
    }

    @Test func soundMayComeFirst() {
        var timeline = Timeline()
        _ = timeline.placeCompanion(1, streamSeconds: 100, arrivalSeconds: 0)
        #expect(timeline.place(streamSeconds: 100.02, arrivalSeconds: 0).offsetSeconds == -100)
        timeline.restart()
        let sound = timeline.placeCompanion(1, streamSeconds: 3, arrivalSeconds: 0)
        let picture = timeline.place(streamSeconds: 3.01, arrivalSeconds: 0)
        #expect(abs(picture.decodeTime.seconds - sound.decodeTime.seconds - 0.01) < 1e-4)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e300])
    func absurdTimesDoNotTrap(_ stamp: Double) {
        let times = times([1, stamp, 1.04, stamp])
        #expect(times == times.sorted())
    }
}
