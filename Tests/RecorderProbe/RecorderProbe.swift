import Cameras
import Domain
import Events
import FFmpeg
import Foundation
import Frames
import Logging
import Plumbing
import Recordings
import ServiceLifecycle

/// Records events that are made up from a real camera source, for tests and benchmarks that must kill a process or measure
/// one: `RecorderProbe record SOURCE FOLDER [name=value…]` and `RecorderProbe recover FOLDER`.
///
/// | name | default | |
/// |---|---|---|
/// | `pre`, `post` | 2, 0.5 | buffers, in seconds |
/// | `present`, `period` | 3, 5 | somebody is seen for `present` of every `period` seconds |
/// | `longest` | 300 | seconds of a clip |
/// | `seconds` | 1e9 | of running |
/// | `recorder` | 1 | 0: everything but the recorder, to measure it |
///
/// `record` prints `P SECONDS` for each picture that the camera published, and at its end what it took as JSON.
/// Listed clips are files in `FOLDER/rows`, named after the clip; one that is listed twice is an error.
@main
struct RecorderProbe {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch (arguments.first, arguments.count) {
        case ("record", 3...):
            let words = Array(arguments)
            try await ProbeRecording(source: words[1], folder: words[2], options: Options(words.dropFirst(3))).run()
        case ("recover", 2):
            let folder = try RecordingFolder(path: arguments.last ?? "")
            let report = try Recovery(
                folder: folder, sink: RowFiles(folder: folder.path), style: .probe, logger: .quiet
            ).run()
            print(report.recovered.count, report.wasListed.count, report.empty.count, report.failed)
        default:
            print("usage: RecorderProbe record SOURCE FOLDER [name=value…] | recover FOLDER")
            exit(2)
        }
    }
}

struct Options {
    private var values: [String: Double] = [:]

    init(_ words: ArraySlice<String>) {
        for word in words {
            let parts = word.split(separator: "=").map(String.init)
            if parts.count == 2, let value = Double(parts[1]) { values[parts[0]] = value }
        }
    }

    func value(_ name: String, _ usual: Double) -> Double { values[name] ?? usual }
}

extension Logger {
    static var quiet: Logger {
        var logger = Logger(label: "probe")
        logger.logLevel = .critical
        return logger
    }
}

extension OverlayStyle {
    static var probe: OverlayStyle {
        OverlayStyle(
            boxThickness: 2, boxColor: .yellow, textScale: 0.5, textThickness: 1, textPadding: 10,
            labelPosition: .topLeft, borderRadius: 0)
    }
}

/// Lists clips as files that survive the process.
struct RowFiles: RecordingSink {
    let folder: String

    private func path(_ name: String) -> String { "\(folder)/rows/\(name).json" }

    func contains(fileName: String) throws -> Bool { access(path(fileName), F_OK) == 0 }

    func insert(_ recording: FinishedRecording) throws {
        try FileManager.default.createDirectory(atPath: "\(folder)/rows", withIntermediateDirectories: true)
        let row: [String: Any] = [
            "file": recording.fileName, "start": recording.startMicroseconds, "duration": recording.durationSeconds,
            "bytes": recording.fileBytes, "thumbnail": recording.thumbnailName ?? "",
            "objects": recording.objects.map(\.className),
        ]
        let target = path(recording.fileName)
        guard try !contains(fileName: recording.fileName) else { throw CocoaError(.fileWriteFileExists) }
        try JSONSerialization.data(withJSONObject: row).write(to: URL(filePath: target), options: .atomic)
    }
}
