package import Domain

/// The text format of the MOTChallenge benchmark (arXiv 1504.01942), one box a line:
/// `frame,id,left,top,width,height,conf,x,y,z`. Frames count from 1; pixels.
package enum MOTChallenge {
    /// A line of a detection, ground-truth or result file.
    package struct Line: Hashable, Sendable {
        /// From 1.
        package var frame: Int
        /// -1 in detection files.
        package var id: Int64
        package var box: PixelBox
        /// A detector's score in its own range, or the ground truth's flag (0: to be ignored). 1 where the column is absent.
        package var confidence: Float

        package init(frame: Int, id: Int64, box: PixelBox, confidence: Float) {
            self.frame = frame
            self.id = id
            self.box = box
            self.confidence = confidence
        }
    }

    /// Where and why a text is not in the format.
    package struct ParseError: Error, Hashable, CustomStringConvertible {
        /// From 1.
        package let line: Int
        package let reason: String

        package var description: String { "MOTChallenge line \(line): \(reason)" }
    }

    /// Frames beyond are refused: at 25 a second this is more than a year.
    package static let maximumFrame = 1_000_000_000

    /// Parses a whole file. Blank lines are passed over, either line end will do, columns after the seventh are not read.
    package static func parse(_ bytes: some Sequence<UInt8>) throws(ParseError) -> [Line] {
        var lines: [Line] = []
        var current: [UInt8] = []
        var number = 1
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                guard current.count < maximumLineLength else {
                    throw ParseError(line: number, reason: "it is longer than \(maximumLineLength) bytes")
                }
                current.append(byte)
                continue
            }
            if let line = try parseLine(current, number: number) { lines.append(line) }
            current.removeAll(keepingCapacity: true)
            number += 1
        }
        if let line = try parseLine(current, number: number) { lines.append(line) }
        return lines
    }

    package static func parse(_ text: String) throws(ParseError) -> [Line] {
        try parse(text.utf8)
    }

    /// `frame,id,left,top,width,height,conf,-1,-1,-1` with two decimals and no line end.
    package static func resultLine(frame: Int, track: Track) -> String {
        resultLine(Line(frame: frame, id: track.id, box: track.box, confidence: track.confidence))
    }

    package static func resultLine(_ line: Line) -> String {
        let numbers = [line.box.x1, line.box.y1, line.box.width, line.box.height, line.confidence]
        return "\(line.frame),\(line.id),\(numbers.map(twoDecimals).joined(separator: ",")),-1,-1,-1"
    }

    private static let maximumLineLength = 4096

    private static func parseLine(_ bytes: [UInt8], number: Int) throws(ParseError) -> Line? {
        guard !bytes.allSatisfy(isBlank) else { return nil }
        let fields = bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard fields.count >= 6 else {
            throw ParseError(line: number, reason: "it has \(fields.count) columns, at least 6 are needed")
        }
        let frame = try wholeNumber(fields[0], named: "frame", line: number)
        guard frame >= 1, frame <= maximumFrame else {
            throw ParseError(line: number, reason: "frame \(frame) is not in 1...\(maximumFrame)")
        }
        let id = try wholeNumber(fields[1], named: "id", line: number)
        let left = try float(fields[2], named: "left", line: number)
        let top = try float(fields[3], named: "top", line: number)
        let width = try float(fields[4], named: "width", line: number)
        let height = try float(fields[5], named: "height", line: number)
        let confidence = fields.count > 6 ? try float(fields[6], named: "conf", line: number) : 1
        let box = PixelBox(x1: left, y1: top, x2: left + width, y2: top + height)
        return Line(frame: Int(frame), id: id, box: box, confidence: confidence)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        var field = field
        while let first = field.first, isBlank(first) { field.removeFirst() }
        while let last = field.last, isBlank(last) { field.removeLast() }
        return String(decoding: field, as: UTF8.self)
    }

    /// Some writers give whole numbers as `1.0` or `1e+00`.
    private static func wholeNumber(
        _ field: ArraySlice<UInt8>, named name: String, line: Int
    ) throws(ParseError) -> Int64 {
        let text = text(field)
        if let value = Int64(text) { return value }
        if let value = Double(text), let whole = Int64(exactly: value) { return whole }
        throw ParseError(line: line, reason: "\(name) \(quoted(text)) is not a whole number")
    }

    private static func float(_ field: ArraySlice<UInt8>, named name: String, line: Int) throws(ParseError) -> Float {
        let text = text(field)
        guard let value = Float(text), abs(value) <= 1e9 else {
            throw ParseError(line: line, reason: "\(name) \(quoted(text)) is not a number within ±1e9")
        }
        return value
    }

    /// Safe to print: short, and without control characters.
    private static func quoted(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(40).map { (32..<127).contains($0.value) ? String($0) : "?" }
        return "\"\(shown.joined())\""
    }

    private static func twoDecimals(_ value: Float) -> String {
        guard value.isFinite else { return "0.00" }
        let hundredths = Int64((Double(min(max(value, -1e12), 1e12)) * 100).rounded())
        let fraction = hundredths.magnitude % 100
        let sign = hundredths < 0 ? "-" : ""
        return "\(sign)\(hundredths.magnitude / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
