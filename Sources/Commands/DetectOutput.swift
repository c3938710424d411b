private import Domain
private import Foundation
internal import Server

/// A text file that is written line by line. `close` completes it.
final class OutputFile {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static let bufferBytes = 64 << 10

    private let path: String
    private let handle: FileHandle
    private var buffer = Data()
    private var lastFlush = ContinuousClock.now

    init(_ path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw Failure(description: "\(path): cannot be written") }
        self.path = path
        self.handle = handle
    }

    func write(_ line: String) throws {
        buffer.append(contentsOf: line.utf8)
        buffer.append(UInt8(ascii: "\n"))
        // Whoever reads along sees lines soon.
        if buffer.count >= Self.bufferBytes || ContinuousClock.now - lastFlush > .milliseconds(200) { try flush() }
    }

    func close() throws {
        try flush()
        try handle.close()
    }

    private func flush() throws {
        do {
            try handle.write(contentsOf: buffer)
        } catch {
            throw Failure(description: "\(path): cannot be written: \(error.localizedDescription)")
        }
        buffer.removeAll(keepingCapacity: true)
        lastFlush = .now
    }
}

/// A line of `--json`.
enum DetectionLine {
    private struct Document: Encodable {
        struct Object: Encodable {
            let className: String
            let confidence: Double
            let bbox: [Double]
            let trackerID: Int64?

            enum CodingKeys: String, CodingKey {
                case className = "class"
                case confidence
                case bbox
                case trackerID = "tracker_id"
            }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(className, forKey: .className)
                try container.encode(confidence, forKey: .confidence)
                try container.encode(bbox, forKey: .bbox)
                // null rather than absent where there is no track.
                try container.encode(trackerID, forKey: .trackerID)
            }
        }

        let frame: Int
        let time: Double
        let detections: [Object]
    }

    static func json(_ result: FileAnalysis.Result) throws -> String {
        let objects = result.objects.map { object in
            Document.Object(
                className: object.className, confidence: rounded(object.confidence, 4),
                bbox: [object.box.x1, object.box.y1, object.box.x2, object.box.y2].map { rounded($0, 2) },
                trackerID: object.trackID)
        }
        let document = Document(frame: result.frame, time: (result.time * 1000).rounded() / 1000, detections: objects)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }

    private static func rounded(_ value: Float, _ digits: Int) -> Double {
        let factor = pow(10, Double(digits))
        return (Double(value) * factor).rounded() / factor
    }
}

/// What was found in the whole file.
struct DetectionSummary {
    private struct Entry {
        var detections = 0
        var tracks: Set<Int64> = []
        var best: Float = 0
    }

    private var frames = 0
    private var classes: [String: Entry] = [:]
    private let start = ContinuousClock.now

    mutating func add(_ result: FileAnalysis.Result) {
        frames += 1
        for object in result.objects {
            classes[object.className, default: Entry()].detections += 1
            classes[object.className, default: Entry()].best = max(
                classes[object.className]?.best ?? 0, object.confidence)
            if let id = object.trackID { classes[object.className]?.tracks.insert(id) }
        }
    }

    func table(input: String, model: String) -> String {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        var lines = [
            String(
                format: "%@: %d frames analysed with %@ in %.1f s (%.1f a second)", input, frames, model, seconds,
                Double(frames) / max(seconds, 0.001))
        ]
        if classes.isEmpty { return lines[0] + "\nNothing was found." }
        lines.append("class                detections  tracks  best")
        for (name, entry) in classes.sorted(by: { ($0.value.detections, $1.key) > ($1.value.detections, $0.key) }) {
            let padded = name.padding(toLength: max(20, name.count), withPad: " ", startingAt: 0)
            lines.append(padded + String(format: " %10d %7d  %.2f", entry.detections, entry.tracks.count, entry.best))
        }
        return lines.joined(separator: "\n")
    }
}

/// A progress line on a terminal; silent where standard error is none.
struct ProgressBar {
    private let label: String
    private let isTerminal = isatty(2) == 1
    private var lastShown = ContinuousClock.now

    init(label: String) {
        self.label = label
    }

    mutating func show(_ number: Int, of total: Int?) {
        guard isTerminal, ContinuousClock.now - lastShown > .milliseconds(100) else { return }
        lastShown = .now
        var line = "\(label)  frame \(number)"
        if let total {
            let share = min(Double(number) / Double(max(1, total)), 1)
            let filled = Int(share * 30)
            line =
                "\(label)  [\(String(repeating: "#", count: filled))\(String(repeating: ".", count: 30 - filled))] "
                + "\(Int(share * 100)) %  frame \(number) of \(total)"
        }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8))
    }

    func end() {
        if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}
