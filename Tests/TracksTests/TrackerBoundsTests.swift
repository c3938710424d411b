import Domain
import Testing

@testable import Tracks

/// Whatever a model puts out, and however much of it.
@Suite struct TrackerBoundsTests {
    @Test func oddNumbersArePassedOver() {
        let odd: [Float] = [.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -1e30, 0, 1e-30]
        var scene = Scene()
        for step in 0..<40 {
            var detections = [person(x: 300)]
            for first in odd {
                for second in odd {
                    let box = PixelBox(x1: first, y1: second, x2: second, y2: first)
                    detections.append(Detection(classIndex: 0, confidence: 0.9, box: box))
                    detections.append(Detection(classIndex: step, confidence: first, box: person(x: 300).box))
                }
            }
            detections.append(
                Detection(classIndex: .min, confidence: 0.9, box: PixelBox(x1: 5, y1: 5, x2: 5, y2: 50)))
            detections.append(
                Detection(classIndex: .max, confidence: 0.9, box: PixelBox(x1: 50, y1: 50, x2: 5, y2: 5)))
            scene.show(detections)
            #expect(scene.tracker.tracks.allSatisfy { $0.box.isFinite && $0.velocityX.isFinite })
        }
        #expect(scene.tracker.trackID(forDetection: 0) == 1)
        #expect(scene.tracker.trackID(forDetection: -1) == nil)
        #expect(scene.tracker.trackID(forDetection: 100_000) == nil)
    }

    @Test func arbitraryPicturesKeepTheInvariants() {
        var random = SeededGenerator(seed: 23)
        var scene = Scene()
        var alive = Set<TrackID>()
        for _ in 0..<400 {
            let detections = (0..<Int.random(in: 0...25, using: &random)).map { _ in
                let x = Float.random(in: -20...300, using: &random)
                let y = Float.random(in: -20...300, using: &random)
                let size = Float.random(in: 0.01...150, using: &random)
                return Detection(
                    classIndex: .random(in: 0...2, using: &random), confidence: .random(in: 0...1, using: &random),
                    box: PixelBox(x1: x, y1: y, x2: x + size, y2: y + size))
            }
            scene.show(detections, after: .random(in: -0.05...0.6, using: &random))
            alive.formUnion(scene.tracker.confirmedInLatestUpdate)
            alive.subtract(scene.tracker.endedInLatestUpdate)
            let ids = scene.tracker.tracks.map(\.id)
            #expect(Set(ids).count == ids.count && alive.isSuperset(of: ids))
            #expect(scene.tracker.tracks.allSatisfy { $0.box.isFinite && $0.box.area > 0 })
            let given = detections.indices.compactMap { scene.tracker.trackID(forDetection: $0) }
            #expect(given.sorted() == ids.sorted())
            for (index, detection) in detections.enumerated() {
                guard let id = scene.tracker.trackID(forDetection: index) else { continue }
                #expect(scene.tracker.tracks.first { $0.id == id }?.classIndex == detection.classIndex)
            }
        }
        #expect(Set(scene.issued).count == scene.issued.count)
        #expect(Set(scene.ended).count == scene.ended.count)
    }

    @Test func thousandsOfDetectionsAreCutToTheMostConfident() {
        var parameters = TrackerParameters()
        parameters.maximumDetections = 40
        parameters.maximumTracks = 30
        var scene = Scene(parameters: parameters)
        let crowd = (0..<5000).map { (index: Int) -> Detection in
            let confidence: Float = index == 4321 ? 0.99 : 0.6 + Float(index % 7) / 20
            return person(x: Float(index % 100) * 60, y: Float(index / 100) * 140, confidence: confidence)
        }
        for _ in 0..<5 { scene.show(crowd) }
        #expect(scene.tracker.objects.count == 30)
        #expect(scene.tracker.trackID(forDetection: 4321) != nil)
        parameters.maximumDetections = 0
        parameters.maximumTracks = -1
        var none = Scene(parameters: parameters)
        for _ in 0..<5 { #expect(none.show(crowd).isEmpty) }
    }

    @Test func aFullTrackerGivesWayToWhatIsThere() {
        var parameters = TrackerParameters()
        parameters.maximumTracks = 2
        var scene = Scene(parameters: parameters)
        for _ in 0..<5 { scene.show([person(x: 100), person(x: 300)]) }
        for _ in 0..<5 { scene.show([person(x: 100), person(x: 600)]) }
        #expect(scene.tracker.tracks.map(\.id).sorted() == [1, 3])
        #expect(scene.ended == [2])
    }

    @Test func steadyStateKeepsItsBuffers() {
        var scene = Scene()
        var capacities: [Int] = []
        for step in 0..<600 {
            let detections = (0..<20).compactMap { index in
                (step + index) % 17 == 0
                    ? nil
                    : person(x: 100 * Float(index) + Float(abs(step % 50 - 25)), confidence: index % 5 == 0 ? 0.3 : 0.9)
            }
            scene.show(detections)
            if step == 100 { capacities = scene.tracker.bufferCapacities }
        }
        #expect(scene.tracker.bufferCapacities == capacities)
    }
}
