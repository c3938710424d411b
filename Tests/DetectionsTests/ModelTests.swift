import Detections
import Domain
import Foundation
import TestSupport
import Testing

@Suite struct ModelTests {
    @Test func aLibraryThatIsNotThereIsAnErrorThatSaysWhatToDo() throws {
        let error = #expect(throws: ModelError.self) { _ = try OnnxRuntime(path: "/nowhere/libonnxruntime.so") }
        #expect("\(try #require(error))".contains("make setup"))
    }

    @Test func aLibraryThatIsAnotherIsAnError() {
        #expect(throws: ModelError.self) { _ = try OnnxRuntime(path: "libc.so.6") }
    }

    @Test(.enabled(if: runtime != nil)) func theModelOfTheSetupIsUnderstood() throws {
        let detector = try ObjectDetector(try #require(runtime), model: tiny.path, threads: 1)
        #expect(detector.head == .yolov5)
        #expect(detector.classes.count == 80)
        #expect((detector.inputWidth, detector.inputHeight) == (416, 416))
    }
}

@Suite struct ManifestTests {
    @Test(arguments: [
        (#"{"head": "yolo9000"}"#, "head: \"yolo9000\" is none of yolov8, end-to-end, yolov5, yolox, detr"),
        (#"{"head": 8}"#, "head: expected one of yolov8"), (#"{"colour": 1}"#, "colour: unknown key"),
        (#"{"input": {"layout": "cmyk"}}"#, "input.layout: \"cmyk\" is none of rgb, bgr"),
        (#"{"input": {"letterbox": "left"}}"#, "input.letterbox: \"left\" is none of centre, top-left, stretch"),
        (#"{"input": {"size": 1, "sise": 2}}"#, "input.sise: unknown key"),
        (#"{"input": []}"#, "input: expected an object"),
        ("[]", "it is no JSON object"), ("", "it is no JSON object"), ("{", "it is no JSON object"),
        ("\u{0}\u{1}", "it is no JSON object"), ("null", "it is no JSON object"),
        (#"{"input": {"pad": 300}}"#, "input.pad: expected a whole number in 0...255"),
        (#"{"input": {"pad": 1.5}}"#, "input.pad: expected"), (#"{"input": {"pad": true}}"#, "input.pad: expected"),
        (#"{"input": {"pad": 1e300}}"#, "input.pad: expected"), (#"{"input": {"pad": "114"}}"#, "input.pad: expected"),
        (#"{"classes": []}"#, "classes: expected"), (#"{"classes": "coco"}"#, "classes: expected"),
        (#"{"classes": ["a", 1]}"#, "classes: expected"),
        (#"{"classes": ["a", " "]}"#, "classes[1]: the name is empty"),
        (#"{"classes": ["cat", "dog", "Cat"]}"#, "classes[2]: \"Cat\" is there twice"),
        (#"{"input": {"size": [416]}}"#, "input.size: expected"),
        (#"{"input": {"size": [416, 1e300]}}"#, "input.size: expected"),
        (#"{"input": {"size": [416, -416]}}"#, "input.size: expected"),
        (#"{"input": {"size": [true, true]}}"#, "input.size: expected"),
        (#"{"input": {"size": [100000, 416]}}"#, "input.size: expected [width, height], each in 32...4096"),
        (#"{"input": {"mean": [1, 2]}}"#, "input.mean: expected three numbers"),
        (#"{"input": {"mean": [1, 2, null]}}"#, "input.mean: expected three numbers"),
        (#"{"input": {"std": [1, 0, 1]}}"#, "input.std: expected three numbers"),
        (#"{"activation": "relu"}"#, "activation: \"relu\" is none of sigmoid, softmax, none"),
        (#"{"name": 5}"#, "name: expected a text"),
    ])
    func aWrongManifestIsAnErrorThatNamesFileAndKey(_ json: String, _ message: String) throws {
        let error = #expect(throws: ModelError.self) {
            _ = try ModelManifest(json: Data(json.utf8), file: "model.json")
        }
        let text = "\(try #require(error))"
        #expect(text.hasPrefix("model.json: \(message)"))
    }

    @Test func hugeAndDeepManifestsAreErrors() {
        let deep = String(repeating: "[", count: 200_000)
        let many = #"{"classes": ["# + (0..<20_000).map { "\"\($0)\"" }.joined(separator: ",") + "]}"
        let large = #"{"name": ""# + String(repeating: "x", count: 2 << 20) + "\"}"
        for json in [deep, #"{"input": "# + deep, many, large] {
            #expect(throws: ModelError.self) { _ = try ModelManifest(json: Data(json.utf8), file: "model.json") }
        }
    }

    @Test func everyKeyIsRead() throws {
        let json = """
            {"name": "n", "source": "s", "sha256": "d", "licence": "l", "head": "detr", "activation": "softmax",
             "classes": ["a", "b"], "input": {"layout": "bgr", "range": "0-255", "letterbox": "stretch", "pad": 0,
             "size": [640, 384], "mean": [1, 2.5, 3], "std": [4, 5, 6]}}
            """
        var expected = ModelManifest()
        (expected.name, expected.source, expected.sha256, expected.licence) = ("n", "s", "d", "l")
        (expected.head, expected.activation, expected.classes) = (.detr, .softmax, ClassList(["a", "b"]))
        (expected.layout, expected.range, expected.letterbox, expected.pad) = (.bgr, .bytes, .stretch, 0)
        (expected.inputWidth, expected.inputHeight) = (640, 384)
        (expected.mean, expected.deviation) = ([1, 2.5, 3], [4, 5, 6])
        #expect(try ModelManifest(json: Data(json.utf8), file: "model.json") == expected)
    }

    /// Manifests that are right in themselves, beside a model that they do not fit.
    @Test(
        .enabled(if: runtime != nil, "needs ONNX Runtime: scripts/setup.sh"),
        arguments: [
            // The model has two classes and an input of 640 by 640.
            (#"{"classes": ["a", "b", "c"]}"#, "no known head with 3 classes"),
            (#"{"head": "yolov8", "classes": ["a", "b", "c"]}"#, "expected [1, 7, N] for 3 classes"),
            (#"{"head": "yolov5"}"#, "do not fit the head yolov5, expected 7 numbers a row for 2 classes"),
            (#"{"head": "yolox"}"#, "do not fit the head yolox"), (#"{"head": "detr"}"#, "do not fit the head detr"),
            (#"{"head": "end-to-end"}"#, "do not fit the head end-to-end, expected [1, K, 6]"),
            (#"{"input": {"size": [640, 416]}}"#, "input.size: the model's input is 640×640 and cannot be 416"),
            (#"{"activation": "sigmoid"}"#, "activation: only heads with boxes and raw scores of queries have one"),
        ])
    func aManifestThatDoesNotFitItsModelIsAnError(_ json: String, _ message: String) async throws {
        try await withTemporaryDirectory { folder in
            let model = folder.appending(path: "model.onnx")
            try FileManager.default.copyItem(at: stored.appending(path: "yolov8-named-2-classes.onnx"), to: model)
            try Data(json.utf8).write(to: folder.appending(path: "model.json"))
            let error = #expect(throws: ModelError.self) {
                _ = try ObjectDetector(try #require(runtime), model: model.path, threads: 1)
            }
            #expect(error?.subject.hasPrefix(folder.path) == true)
            #expect(error?.reason.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
        }
    }

    @Test func aManifestThatCannotBeReadIsAnError() async throws {
        try await withTemporaryDirectory { folder in
            let model = folder.appending(path: "model.onnx").path
            #expect(try ModelManifest(besideModel: model) == ModelManifest())
            try FileManager.default.createDirectory(
                at: folder.appending(path: "model.json"), withIntermediateDirectories: false)
            #expect(throws: ModelError(folder.appending(path: "model.json").path, "it cannot be read")) {
                _ = try ModelManifest(besideModel: model)
            }
        }
    }
}
