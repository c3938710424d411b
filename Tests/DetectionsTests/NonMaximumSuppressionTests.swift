import Detections
import Domain
import Testing

@Suite struct NonMaximumSuppressionTests {
    /// The definition, without the caps: a box stays when no better box of its class that stays overlaps it too much.
    private func reference(_ boxes: [Detection], _ threshold: Float) -> [Detection] {
        var rest = boxes.sorted { $0.confidence > $1.confidence }
        var kept: [Detection] = []
        while let best = rest.first {
            kept.append(best)
            rest = rest.dropFirst().filter {
                $0.classIndex != best.classIndex || $0.box.intersectionOverUnion(with: best.box) <= threshold
            }
        }
        return kept
    }

    @Test func itAgreesWithTheDefinition() {
        for round in 0..<50 {
            let boxes = (0..<40).map { index in
                let (x, y) = (Float.random(in: 0...80), Float.random(in: 0...80))
                return Detection(
                    classIndex: index % 2, confidence: Float(index) / 50 + Float(round) / 1e4,
                    box: PixelBox(x1: x, y1: y, x2: x + .random(in: 5...40), y2: y + .random(in: 5...40)))
            }.shuffled()
            #expect(NonMaximumSuppression.apply(to: boxes, threshold: 0.45) == reference(boxes, 0.45))
        }
    }

    @Test func aPictureHasAtMostThreeHundredDetectionsTheBestOnes() {
        let boxes = (0..<1000).map { index in
            Detection(
                classIndex: 0, confidence: Float(index) / 1000,
                box: PixelBox(x1: Float(index) * 10, y1: 0, x2: Float(index) * 10 + 5, y2: 5))
        }
        for kept in [NonMaximumSuppression.apply(to: boxes, threshold: 0.45), NonMaximumSuppression.best(of: boxes)] {
            #expect(kept.count == 300)
            #expect(kept.first?.confidence == 0.999 && kept.last?.confidence == 0.7)
        }
    }
}
