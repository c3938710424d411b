import Detections
import Domain
import Foundation
import TestSupport
import Testing

/// ONNX Runtime as the set-up fetched it; nil where it was not run.
private let runtime = try? OnnxRuntime(path: checkout.appending(path: ".deps/onnxruntime/lib/libonnxruntime.so").path)
private let tiny = checkout.appending(path: ".deps/models/yolov3-tiny.onnx")

@Suite struct ModelTests {
    @Test func aLibraryThatIsNotThereIsAnErrorThatSaysWhatToDo() throws {
        let error = #expect(throws: ModelError.self) { _ = try OnnxRuntime(path: "/nowhere/libonnxruntime.so") }
        #expect("\(try #require(error))".contains("make setup"))
    }

    @Test func aLibraryThatIsAnotherIsAnError() {
        #expect(throws: ModelError.self) { _ = try OnnxRuntime(path: "libc.so.6") }
    }

    @Test(.enabled(if: runtime != nil)) func aMissingTruncatedOrForeignFileIsAnErrorThatNamesIt() async throws {
        let runtime = try #require(runtime)
        try await withTemporaryDirectory { folder in
            let missing = folder.appending(path: "missing.onnx").path
            #expect(throws: ModelError(missing, "there is no such model file")) {
                _ = try ObjectDetector(runtime, model: missing, threads: 1)
            }
            for (name, bytes) in [
                ("garbage.onnx", Data(repeating: 7, count: 5000)), ("empty.onnx", Data()),
                ("cut.onnx", try Data(contentsOf: tiny).prefix(1_000_000)),
            ] {
                let file = folder.appending(path: name).path
                try bytes.write(to: URL(filePath: file))
                let error = #expect(throws: ModelError.self) {
                    _ = try ObjectDetector(runtime, model: file, threads: 1)
                }
                #expect(error?.subject == file)
            }
        }
    }

    @Test(.enabled(if: runtime != nil)) func theModelOfTheSetupIsUnderstood() throws {
        let detector = try ObjectDetector(try #require(runtime), model: tiny.path, threads: 1)
        #expect(detector.head == .yolov5)
        #expect(detector.classes.count == 80)
        #expect((detector.inputWidth, detector.inputHeight) == (416, 416))
    }

    @Test(arguments: [
        (#"{"head": "yolo9000"}"#, "head: \"yolo9000\" is none of"), (#"{"colour": 1}"#, "colour: unknown key"),
        (#"{"input": {"layout": "cmyk"}}"#, "input.layout: \"cmyk\" is none of rgb, bgr"),
        ("[]", "it is no JSON object"),
        (#"{"input": {"pad": 300}}"#, "input.pad: expected a number in 0...255"),
        (#"{"classes": []}"#, "classes: expected"),
        (#"{"input": {"size": [416]}}"#, "input.size: expected"),
    ])
    func aWrongManifestIsAnErrorThatNamesFileAndKey(_ json: String, _ message: String) throws {
        let error = #expect(throws: ModelError.self) {
            _ = try ModelManifest(json: Data(json.utf8), file: "model.json")
        }
        #expect("\(try #require(error))".hasPrefix("model.json: \(message)"))
    }
}
