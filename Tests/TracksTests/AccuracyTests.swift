import Domain
import Foundation
import Testing
import Tracks

/// Real detections of a real street scene, where the data set lies beside the checkout.
@Suite struct AccuracyTests {
    private static let sequence = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent()
        .appending(path: "../../../shared/data/mot/PETS09-S2L1")
        .standardizedFileURL

    private static var isThere: Bool {
        FileManager.default.fileExists(atPath: sequence.appending(path: "gt/gt.txt").path)
    }

    private func lines(_ path: String) throws -> [MOTChallenge.Line] {
        try MOTChallenge.parse(Data(contentsOf: Self.sequence.appending(path: path)))
    }

    @Test(.enabled(if: isThere), arguments: [7.0, 10.0])
    func followsPedestrians(framesPerSecond: Double) throws {
        let truth = try lines("gt/gt.txt")
        let found = Dictionary(grouping: try lines("det/det_yolox_nano416_vtest.txt"), by: \.frame)
        var tracker = Tracker()
        var latest: TrackID = 0
        var result: [MOTChallenge.Line] = []
        for frame in 1...795 {
            let detections = (found[frame] ?? []).map {
                Detection(classIndex: 0, confidence: $0.confidence, box: $0.box)
            }
            tracker.update(detections, at: Double(frame) / framesPerSecond) {
                latest += 1
                return latest
            }
            result += tracker.tracks.map { .init(frame: frame, id: $0.id, box: $0.box, confidence: $0.confidence) }
        }
        let online = Score(truth: truth, result: result, frames: 1...795)
        #expect(online.mota >= 0.78 && online.idf1 >= 0.78 && online.switches <= 15)
        let offline = Score(truth: truth, result: TrackInterpolation().complete(result), frames: 1...795)
        #expect(offline.mota > online.mota && offline.switches <= online.switches)
    }
}
