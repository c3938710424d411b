import Detections
import Domain
import FFmpeg
import Foundation
import Server
import Settings
import TestSupport
import Testing

private func detection(_ model: URL) -> Settings.Detection {
    var detection = Settings().detection
    detection.model = model.path
    detection.onnxruntime = checkout.appending(path: ".deps/onnxruntime/lib/libonnxruntime.so").path
    return detection
}

private let yolox = checkout.appending(path: "../shared/data/models/yolox_nano_416.onnx")
private let images = checkout.appending(path: "../shared/data/images")
private let isDataThere = FileManager.default.fileExists(atPath: yolox.path)
private let tiny = checkout.appending(path: ".deps/models/yolov3-tiny.onnx")
private let footage = checkout.appending(path: ".deps/footage/vtest.mp4")

/// Runs the whole way from file to boxes.
private func analyse(_ file: URL, model: URL, options: FileAnalysis.Options) throws -> [FileAnalysis.Result] {
    let detector = try DetectorFactory.make(detection(model))
    var results: [FileAnalysis.Result] = []
    try FileAnalysis(file: file.path, detector: detector, options: options).run { _, _, result, _ in
        if let result { results.append(result) }
    }
    return results
}

@Suite struct AnalysisTests {
    struct Photo: CustomTestStringConvertible {
        let name: String
        let model: URL
        let expected: [(String, Float)]
        var testDescription: String { "\(name), \(model.lastPathComponent)" }
    }

    /// YOLOX-nano's scores are those of a reference implementation with the same file; it scales pictures with another filter,
    /// which moves scores by some hundredths. YOLOv3-tiny minds the filter more: its scores are those of a letterbox by
    /// OpenCV with the area filter, and ONNX Runtime from Python.
    @Test(
        .enabled(if: isDataThere, "needs the photos and the reference model of ../shared/data"),
        arguments: [
            Photo(
                name: "bus.jpg", model: yolox,
                expected: [("bus", 0.91), ("person", 0.85), ("person", 0.81), ("person", 0.69)]),
            Photo(
                name: "zidane.jpg", model: yolox,
                expected: [("person", 0.85), ("person", 0.83), ("tie", 0.47), ("tie", 0.33)]),
            Photo(
                name: "dog.jpg", model: yolox,
                expected: [("dog", 0.86), ("bicycle", 0.80), ("car", 0.80), ("truck", 0.31)]),
            Photo(
                name: "bus.jpg", model: tiny,
                expected: [("person", 0.97), ("person", 0.79), ("bus", 0.66), ("person", 0.51)]),
            Photo(
                name: "zidane.jpg", model: tiny,
                expected: [("person", 0.92), ("person", 0.70), ("person", 0.37), ("tie", 0.35), ("tie", 0.32)]),
            Photo(name: "dog.jpg", model: tiny, expected: [("car", 0.67), ("dog", 0.59), ("bicycle", 0.54)]),
        ])
    func photosShowWhatTheReferenceFinds(_ photo: Photo) throws {
        var options = FileAnalysis.Options()
        options.confidence = 0.2
        options.isTracking = false
        let results = try analyse(images.appending(path: photo.name), model: photo.model, options: options)
        let objects = try #require(results.first).objects
        #expect(results.count == 1)
        // As many of a class as the reference finds, but for what is hardly found at all.
        for (name, found) in Dictionary(grouping: objects.filter { $0.confidence >= 0.36 }, by: \.className) {
            #expect(found.count <= photo.expected.filter { $0.0 == name }.count, "\(name)")
        }
        for (name, score) in photo.expected {
            #expect(objects.contains { $0.className == name && abs($0.confidence - score) <= 0.05 }, "\(name) \(score)")
        }
    }

    @Test func pedestriansAreFoundAndFollowed() throws {
        var options = FileAnalysis.Options()
        options.every = 2
        options.confidence = 0.3
        let detector = try DetectorFactory.make(detection(tiny))
        var frames: [Int] = []
        var sightings: [TrackID: Int] = [:]
        struct Enough: Error {}
        do {
            try FileAnalysis(file: footage.path, detector: detector, options: options).run { _, number, result, total in
                #expect(total == 795)
                if let result {
                    frames.append(result.frame)
                    for object in result.objects where object.className == "person" {
                        if let id = object.trackID { sightings[id, default: 0] += 1 }
                    }
                }
                if number == 60 { throw Enough() }
            }
        } catch is Enough {}
        #expect(frames == Array(stride(from: 1, through: 59, by: 2)))
        #expect(sightings.values.filter { $0 >= 15 }.count >= 3, "\(sightings)")
    }

    @Test func aFileWithoutVideoIsAnErrorThatNamesIt() async throws {
        try await withTemporaryDirectory { folder in
            let file = folder.appending(path: "notes.txt")
            try Data("no video here".utf8).write(to: file)
            let error = #expect(throws: FFmpegError.self) {
                _ = try analyse(file, model: tiny, options: FileAnalysis.Options())
            }
            #expect(error?.subject == file.path)
        }
    }

    @Test func anUnknownClassNameIsAnErrorThatListsTheValidOnes() throws {
        let settings = try Settings(
            yaml: """
                cameras: [video/door]
                detection:
                  model: \(tiny.path)
                  onnxruntime: \(checkout.appending(path: ".deps/onnxruntime/lib/libonnxruntime.so").path)
                  filters:
                    classes: [person, persn]
                """, file: "surveillance.yml")
        let error = #expect(throws: SettingsError.self) { _ = try SettingsCheck.model(of: settings) }
        let text = "\(try #require(error))"
        #expect(text.hasPrefix("surveillance.yml:6:"))
        #expect(text.contains("persn") && text.contains("bicycle"))
    }
}
