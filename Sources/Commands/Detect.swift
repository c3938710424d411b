internal import ArgumentParser
private import Detections
private import Domain
private import FFmpeg
private import Foundation
private import Server
private import Settings
private import Tracks

struct Detect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find and follow objects in a video file or picture.",
        discussion: """
            Prints a table of what was found. On request it also writes what was found
            in each frame, the tracks, or an annotated copy of the video.

            Examples:
              spectrax detect street.mp4
              spectrax detect street.mp4 --every 3 --json street.jsonl
              spectrax detect street.mp4 --output street-annotated.mp4
              spectrax detect photo.jpg --model yolov8n.onnx --confidence 0.25

            --json writes one object a line and analysed frame:
              {"frame": 1, "time": 0.0, "detections": [{"class": "person",
               "confidence": 0.91, "bbox": [x1, y1, x2, y2], "tracker_id": 7}]}
            Frames count from 1, time in seconds from 0; boxes are in pixels of the
            source. tracker_id is null where nothing is followed, or not yet.
            """)

    @Argument(help: "The video or picture.")
    var input: String
    @Option(help: ArgumentHelp("A model's name, or the path of an .onnx file.", valueName: "model"))
    var model = Settings().detection.model
    @Option(help: ArgumentHelp("Where named models lie.", valueName: "folder"))
    var modelsDir = Settings().detection.modelsDirectory
    @Option(help: ArgumentHelp("Analyse every N-th frame.", valueName: "N"))
    var every = 1
    @Option(help: ArgumentHelp("The least confidence that counts, 0 to 1.", valueName: "score"))
    var confidence = Settings().detection.confidence
    @Option(help: ArgumentHelp("Threads for one inference.", valueName: "count"))
    var threads = Settings().detection.threads
    @Flag(help: "Only detect; do not follow objects from frame to frame.")
    var noTrack = false
    @Option(help: ArgumentHelp("Write detections, one JSON object a line and analysed frame.", valueName: "file"))
    var json: String?
    @Option(help: ArgumentHelp("Write tracks in the form of MOTChallenge.", valueName: "file"))
    var mot: String?
    @Option(
        help: ArgumentHelp(
            "Write a copy with the boxes drawn in: .mp4 or .mkv, for a picture also .jpg.", valueName: "file"))
    var output: String?

    func validate() throws {
        guard every >= 1 else { throw ValidationError("--every is at least 1, not \(every)") }
        guard (0...1).contains(confidence) else {
            throw ValidationError("--confidence is within 0 and 1, not \(confidence)")
        }
        guard (1...64).contains(threads) else { throw ValidationError("--threads is within 1 and 64, not \(threads)") }
        if mot != nil, noTrack { throw ValidationError("--mot writes tracks, which --no-track does without") }
        var outputs: [String: String] = [:]
        outputs["--json"] = json
        outputs["--mot"] = mot
        outputs["--output"] = output
        try OutputFile.checkDistinct(input: input, outputs: outputs)
    }

    func run() throws {
        do {
            try analyse()
        } catch let exit as ExitCode {
            throw exit
        } catch {
            printError("\(error)")
            throw ExitCode.failure
        }
    }

    private func analyse() throws {
        guard FileManager.default.fileExists(atPath: input) else {
            if let address = try? CameraURL(input) {
                throw OutputFile.Failure(
                    description: "\(address): detect takes a file; `spectrax run` analyses a camera")
            }
            throw OutputFile.Failure(description: "\(input): there is no such file")
        }
        var detection = Settings().detection
        detection.model = model
        detection.modelsDirectory = modelsDir
        detection.threads = threads
        let detector = try DetectorFactory.make(detection)
        var options = FileAnalysis.Options()
        options.every = every
        options.confidence = Float(confidence)
        options.isTracking = !noTrack
        let jsonFile = try json.map { try OutputFile($0) }
        let motFile = try mot.map { try OutputFile($0) }
        let video = try output.map { try annotatedVideo($0) }
        var summary = DetectionSummary(isTracking: !noTrack)
        var progress = ProgressBar(label: URL(filePath: input).lastPathComponent)
        try FileAnalysis(file: input, detector: detector, options: options).run { frame, number, result, total in
            progress.show(number, of: total)
            try video?.append(frame, number: number, result: result)
            guard let result else { return }
            summary.add(result)
            try jsonFile?.write(DetectionLine.json(result))
            for track in result.tracks {
                try motFile?.write(MOTChallenge.resultLine(frame: result.frame, track: track))
            }
        }
        progress.end()
        try video?.finish()
        try jsonFile?.close()
        try motFile?.close()
        print(summary.table(input: input, model: detector.name))
    }

    private func annotatedVideo(_ file: String) throws -> AnnotatedVideo {
        let demuxer = try Demuxer(url: input, subject: input, interrupt: Interrupt())
        return AnnotatedVideo(
            file: file, framesPerSecond: demuxer.bestVideoStream?.frameRate ?? 25, appearance: Settings().appearance)
    }
}
