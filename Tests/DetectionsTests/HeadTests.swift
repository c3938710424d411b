import Detections
import Domain
import Testing

@Suite struct HeadTests {
    @Test func yolov8RowsAreReadInBothOrientations() throws {
        // Two boxes, two classes: [1, 6, 3] with the third below the threshold.
        let columns: [[Float]] = [
            [10, 20, 4, 6, 0.9, 0.1], [30, 30, 10, 10, 0.2, 0.6], [5, 5, 2, 2, 0.1, 0.2],
        ]
        let channelsFirst = (0..<6).flatMap { channel in columns.map { $0[channel] } }
        let expected = [
            Detection(classIndex: 0, confidence: 0.9, box: PixelBox(x1: 8, y1: 17, x2: 12, y2: 23)),
            Detection(classIndex: 1, confidence: 0.6, box: PixelBox(x1: 25, y1: 25, x2: 35, y2: 35)),
        ]
        #expect(try decode(.yolov8, channelsFirst, [1, 6, 3], classes: 2) == expected)
        #expect(try decode(.yolov8, columns.flatMap { $0 }, [1, 3, 6], classes: 2) == expected)
    }

    @Test func endToEndRowsAreCorners() throws {
        let found = try decode(.endToEnd, [1, 2, 11, 12, 0.8, 1, 0, 0, 5, 5, 0.1, 0], [1, 2, 6], classes: 2)
        #expect(found == [Detection(classIndex: 1, confidence: 0.8, box: PixelBox(x1: 1, y1: 2, x2: 11, y2: 12))])
    }

    @Test func rowsThatHoldNothingAreLeftOut() throws {
        #expect(try decode(.endToEnd, [0, 0, 0, 0, 0, -1], [1, 1, 6], classes: 2, confidence: 0).isEmpty)
        #expect(try decode(.endToEnd, [], [1, 0, 6], classes: 2).isEmpty)
        #expect(try decode(.endToEnd, [], [0, 7], classes: 2).isEmpty)
    }

    @Test func yolov5ScoresAreObjectnessTimesClass() throws {
        let found = try decode(.yolov5, [10, 10, 4, 4, 0.5, 0.2, 0.8], [1, 1, 7], classes: 2)
        #expect(found == [Detection(classIndex: 1, confidence: 0.4, box: PixelBox(x1: 8, y1: 8, x2: 12, y2: 12))])
    }

    @Test func yoloxCellsAreDecodedByTheFormula() throws {
        // 64 px: grids of 8×8, 4×4 and 2×2 cells. One object in cell (3, 2) of stride 8, one in cell (1, 1) of stride 32.
        var values = [Float](repeating: 0, count: 84 * 6)
        func set(_ row: Int, _ numbers: [Float]) {
            for (offset, number) in numbers.enumerated() { values[row * 6 + offset] = number }
        }
        set(2 * 8 + 3, [0.5, 0.25, 0, 0.6931472, 1, 0.9])
        set(64 + 16 + 3, [0, 0, 0, 0, 0.5, 1])
        let found = try decode(.yolox, values, [1, 84, 6], classes: 1)
        #expect(found.count == 2)
        let first = try #require(found.first)
        // Centre (3.5, 2.25)·8 = (28, 18); size (1, 2)·8.
        #expect(abs(first.box.x1 - 24) < 0.01 && abs(first.box.x2 - 32) < 0.01)
        #expect(abs(first.box.y1 - 10) < 0.01 && abs(first.box.y2 - 26) < 0.01)
        #expect(first.confidence == 0.9)
        #expect(found.last?.box == PixelBox(x1: 16, y1: 16, x2: 48, y2: 48))
    }

    @Test func everyClassOfAQueryThatScoresHighEnoughCounts() throws {
        let boxes: [Float] = [0.5, 0.5, 0.25, 0.5, 0.1, 0.1, 0.1, 0.1]
        // Sigmoid: 0.5 and 0.9.
        let logits: [Float] = [0, 2.1972246, -5, -5]
        let outputs = [describe([1, 2, 4], name: "boxes"), describe([1, 2, 2], name: "logits")]
        let layout = try OutputLayout(head: .detr, facts: facts(outputs))
        func found(_ confidence: Float) throws -> [Detection] {
            try decode(layout, [(boxes, [1, 2, 4]), (logits, [1, 2, 2])], classes: 2, confidence: confidence)
        }
        let sure = try #require(try found(0.6).first)
        #expect(try found(0.6).count == 1)
        #expect(sure.classIndex == 1 && abs(sure.confidence - 0.9) < 1e-5)
        #expect(sure.box == PixelBox(x1: 24, y1: 16, x2: 40, y2: 48))
        #expect(try found(0.4).map(\.classIndex) == [0, 1])
    }

    @Test(arguments: Head.allCases.filter { $0 != .detr })
    func numbersThatAreNoneAreAnErrorAndNeverBoxes(_ head: Head) {
        let shape = head == .yolov8 ? [1, 6, 84] : head == .endToEnd ? [1, 84, 6] : [1, 84, 7]
        for value in [Float.nan, .infinity] {
            let values = [Float](repeating: value, count: shape[1] * shape[2])
            #expect(throws: ModelError("model.onnx", "the output holds NaN or infinite numbers")) {
                _ = try decode(head, values, shape, classes: 2)
            }
        }
    }

    @Test(arguments: Head.allCases)
    func anyNumbersGiveDetectionsOfTheInputOrAnError(_ head: Head) {
        let shape = head == .yolov8 ? [1, 6, 84] : head == .endToEnd ? [1, 84, 6] : [1, 84, head == .detr ? 6 : 7]
        let odd: [Float] = [
            .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e19, 0, -0.0, 0.5, 1, 13,
            .leastNonzeroMagnitude, Float(Int64.max),
        ]
        for _ in 0..<200 {
            // Mostly plain numbers, so that some get past the first checks.
            let values = (0..<(shape[1] * shape[2])).map { _ in
                Int.random(in: 0..<2000) == 0 ? odd.randomElement() ?? 0 : Float.random(in: 0...1)
            }
            guard let found = try? decode(head, values, shape, classes: 2) else { continue }
            #expect(
                found.allSatisfy {
                    $0.box.isFinite && (0...1).contains($0.confidence) && (0...1).contains($0.classIndex)
                })
        }
    }

    @Test(arguments: Head.allCases)
    func shapesThatDoNotFitAreErrorsThatSaySo(_ head: Head) {
        for shape in [[1, 3, 4], [2, 84, 7], [84, 8], [1, 0, 0], [1, 84, 1000], [], [1], [1, 1, 1, 1]] {
            let values = [Float](repeating: 0, count: shape.reduce(1, *))
            #expect(throws: ModelError.self, "\(shape)") { _ = try decode(head, values, shape, classes: 2) }
        }
    }

    @Test(arguments: Head.allCases.filter { $0 != .detr })
    func aShapeThatChangesFromRunToRunIsAnError(_ head: Head) throws {
        let shape = head == .yolov8 ? [1, 6, 84] : head == .endToEnd ? [1, 84, 6] : [1, 84, 7]
        let layout = try OutputLayout(head: head, facts: facts([describe(shape)], classes: 2, side: 64))
        for other in [[1, 84, 5], [2, 6, 84], [84], [1, 4, 84], [1, 84, 9, 1]] {
            let values = [Float](repeating: 0, count: other.reduce(1, *))
            #expect(throws: ModelError.self, "\(other)") { _ = try decode(layout, [(values, other)], classes: 2) }
        }
        #expect(throws: ModelError.self) { _ = try decode(layout, [], classes: 2) }
        // Fewer numbers than the shape says.
        #expect(throws: ModelError.self) { _ = try decode(layout, [([1, 2], shape)], classes: 2) }
    }
}
