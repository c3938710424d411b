import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct TrackTests {
    private func track(_ detections: String, output: String = "tracks.txt") async throws
        -> (outcome: Program.Outcome, tracks: String?)
    {
        try await withTemporaryDirectory { folder in
            try Data(detections.utf8).write(to: folder.appending(path: "det.txt"))
            let outcome = try await spectrax(
                "track", "det.txt", "--frame-rate", "25", "--output", output, in: folder)
            return (outcome, try? String(contentsOf: folder.appending(path: "tracks.txt"), encoding: .utf8))
        }
    }

    @Test func detectionsBecomeTracks() async throws {
        // Two walkers, far apart; lines may end as on Windows.
        let lines = (1...10).flatMap { frame in
            ["\(frame),-1,\(10 + frame),50,40,90,0.9", "\(frame),-1,\(600 - 2 * frame),300,40,90,0.8,-1,-1,-1"]
        }
        let (outcome, tracks) = try await track(lines.joined(separator: "\r\n") + "\n")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "tracks.txt: 2 tracks in 10 frames\n")
        let rows = try #require(tracks).split(separator: "\n").map { $0.split(separator: ",") }
        #expect(rows.allSatisfy { $0.count == 10 })
        #expect(Set(rows.map { $0[1] }) == ["1", "2"])
        #expect(rows.filter { $0[0] == "10" }.count == 2)
    }

    @Test(arguments: [
        ("1,-1,1,1,5,5,0.9\nx,-1,1,1,5,5,0.9\n", "det.txt:2: frame \"x\" is not a whole number\n"),
        ("1,-1,1,1\n", "det.txt:1: it has 4 columns, at least 6 are needed\n"),
        ("1,-1,1,1,5,5,0.9\n\n1,-1,1,nan,5,5,0.9\n", "det.txt:3: top \"nan\" is not a number within ±1e9\n"),
        ("0,-1,1,1,5,5,0.9\n", "det.txt:1: frame 0 is not in 1...1000000000\n"),
    ])
    func aMalformedLineIsNamed(_ detections: String, _ message: String) async throws {
        let (outcome, tracks) = try await track(detections)
        #expect(outcome.status == 1)
        #expect(outcome.errors == message)
        #expect(tracks == nil, "nothing is written")
    }

    @Test func filesThatCannotBeReadOrWrittenAreNamed() async throws {
        let unwritable = try await track("1,-1,1,1,5,5,0.9\n", output: "/nowhere/tracks.txt").outcome
        #expect(unwritable.status == 1 && unwritable.errors == "/nowhere/tracks.txt: cannot be written\n")
        let same = try await track("1,-1,1,1,5,5,0.9\n", output: "./det.txt").outcome
        #expect(same.status == 64 && same.errors.contains("--output ./det.txt is the same file as the input"))
        let missing = try await spectrax("track", "/nowhere/det.txt", "--frame-rate", "25", "--output", "/tmp/unused")
        #expect(missing.status == 1)
        #expect(missing.errors == "/nowhere/det.txt: there is no such file, or it cannot be read\n")
        let rate = try await spectrax("track", "det.txt", "--frame-rate", "0", "--output", "tracks.txt")
        #expect(rate.status == 64 && rate.errors.contains("--frame-rate is above 0 and at most 1000, not 0"))
    }
}
