import Detections
import Domain
import Foundation
import TestSupport
import Testing

/// A model with a stored output, and what must come out of it: see `Tests/Fixtures/heads/make_references.py`.
struct ReferenceCase: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    /// Width and height of the picture.
    let source: [Int]
    let input: [Int]
    let confidence: Float
    let head: String
    let takes: String
    let classes: Int
    let names: [String: String]
    let expected: [Reference]
    var testDescription: String { name }
}

@Suite(.enabled(if: runtime != nil, "needs ONNX Runtime: scripts/setup.sh"))
struct HeadReferenceTests {
    private static let cases = (try? decode([ReferenceCase].self, "cases.json")) ?? []

    @Test func thereAreCases() {
        #expect(Self.cases.count >= 30)
        #expect(Set(Self.cases.map(\.head)) == Set(Head.allCases.map(\.rawValue)))
    }

    @Test(arguments: cases) func aModelIsUnderstoodAndGivesWhatItsReferenceGives(_ wanted: ReferenceCase) throws {
        let file = stored.appending(path: "\(wanted.name).onnx").path
        let detector = try ObjectDetector(try #require(runtime), model: file, threads: 1)
        #expect(detector.head.rawValue == wanted.head)
        #expect(detector.treatment.text == wanted.takes)
        #expect([detector.inputWidth, detector.inputHeight] == wanted.input)
        #expect(detector.classes.count == wanted.classes)
        for (number, name) in wanted.names { #expect(detector.classes.name(of: Int(number) ?? -1) == name) }

        let picture = Plain(width: wanted.source[0], height: wanted.source[1])
        // Twice: what is kept from picture to picture must not show.
        for _ in 0..<2 {
            let found = try detector.detect(picture, minimumConfidence: wanted.confidence)
            expect(found, agreesWith: wanted.expected)
            #expect(zip(found, found.dropFirst()).allSatisfy { $0.confidence >= $1.confidence })
        }
    }

    @Test func theConvertedModelFindsWhatOpenCVFindsWithTheWeights() throws {
        struct Document: Decodable {
            let confidence: Float
            let expected: [Reference]
        }
        let document = try decode(Document.self, "darknet.json")
        let detector = try ObjectDetector(try #require(runtime), model: tiny.path, threads: 1)
        let found = try detector.detect(Drawing(), minimumConfidence: document.confidence)
        #expect(found.map { detector.classes.name(of: $0.classIndex) } == ["stop sign", "orange"])
        expect(found, agreesWith: document.expected)
    }

    /// The same detections: boxes within 0.1 pixels, scores within 0.001. (Asked for are 1 and 0.005.)
    private func expect(_ found: [Detection], agreesWith expected: [Reference]) {
        #expect(found.count == expected.count)
        for reference in expected {
            #expect(
                found.contains {
                    $0.classIndex == reference.class && abs($0.confidence - reference.confidence) <= 0.001
                        && reference.distance(to: $0.box) <= 0.1
                }, "\(reference) is not among \(found)")
        }
    }
}

@Suite(.enabled(if: runtime != nil, "needs ONNX Runtime: scripts/setup.sh"))
struct InputTreatmentTests {
    struct Document: Decodable {
        struct Case: Decodable {
            let manifest: String
            let expected: [Float]
        }

        let source: [Int]
        let colour: [Float]
        let low: Float
        let span: Float
        let cases: [Case]
    }

    /// The model's scores are the numbers that it was fed, brought into 0...1.
    @Test func theModelIsFedWhatItsManifestSays() async throws {
        let document = try decode(Document.self, "treatments.json")
        let picture = Plain(
            width: document.source[0], height: document.source[1], red: document.colour[0], green: document.colour[1],
            blue: document.colour[2])
        for wanted in document.cases {
            try await withTemporaryDirectory { folder in
                let model = folder.appending(path: "pixels.onnx")
                try FileManager.default.copyItem(at: stored.appending(path: "pixels.onnx"), to: model)
                try Data(wanted.manifest.utf8).write(to: folder.appending(path: "pixels.json"))
                let detector = try ObjectDetector(try #require(runtime), model: model.path, threads: 1)
                for _ in 0..<2 {
                    let boxes = try detector.detect(picture, minimumConfidence: 0).sorted { $0.box.x1 < $1.box.x1 }
                    let fed = boxes.map { $0.confidence * document.span + document.low }
                    #expect(fed.count == wanted.expected.count)
                    #expect(zip(fed, wanted.expected).allSatisfy { abs($0 - $1) < 0.001 }, "\(wanted.manifest): \(fed)")
                }
            }
        }
    }
}

/// A stop sign and an orange before a slope of grey, as `darknet.py` draws them.
private struct Drawing: DetectionInput {
    let width = 416
    let height = 312

    func fill(_ planes: TensorPlanes) throws {
        guard planes.width == width, planes.height == height else { throw ModelError("drawing", "it is not scaled") }
        for y in 0..<height {
            for x in 0..<width {
                let (red, green, blue) = colour(x, y)
                let place = y * planes.rowStride + x
                planes.red[place] = Float(red) / 255
                planes.green[place] = Float(green) / 255
                planes.blue[place] = Float(blue) / 255
            }
        }
    }

    private func colour(_ x: Int, _ y: Int) -> (Int, Int, Int) {
        let (across, down) = (abs(x - 110), abs(y - 120))
        if (x - 300) * (x - 300) + (y - 170) * (y - 170) <= 75 * 75 { return (225, 120, 30) }
        if (107..<113).contains(x), y >= 211 { return (120, 120, 120) }
        let isLetter = [42, 79, 116, 153].contains { ($0..<($0 + 24)).contains(x) }
        if isLetter, (96..<144).contains(y) { return (240, 240, 240) }
        if across <= 90, down <= 90, across + down <= 127 { return (190, 20, 30) }
        return (110 + 60 * y / height, 140 + 50 * y / height, 170 - 100 * y / height)
    }
}
