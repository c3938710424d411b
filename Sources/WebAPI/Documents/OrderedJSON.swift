import Foundation

/// JSON whose keys keep the order in which they are written: for a document that people read.
indirect enum OrderedJSON: Sendable, Equatable {
    case object([Field])
    case array([OrderedJSON])
    case text(String)
    /// A number, true, false or null, as it is written.
    case literal(String)

    struct Field: Sendable, Equatable {
        let key: String
        let value: OrderedJSON
    }

    struct Malformed: Error, Equatable {
        /// Where in the bytes.
        let offset: Int
    }

    /// - Throws: `Malformed` for what is no JSON, or nested deeper than 64.
    init(_ bytes: [UInt8]) throws {
        var reader = OrderedJSONReader(bytes: bytes)
        self = try reader.document()
    }

    /// The value of a key; nil when there is none, or this is no object.
    subscript(_ key: String) -> OrderedJSON? { fields.first { $0.key == key }?.value }

    /// Empty when this is no object.
    var fields: [Field] {
        if case .object(let fields) = self { fields } else { [] }
    }

    /// Empty when this is no array.
    var elements: [OrderedJSON] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// nil when this is no text.
    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// On one line.
    var compact: String {
        switch self {
        case .object(let fields):
            fields.isEmpty
                ? "{}"
                : "{ " + fields.map { "\(Self.quoted($0.key)): \($0.value.compact)" }.joined(separator: ", ") + " }"
        case .array(let elements): "[" + elements.map(\.compact).joined(separator: ", ") + "]"
        case .text(let text): Self.quoted(text)
        case .literal(let text): text
        }
    }

    /// Indented by two blanks a level; what fits on a line of 100 characters and holds no object stays on it.
    func indented(by depth: Int = 0) -> String {
        let line = compact
        let (open, close, parts): (String, String, [String])
        switch self {
        case .object(let fields) where !fields.isEmpty:
            (open, close) = ("{", "}")
            parts = fields.map { "\(Self.quoted($0.key)): \($0.value.indented(by: depth + 1))" }
        case .array(let elements) where elements.contains { !$0.fields.isEmpty } || line.count > 100:
            (open, close) = ("[", "]")
            parts = elements.map { $0.indented(by: depth + 1) }
        default: return line
        }
        let blanks = String(repeating: "  ", count: depth)
        return open + "\n" + parts.map { "\(blanks)  \($0)" }.joined(separator: ",\n") + "\n\(blanks)\(close)"
    }

    private static func quoted(_ text: String) -> String {
        (try? encodeJSON(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}

/// Reads RFC 8259; of numbers also forms such as `+1` and `01`.
private struct OrderedJSONReader {
    let bytes: [UInt8]
    private var offset = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws -> OrderedJSON {
        let value = try value(depth: 0)
        skipBlanks()
        guard next == nil else { throw malformed }
        return value
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }
    private var malformed: OrderedJSON.Malformed { OrderedJSON.Malformed(offset: offset) }

    private mutating func skipBlanks() {
        while let byte = next, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { offset += 1 }
    }

    /// Passes over blanks, then over `character` if it comes.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard next == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws -> OrderedJSON {
        guard depth < 64 else { throw malformed }
        if take("{") {
            return .object(
                try list(until: "}") { reader in
                    reader.skipBlanks()
                    let key = try reader.string()
                    guard reader.take(":") else { throw reader.malformed }
                    return .init(key: key, value: try reader.value(depth: depth + 1))
                })
        }
        if take("[") { return .array(try list(until: "]") { try $0.value(depth: depth + 1) }) }
        if next == UInt8(ascii: "\"") { return .text(try string()) }
        let start = offset
        while let byte = next, Self.literals.contains(byte) { offset += 1 }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard ["true", "false", "null"].contains(text) || Self.isNumber(text) else { throw malformed }
        return .literal(text)
    }

    private static let literals = Set("0123456789+-.eEtrufalsn".utf8)

    private static func isNumber(_ text: String) -> Bool {
        text.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) } && Double(text) != nil
    }

    private mutating func list<Element>(
        until end: Unicode.Scalar, _ element: (inout OrderedJSONReader) throws -> Element
    ) throws -> [Element] {
        var elements: [Element] = []
        if take(end) { return elements }
        repeat { elements.append(try element(&self)) } while take(",")
        guard take(end) else { throw malformed }
        return elements
    }

    private mutating func string() throws -> String {
        let start = offset
        guard next == UInt8(ascii: "\"") else { throw malformed }
        offset += 1
        while let byte = next, byte != UInt8(ascii: "\"") { offset += byte == UInt8(ascii: "\\") ? 2 : 1 }
        guard next != nil else { throw malformed }
        offset += 1
        guard let text = try? JSONDecoder().decode(String.self, from: Data(bytes[start..<offset])) else {
            throw malformed
        }
        return text
    }
}
