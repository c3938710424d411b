import Detections
import Domain
import Testing

@Suite struct RecognitionTests {
    @Test func headsAreRecognisedFromTheirShapes() throws {
        let cases: [([TensorDescription], Head)] = [
            ([describe([1, 84, 8400])], .yolov8), ([describe([1, 300, 6])], .endToEnd),
            ([describe([1, 25200, 85])], .yolov5), ([describe([1, 8400, 85])], .yolox),
            ([describe([-1, 84, 8400])], .yolov8), ([describe([1, 5, 8400])], .yolov8),
            ([describe([1, 102000, 85])], .yolov5), ([describe([1, 8400, 84])], .yolov8),
            ([describe([-1, 7])], .endToEnd),
            ([describe([1, 300, 80]), describe([1, 300, 4])], .detr),
            (
                [
                    describe([1, 300], name: "labels", .int64), describe([1, 300, 4], name: "boxes"),
                    describe([1, 300], name: "scores"),
                ], .detr
            ),
            ([describe([1, 100, 5], name: "dets"), describe([1, 100], name: "labels", .int64)], .endToEnd),
            // Older exports of YOLOv5 give their maps too.
            ([describe([1, 25200, 85]), describe([1, 3, 80, 80, 85], name: "map")], .yolov5),
        ]
        for (outputs, expected) in cases {
            let raw = TensorSample(shape: [1, 8400, 85], values: [Float](repeating: 0, count: 85 * 8400))
            let head = try Head.recognise(facts(outputs, sample: [raw]))
            #expect(head == expected, "\(outputs.map(\.text))")
        }
    }

    @Test func theNumberOfClassesSettlesWhatShapesLeaveOpen() throws {
        #expect(try Head.recognise(facts([describe([1, 7, 30])], classes: 3)) == .yolov8)
        #expect(try Head.recognise(facts([describe([1, 2000, 7])], classes: 3)) == .yolov8)
        #expect(try Head.recognise(facts([describe([1, 30, 8])], classes: 3)) == .yolov5)
        let pixels = TensorSample(shape: [1, 30, 7], values: [Float](repeating: 20, count: 210))
        #expect(try Head.recognise(facts([describe([1, 30, 7])], classes: 3, sample: [pixels])) == .yolov8)
        let shares = TensorSample(shape: [1, 30, 7], values: [Float](repeating: 0.5, count: 210))
        #expect(try Head.recognise(facts([describe([1, 30, 7])], classes: 3, sample: [shares])) == .detr)
        let error = #expect(throws: ModelError.self) {
            _ = try Head.recognise(facts([describe([1, 7, 8])], classes: 3))
        }
        #expect(error?.reason.contains("may be of the heads yolov8, yolov5") == true)
    }

    @Test func openShapesAreTakenFromARun() throws {
        let sample = TensorSample(shape: [1, 84, 8400], values: [])
        #expect(try Head.recognise(facts([describe([-1, -1, -1])], sample: [sample])) == .yolov8)
        #expect(try Head.recognise(facts([describe([])], sample: [sample])) == .yolov8)
    }

    @Test func anUnknownHeadIsAnErrorThatNamesFileAndShapes() {
        let error = #expect(throws: ModelError.self) { _ = try Head.recognise(facts([describe([1, 1000])])) }
        #expect(error?.description.hasPrefix("model.onnx: its outputs output [1, 1000] are of no known head") == true)
        #expect(error?.description.contains("yolov8, end-to-end, yolov5, yolox, detr") == true)
    }

    @Test func moreClassesThanAnyModelHasAreAnError() {
        #expect(throws: ModelError.self) {
            _ = try OutputLayout(head: .yolov8, facts: facts([describe([1, .max, 8400])]))
        }
        #expect(throws: ModelError.self) {
            _ = try OutputLayout(head: .yolov5, facts: facts([describe([1, 25200, .max])]))
        }
    }

    @Test func anyShapesAreRecognisedOrAnError() {
        let sides = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 84, 85, 100, 300, 8400, 25200, Int.max]
        for _ in 0..<20_000 {
            let outputs = (0..<Int.random(in: 0...3)).map { _ in
                describe(
                    (0..<Int.random(in: 0...4)).map { _ in sides.randomElement() ?? 1 },
                    name: ["output", "boxes", "labels", "scores", "dets"].randomElement() ?? "",
                    Bool.random() ? .float32 : .int64)
            }
            guard let facts = try? facts(outputs, classes: [nil, 1, 2, 80].randomElement() ?? nil),
                let head = try? Head.recognise(facts)
            else { continue }
            // What is recognised can be read, or is refused with a reason.
            _ = try? OutputLayout(head: head, facts: facts)
        }
    }
}

@Suite struct ClassListTests {
    @Test(arguments: [
        ("{0: 'person', 1: 'bicycle'}", ["person", "bicycle"]), ("['cat', 'dog']", ["cat", "dog"]),
        (#"{0: "worker's hat", 1: 'a "b"', 2: 'x: y, {z}'}"#, ["worker's hat", #"a "b""#, "x: y, {z}"]),
        (#"{"1": "b", "0": "a"}"#, ["a", "b"]), (#"{0: 'it\'s'}"#, ["it's"]), ("[ 'a' , 'b', ]", ["a", "b"]),
        ("{0: 'Fußgänger'}", ["Fußgänger"]),
    ])
    func namesAreReadFromMetadata(_ text: String, _ names: [String]) {
        #expect(ClassList(pythonLiteral: text)?.names == names)
    }

    @Test(arguments: [
        "", "{", "{}", "[]", "{0: 'a', 2: 'b'}", "{0: 'a'", "{0: 'a}", "{0 'a'}", "{-1: 'a'}", "{0: 1}", "nothing",
        "{99999999999999999999: 'a'}", "{0: 'a\\", "['a' 'b']",
    ])
    func whatIsNoListOfNamesIsNone(_ text: String) {
        #expect(ClassList(pythonLiteral: text) == nil)
    }

    @Test func cocoHasItsNumbers() {
        #expect(ClassList.coco80.count == 80)
        #expect(ClassList.coco80.index(of: "person") == 0 && ClassList.coco80.index(of: "toothbrush") == 79)
        #expect(ClassList.coco91.count == 91)
        for (name, number) in [
            ("person", 1), ("stop sign", 13), ("hat", nil), ("dining table", 67), ("toothbrush", 90),
        ] {
            #expect(ClassList.coco91.index(of: name) == number)
        }
    }
}
