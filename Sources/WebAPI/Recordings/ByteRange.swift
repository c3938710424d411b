/// The part of a file that a `Range` field asks for (RFC 9110, section 14).
enum ByteRange: Equatable {
    /// The whole file: no range is asked for, or none that must be answered (several at once, another unit, nonsense).
    case whole
    /// Bytes of the file; not empty.
    case part(Range<Int64>)
    /// None of the bytes asked for is there: 416.
    case unsatisfiable

    /// - Parameters:
    ///   - field: the value of `Range`, nil when absent.
    ///   - size: bytes of the file.
    init(_ field: String?, size: Int64) {
        self = .whole
        guard let field, let equals = field.firstIndex(of: "="),
            field[..<equals].trimmingBlanks().lowercased() == "bytes"
        else { return }
        let specifier = field[field.index(after: equals)...].trimmingBlanks()
        // One range only: several would need multipart/byteranges, which a server may leave.
        guard !specifier.contains(","), let dash = specifier.firstIndex(of: "-") else { return }
        let first = specifier[..<dash].trimmingBlanks()
        let last = specifier[specifier.index(after: dash)...].trimmingBlanks()
        guard (first + last).utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return }
        // A number beyond every file's size is still a number.
        func number(_ digits: Substring) -> Int64 { Int64(digits) ?? .max }
        if first.isEmpty {
            guard !last.isEmpty else { return }
            let count = min(number(last), size)
            self = count > 0 ? .part((size - count)..<size) : .unsatisfiable
            return
        }
        let start = number(first)
        if !last.isEmpty, number(last) < start { return }
        let end = last.isEmpty ? size : min(number(last), size - 1) + 1
        self = start < size ? .part(start..<end) : .unsatisfiable
    }
}

extension Substring {
    fileprivate func trimmingBlanks() -> Substring {
        let start = self[...].drop { $0 == " " || $0 == "\t" }
        guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return start[...last]
    }
}
