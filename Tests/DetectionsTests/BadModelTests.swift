import Detections
import Domain
import Foundation
import TestSupport
import Testing

/// A model that cannot be used, and what it must be refused with: see `Tests/Fixtures/heads/bad.py`.
struct BadModel: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let message: String
    /// Whether it fails with the first picture only.
    let runs: Bool
    var testDescription: String { name }
}

@Suite(.enabled(if: runtime != nil, "needs ONNX Runtime: scripts/setup.sh"))
struct BadModelTests {
    private static let models = (try? decode([BadModel].self, "bad.json")) ?? []

    @Test func thereAreModels() {
        #expect(Self.models.count >= 25)
    }

    @Test(arguments: models) func aModelThatCannotBeUsedIsAnErrorThatNamesItAndWhatWasExpected(_ bad: BadModel) throws {
        let file = stored.appending(path: "bad/\(bad.name).onnx").path
        var detector: ObjectDetector?
        let loading = Result { detector = try ObjectDetector(try #require(runtime), model: file, threads: 1) }
        guard bad.runs else {
            check(#expect(throws: ModelError.self) { try loading.get() }, bad, file)
            return
        }
        try loading.get()
        // Again and again, as a camera would.
        for _ in 0..<3 {
            check(
                #expect(throws: ModelError.self) {
                    _ = try detector?.detect(Plain(width: 100, height: 80), minimumConfidence: 0.25)
                }, bad, file)
        }
    }

    private func check(_ error: ModelError?, _ bad: BadModel, _ file: String) {
        #expect(error?.subject == file)
        #expect(error?.reason.contains(bad.message) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test func whatIsNoModelFileIsAnErrorThatNamesItAndSaysWhatItIs() async throws {
        let runtime = try #require(runtime)
        func refusal(_ file: String) -> ModelError? {
            #expect(throws: ModelError.self) { _ = try ObjectDetector(runtime, model: file, threads: 1) }
        }
        try await withTemporaryDirectory { folder in
            let missing = folder.appending(path: "missing.onnx").path
            #expect(refusal(missing) == ModelError(missing, "there is no such model file"))
            #expect(refusal(folder.path)?.reason == "it is no regular file, expected an ONNX model")
            #expect(refusal("/dev/zero")?.reason == "it is no regular file, expected an ONNX model")
            let link = folder.appending(path: "link.onnx")
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: folder.appending(path: "gone"))
            #expect(refusal(link.path)?.subject == link.path)

            let whole = try Data(contentsOf: stored.appending(path: "yolov8-small.onnx"))
            var files: [(String, Data)] = [("empty", Data()), ("text", Data("no model\n".utf8))]
            files += [1, 2, 10, 100, 500, whole.count / 2, whole.count - 100, whole.count - 1].map {
                ("cut-\($0)", whole.prefix($0))
            }
            files += (0..<20).map { number in
                ("random-\(number)", Data((0..<5000).map { _ in UInt8.random(in: 0...255) }))
            }
            for (name, bytes) in files {
                let file = folder.appending(path: "\(name).onnx")
                try bytes.write(to: file)
                let error = refusal(file.path)
                #expect(error?.subject == file.path, "\(name)")
                #expect(error?.reason.contains("expected") == true, "\(name): \(error.map { "\($0)" } ?? "")")
            }
        }
    }

    /// Any byte of a model may be another one: it is refused, or it works, or it fails with the picture.
    @Test func damagedModelsNeverEndTheProcess() async throws {
        let runtime = try #require(runtime)
        let whole = try Data(contentsOf: stored.appending(path: "yolov8-small.onnx"))
        try await withTemporaryDirectory { folder in
            let file = folder.appending(path: "damaged.onnx")
            for _ in 0..<100 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...4) {
                    bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0...255)
                }
                try bytes.write(to: file)
                guard let detector = try? ObjectDetector(runtime, model: file.path, threads: 1) else { continue }
                _ = try? detector.detect(Plain(width: 477, height: 333), minimumConfidence: 0.1)
            }
        }
    }

    @Test func aModelThatFailsWhileRunningReachesTheCameraAndIsLoadedAnew() async throws {
        let runtime = try #require(runtime)
        let file = stored.appending(path: "bad/fails-while-running.onnx").path
        let loads = Counter()
        let failures = Counter()
        let scheduler = DetectionScheduler {
            loads.add()
            return try ObjectDetector(runtime, model: file, threads: 1)
        }
        let port = scheduler.register(minimumConfidence: 0.1) { result in
            if case .failure(let error as ModelError) = result.outcome, error.subject == file { failures.add() }
        }
        scheduler.start()
        port.offer(Plain(width: 64, height: 64), time: .zero)
        #expect(await eventually { failures.count == 1 })
        #expect(await eventually { loads.count == 2 })
        port.offer(Plain(width: 64, height: 64), time: .zero)
        #expect(await eventually { failures.count == 2 })
        scheduler.shutdown()
        #expect(scheduler.join(seconds: 5))
    }
}

private final class Counter: Sendable {
    private let lock = NSLock()
    nonisolated(unsafe) private var value = 0  // Guarded by `lock`.

    func add() { lock.withLock { value += 1 } }
    var count: Int { lock.withLock { value } }
}
