import Domain
import Testing

@testable import Tracks

@Suite struct TrackerTests {
    @Test func confirmsAfterAFewPicturesAndReportsVelocity() throws {
        var scene = Scene()
        for step in 0..<30 {
            let tracks = scene.show([person(x: 100 + 5 * Float(step))])
            let isConfirmed = step + 1 >= TrackerParameters().confirmationHits
            #expect(tracks.isEmpty != isConfirmed)
            #expect(scene.tracker.trackID(forDetection: 0) == (isConfirmed ? 1 : nil))
            let isFirst = step + 1 == TrackerParameters().confirmationHits
            #expect(scene.tracker.confirmedInLatestUpdate == (isFirst ? [1] : []))
        }
        let track = try #require(scene.tracker.tracks.first)
        #expect(track.id == 1 && track.confidence == 0.9)
        #expect(abs(track.velocityX - 50) < 5 && abs(track.velocityY) < 2)
        #expect(track.box.intersectionOverUnion(with: person(x: 245).box) > 0.9)
    }

    @Test func crossingObjectsKeepTheirIDs() {
        var scene = Scene()
        var idOfRight: TrackID?
        var idOfLeft: TrackID?
        for step in 0..<60 {
            let right = person(x: 100 + 8 * Float(step), y: 300)
            let left = person(x: 572 - 8 * Float(step), y: 330)
            scene.show(step.isMultiple(of: 2) ? [right, left] : [left, right])
            if step == 10 || step == 59 {
                let ids = (0...1).map { scene.tracker.trackID(forDetection: $0) }
                let (ofRight, ofLeft) = step.isMultiple(of: 2) ? (ids[0], ids[1]) : (ids[1], ids[0])
                #expect(ofRight != nil && ofLeft != nil && ofRight != ofLeft)
                #expect(step == 10 || (ofRight == idOfRight && ofLeft == idOfLeft))
                (idOfRight, idOfLeft) = (ofRight, ofLeft)
            }
        }
        #expect(scene.issued.count == 2)
    }

    @Test(arguments: [0.04, 0.1, 0.2]) func survivesAnOcclusionAtAnyFrameRate(interval: Double) {
        var scene = Scene()
        var time = 0.0
        while time < 6 {
            let isHidden = time > 2.5 && time < 3.5
            scene.show(isHidden ? [] : [person(x: 100 + 60 * Float(time))], after: interval)
            if isHidden { #expect(scene.tracker.tracks.isEmpty) }
            time += interval
        }
        #expect(scene.issued == [1] && scene.ended.isEmpty)
        #expect(scene.tracker.tracks.map(\.id) == [1])
        #expect(abs((scene.tracker.tracks.first?.velocityX ?? 0) - 60) < 6)
    }

    @Test func endsWhatStaysAway() {
        var scene = Scene()
        for _ in 0..<5 { scene.show([person(x: 100)]) }
        for _ in 0..<100 { scene.show([]) }
        #expect(scene.ended == [1])
        #expect(scene.tracker.objects.isEmpty)
        for _ in 0..<5 { scene.show([person(x: 100)]) }
        #expect(scene.issued == [1, 2], "an ended track's id came back")
    }

    @Test func unsureDetectionsContinueATrackButStartNone() {
        var scene = Scene()
        for _ in 0..<5 { scene.show([person(x: 100)]) }
        for _ in 0..<50 {
            #expect(scene.show([person(x: 100, confidence: 0.2), person(x: 400, confidence: 0.2)]).map(\.id) == [1])
            #expect(scene.tracker.trackID(forDetection: 1) == nil)
        }
        #expect(scene.issued == [1])
    }

    @Test func aLastingDoubtfulSpotIsNoTrackUnlessItMoves() {
        var scene = Scene()
        for _ in 0..<300 { #expect(scene.show([person(x: 100, confidence: 0.55)]).isEmpty) }
        for step in 0..<20 { scene.show([person(x: 100 + 5 * Float(step), confidence: 0.55)]) }
        #expect(scene.issued == [1])
    }

    @Test func classesNeverMix() {
        var scene = Scene()
        for _ in 0..<5 { scene.show([person(x: 100, classIndex: 0)]) }
        for _ in 0..<5 { scene.show([person(x: 100, classIndex: 2)]) }
        #expect(scene.issued == [1, 2])
        #expect(scene.tracker.tracks.map(\.classIndex) == [2])
        for _ in 0..<5 { scene.show([person(x: 102, classIndex: 2), person(x: 100, classIndex: 0)]) }
        #expect(scene.tracker.trackID(forDetection: 0) == 2)
        #expect(scene.tracker.trackID(forDetection: 1) == 1)
    }

    @Test func duplicatesOfADetectionMakeOneTrack() {
        var scene = Scene()
        for _ in 0..<5 { scene.show([person(x: 100), person(x: 101, confidence: 0.8), person(x: 300)]) }
        #expect(scene.issued.count == 2)
        #expect(scene.tracker.trackID(forDetection: 1) == nil)
    }

    @Test func timeThatStandsStillOrGoesBackDoesNoHarm() {
        var scene = Scene()
        for seconds in [0.1, 0.1, 0, 0, -50, 0.1, .nan, .infinity, 0.1, -1e18] {
            let before = scene.time
            scene.show([person(x: 100)], after: seconds)
            if !scene.time.isFinite { scene.time = before }
        }
        #expect(scene.tracker.tracks.map(\.id) == [1])
        let track = scene.tracker.tracks.first
        #expect(track?.box.isFinite == true && track?.velocityX.isFinite == true)
        scene.show([person(x: 100)], after: 1e300)
        scene.show([person(x: 100)])
        #expect(scene.tracker.tracks.allSatisfy { $0.box.isFinite })
    }

    @Test func resetForgetsEverything() {
        var scene = Scene()
        for _ in 0..<5 { scene.show([person(x: 100)]) }
        scene.tracker.reset()
        #expect(scene.tracker.tracks.isEmpty && scene.tracker.trackID(forDetection: 0) == nil)
        for _ in 0..<5 { scene.show([person(x: 100)]) }
        #expect(scene.issued == [1, 2] && scene.ended.isEmpty)
    }
}
