import Detections
import Domain
import Testing

private func context(classes: Int, confidence: Float = 0.25, side: Int = 64) -> HeadContext {
    HeadContext(
        inputWidth: side, inputHeight: side, classCount: classes, minimumConfidence: confidence, file: "model.onnx")
}

private func decode(_ head: Head, _ values: [Float], _ shape: [Int], _ context: HeadContext) throws(ModelError)
    -> [Detection]
{
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: values.count)
    defer { buffer.deallocate() }
    _ = buffer.initialize(from: values)
    return try head.decode(UnsafeBufferPointer(buffer), shape: shape, context: context)
}

private func describe(_ shape: [Int], name: String = "output") -> TensorDescription {
    TensorDescription(name: name, shape: shape, element: .float32)
}

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
        #expect(try decode(.yolov8, channelsFirst, [1, 6, 3], context(classes: 2)) == expected)
        #expect(try decode(.yolov8, columns.flatMap { $0 }, [1, 3, 6], context(classes: 2)) == expected)
    }

    @Test func endToEndRowsAreCorners() throws {
        let found = try decode(
            .endToEnd, [1, 2, 11, 12, 0.8, 1, 0, 0, 5, 5, 0.1, 0], [1, 2, 6], context(classes: 2))
        #expect(found == [Detection(classIndex: 1, confidence: 0.8, box: PixelBox(x1: 1, y1: 2, x2: 11, y2: 12))])
    }

    @Test func yolov5ScoresAreObjectnessTimesClass() throws {
        let found = try decode(.yolov5, [10, 10, 4, 4, 0.5, 0.2, 0.8], [1, 1, 7], context(classes: 2))
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
        let found = try decode(.yolox, values, [1, 84, 6], context(classes: 1))
        #expect(found.count == 2)
        let first = try #require(found.first)
        // Centre (3.5, 2.25)·8 = (28, 18); size (1, 2)·8.
        #expect(abs(first.box.x1 - 24) < 0.01 && abs(first.box.x2 - 32) < 0.01)
        #expect(abs(first.box.y1 - 10) < 0.01 && abs(first.box.y2 - 26) < 0.01)
        #expect(first.confidence == 0.9)
        #expect(found.last?.box == PixelBox(x1: 16, y1: 16, x2: 48, y2: 48))
    }

    @Test func queriesAreSigmoidsOfTheirLogits() throws {
        var boxes: [Float] = [0.5, 0.5, 0.25, 0.5, 0.1, 0.1, 0.1, 0.1]
        var logits: [Float] = [0, 2.1972246, -5, -5]
        let found = try boxes.withUnsafeMutableBufferPointer { boxes in
            try logits.withUnsafeMutableBufferPointer { logits in
                try Head.decodeQueries(
                    boxes: UnsafeBufferPointer(boxes), logits: UnsafeBufferPointer(logits), context: context(classes: 2)
                )
            }
        }
        #expect(found.count == 1)
        #expect(found.first?.classIndex == 1)
        #expect(abs((found.first?.confidence ?? 0) - 0.9) < 1e-5)
        #expect(found.first?.box == PixelBox(x1: 24, y1: 16, x2: 40, y2: 48))
    }

    @Test(arguments: Head.allCases.filter { $0 != .detr })
    func numbersThatAreNoneAreAnErrorAndNeverBoxes(_ head: Head) {
        let shape = head == .yolov8 ? [1, 6, 84] : head == .endToEnd ? [1, 84, 6] : [1, 84, 7]
        let values = [Float](repeating: .nan, count: shape[1] * shape[2])
        #expect(throws: ModelError("model.onnx", "the output holds NaN or infinite numbers")) {
            _ = try decode(head, values, shape, context(classes: 2))
        }
    }

    @Test(arguments: Head.allCases.filter { $0 != .detr })
    func shapesThatDoNotFitAreErrorsThatSaySo(_ head: Head) {
        for shape in [[1, 3, 4], [2, 84, 7], [84, 7], [1, 0, 0], [1, 84, 1000]] {
            let values = [Float](repeating: 0, count: shape.reduce(1, *))
            #expect(throws: ModelError.self) { _ = try decode(head, values, shape, context(classes: 2)) }
        }
    }

    @Test func headsAreRecognisedFromTheirShapes() throws {
        let cases: [([TensorDescription], Head)] = [
            ([describe([1, 84, 8400])], .yolov8), ([describe([1, 300, 6])], .endToEnd),
            ([describe([1, 25200, 85])], .yolov5), ([describe([1, 8400, 85])], .yolox),
            ([describe([1, 300, 80]), describe([1, 300, 4])], .detr),
            (
                [
                    describe([1, 300], name: "labels"), describe([1, 300, 4], name: "boxes"),
                    describe([1, 300], name: "scores"),
                ], .detr
            ),
        ]
        for (outputs, expected) in cases {
            let head = try Head.recognise(outputs: outputs, inputWidth: 640, inputHeight: 640, file: "model.onnx")
            #expect(head == expected, "\(outputs.map(\.text))")
        }
    }

    @Test func anUnknownHeadIsAnErrorThatNamesFileAndShapes() {
        let error = #expect(throws: ModelError.self) {
            _ = try Head.recognise(
                outputs: [describe([1, 1000])], inputWidth: 224, inputHeight: 224, file: "resnet.onnx")
        }
        #expect(error?.description.hasPrefix("resnet.onnx: its outputs output [1, 1000] are of no known head") == true)
    }
}

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
}

@Suite struct LetterboxTests {
    @Test(arguments: [
        (768, 576, 416, 416), (1920, 1080, 640, 640), (100, 900, 416, 416), (1, 1, 416, 416), (4096, 16, 640, 384),
    ])
    func boxesComeBackToWhereTheyWere(_ sourceWidth: Int, _ sourceHeight: Int, _ width: Int, _ height: Int) {
        for placement in [Letterbox.Placement.centre, .topLeft] {
            let box = Letterbox(
                sourceWidth: sourceWidth, sourceHeight: sourceHeight, inputWidth: width, inputHeight: height,
                placement: placement)
            #expect(box.left >= 0 && box.top >= 0)
            #expect(box.left + box.width <= width && box.top + box.height <= height)
            let whole = box.source(
                of: PixelBox(
                    x1: Float(box.left), y1: Float(box.top), x2: Float(box.left + box.width),
                    y2: Float(box.top + box.height)))
            #expect(abs(whole.x2 - Float(sourceWidth)) <= 1 / box.scale)
            #expect(abs(whole.y2 - Float(sourceHeight)) <= 1 / box.scale)
        }
    }

    @Test func ultralyticsPutsAWidePictureInTheMiddle() {
        let box = Letterbox(
            sourceWidth: 1920, sourceHeight: 1080, inputWidth: 640, inputHeight: 640, placement: .centre)
        #expect((box.left, box.top, box.width, box.height) == (0, 140, 640, 360))
    }
}
