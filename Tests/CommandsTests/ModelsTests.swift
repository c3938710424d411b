import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ModelsTests {
    @Test func whatIsHereAndWhatCanBeIsListed() async throws {
        let here = try await spectrax("models", "list", "--models-dir", models)
        #expect(here.status == 0)
        #expect(here.output.contains("installed  yolov3-tiny  \(models)/yolov3-tiny.onnx\n"))
        let none = try await spectrax("models", "list", "--models-dir", "/nowhere")
        #expect(none.output.contains("available  yolox_nano  "))
        #expect(none.output.hasSuffix("No model is installed in /nowhere: try `spectrax models pull yolox_nano`.\n"))
    }

    @Test func aRelativeFolderIsNamedInFull() async throws {
        try await withTemporaryDirectory { folder in
            let outcome = try await spectrax("models", "inspect", "auto", "--models-dir", "models", in: folder)
            #expect(outcome.status == 1)
            #expect(
                outcome.errors.hasPrefix("/") && outcome.errors.contains("/models: there is no model ("),
                "\(outcome.errors)")
        }
    }

    @Test func aLinkOnThePathFindsONNXRuntime() async throws {
        try await withTemporaryDirectory { folder in
            let programs = folder.appending(path: "bin")
            try FileManager.default.createDirectory(at: programs, withIntermediateDirectories: false)
            let link = programs.appending(path: "spectrax")
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: binary)
            let outcome = try await onThread {
                try Program.outcome(
                    of: ["spectrax", "models", "inspect", "yolov3-tiny", "--models-dir", models], in: folder,
                    environment: ["PATH": "\(programs.path):/usr/bin:/bin"])
            }
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
    }

    @Test func aModelIsDescribed() async throws {
        let outcome = try await spectrax("models", "inspect", "yolov3-tiny", "--models-dir", models)
        #expect(outcome.status == 0, "\(outcome.errors)")
        for line in [
            "name     yolov3-tiny", "head     yolov5", "input    images [1, 3, 416, 416]",
            "output   output [1, 2535, 85]",
        ] {
            #expect(outcome.output.contains("\(line)\n"))
        }
        #expect(outcome.output.contains("classes  80: person, bicycle, "))
    }

    @Test func whatIsNoModelIsAnErrorThatNamesIt() async throws {
        try await withTemporaryDirectory { folder in
            let cut = folder.appending(path: "cut.onnx")
            try Data(contentsOf: URL(filePath: "\(models)/yolov3-tiny.onnx")).prefix(100_000).write(to: cut)
            for (model, words) in [
                ("cut.onnx", "cut.onnx: ONNX Runtime cannot load it, expected a whole ONNX model: "),
                ("none", "/none.onnx: there is no such model file; installed: yolov3-tiny"),
                ("/nowhere/a.onnx", "/nowhere/a.onnx: there is no such model file"),
                ("yolov8n.pt", "yolo export model=yolov8n.pt format=onnx"),
            ] {
                let outcome = try await spectrax("models", "inspect", model, "--models-dir", models, in: folder)
                #expect(outcome.status == 1)
                #expect(outcome.errors.contains(words), "\(outcome.errors)")
            }
        }
    }

    @Test func aModelThatCannotBeFetchedIsAnErrorThatSaysWhatToDo() async throws {
        try await withTemporaryDirectory { folder in
            // A proxy that refuses stands for a network that does not reach the server.
            let outcome = try await spectrax(
                "models", "pull", "yolox_nano", "--models-dir", folder.path,
                environment: ["https_proxy": "http://127.0.0.1:9"])
            #expect(outcome.status == 1)
            let lines = outcome.errors.split(separator: "\n")
            #expect(lines.first?.hasPrefix("fetching https://github.com/Megvii-BaseDetection/YOLOX/") == true)
            #expect(lines.last?.hasPrefix("yolox_nano: could not be fetched: ") == true, "\(outcome.errors)")
            #expect(lines.last?.contains("Put it at \(folder.path)/yolox_nano.onnx by other means") == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    @Test func whatNobodyKnowsOrIsMadeBySetUpIsNotFetched() async throws {
        let unknown = try await spectrax("models", "pull", "yolov99")
        #expect(unknown.status == 1)
        #expect(unknown.errors == "yolov99: unknown; known are yolox_nano, yolov3-tiny\n")
        let made = try await spectrax("models", "pull", "yolov3-tiny", "--models-dir", "/nowhere")
        #expect(made.status == 1 && made.errors.contains("`make setup`"))
        let there = try await spectrax("models", "pull", "yolov3-tiny", "--models-dir", models)
        #expect(there.status == 0 && there.output == "\(models)/yolov3-tiny.onnx is there already\n")
    }
}
