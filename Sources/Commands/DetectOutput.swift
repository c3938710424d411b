private import ArgumentParser
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

extension OutputFile {
    /// - Parameter outputs: paths by the option that names them.
    /// - Throws: `ValidationError` when a file would be overwritten that is read, or written twice.
    static func checkDistinct(input: String, outputs: [String: String]) throws {
        var taken = [identity(of: input): "the input"]
        for (option, path) in outputs.sorted(by: { $0.key < $1.key }) {
            if let other = taken.updateValue(option, forKey: identity(of: path)) {
                throw ValidationError("\(option) \(path) is the same file as \(other)")
            }
        }
    }

    private static func identity(of path: String) -> String {
        URL(filePath: path).resolvingSymlinksInPath().standardizedFileURL.path
    }
}

/// A line of `--json`, with its keys in the documented order.
enum DetectionLine {
    static func json(_ result: FileAnalysis.Result) throws -> String {
        let objects = try result.objects.map { object in
            let box = [object.box.x1, object.box.y1, object.box.x2, object.box.y2].map { number($0, digits: 2) }
            let name = String(decoding: try JSONEncoder().encode(object.className), as: UTF8.self)
            return "{\"class\": \(name), \"confidence\": \(number(object.confidence, digits: 4)), "
                + "\"bbox\": [\(box.joined(separator: ", "))], "
                + "\"tracker_id\": \(object.trackID.map { "\($0)" } ?? "null")}"
        }
        return "{\"frame\": \(result.frame), \"time\": \((result.time * 1000).rounded() / 1000), "
            + "\"detections\": [\(objects.joined(separator: ", "))]}"
    }

    private static func number(_ value: Float, digits: Int) -> String {
        let factor = pow(10, Double(digits))
        return "\((Double(value) * factor).rounded() / factor)"
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
    private let isTracking: Bool

    init(isTracking: Bool) {
        self.isTracking = isTracking
    }

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
                format: "%@: %d %@ analysed with %@ in %.1f s (%.1f a second)", input, frames,
                frames == 1 ? "frame" : "frames", model, seconds, Double(frames) / max(seconds, 0.001))
        ]
        if classes.isEmpty { return lines[0] + "\nNothing was found." }
        lines.append("class                detections  \(isTracking ? "tracks  " : "")best")
        for (name, entry) in classes.sorted(by: { ($0.value.detections, $1.key) > ($1.value.detections, $0.key) }) {
            let padded = name.padding(toLength: max(20, name.count), withPad: " ", startingAt: 0)
            let tracks = isTracking ? String(format: " %7d", entry.tracks.count) : ""
            lines.append(padded + String(format: " %10d%@  %.2f", entry.detections, tracks, entry.best))
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
