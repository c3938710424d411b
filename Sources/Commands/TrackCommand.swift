internal import ArgumentParser
private import Domain
private import Foundation
private import Tracks

struct TrackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "track",
        abstract: "Run the tracker alone on a file of detections.",
        discussion: """
            DETECTIONS holds a detection a line, in the form of MOTChallenge:
              frame, -1, left, top, width, height, confidence, ...
            Frames count from 1. The output has the tracks in the same form, with the
            track's number second.

            Example:
              spectrax track det.txt --frame-rate 25 --output tracks.txt
            """)

    @Argument(help: "The file of detections.")
    var detections: String
    @Option(help: ArgumentHelp("Frames a second of the sequence.", valueName: "rate"))
    var frameRate: Double
    @Option(help: ArgumentHelp("Where the tracks go.", valueName: "file"))
    var output: String
    @Flag(help: "Only what was known at each frame: leave gaps within tracks unfilled.")
    var online = false

    func validate() throws {
        guard frameRate.isFinite, frameRate > 0, frameRate <= 1000 else {
            throw ValidationError("--frame-rate is above 0 and at most 1000, not \(frameRate)")
        }
        try OutputFile.checkDistinct(input: detections, outputs: ["--output": output])
    }

    func run() throws {
        do {
            guard let data = FileManager.default.contents(atPath: detections) else {
                throw OutputFile.Failure(description: "\(detections): there is no such file, or it cannot be read")
            }
            let lines = try MOTChallenge.parse(data)
            let found = track(lines)
            // A gap of up to a second is filled by a straight line.
            let gap = max(1, Int(frameRate.rounded()))
            let complete = online ? found : TrackInterpolation(maximumGap: gap).complete(found)
            let file = try OutputFile(output)
            for line in complete { try file.write(MOTChallenge.resultLine(line)) }
            try file.close()
            print("\(output): \(Set(found.map(\.id)).count) tracks in \(lines.map(\.frame).max() ?? 0) frames")
        } catch let error as MOTChallenge.ParseError {
            printError("\(detections):\(error.line): \(error.reason)")
            throw ExitCode.failure
        } catch {
            printError("\(error)")
            throw ExitCode.failure
        }
    }

    private func track(_ lines: [MOTChallenge.Line]) -> [MOTChallenge.Line] {
        let byFrame = Dictionary(grouping: lines, by: \.frame)
        var tracker = Tracker()
        var nextID: TrackID = 1
        var found: [MOTChallenge.Line] = []
        for frame in byFrame.keys.sorted() {
            let detections = (byFrame[frame] ?? []).map { line in
                Detection(classIndex: 0, confidence: line.confidence, box: line.box)
            }
            tracker.update(detections, at: Double(frame) / frameRate) {
                defer { nextID += 1 }
                return nextID
            }
            found += tracker.tracks.map {
                MOTChallenge.Line(frame: frame, id: $0.id, box: $0.box, confidence: $0.confidence)
            }
        }
        return found
    }
}
