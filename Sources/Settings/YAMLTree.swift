import CYaml

/// A line and column of a file, both counted from 1.
package struct SourcePosition: Hashable, Sendable, Comparable {
    package let line: Int
    package let column: Int

    package static let start = SourcePosition(line: 1, column: 1)

    package static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A YAML value with the place where it stands. Built from libyaml's events, so that tags, anchors, aliases and
/// nesting are refused before anything is expanded.
struct YAMLTree {
    indirect enum Value {
        case plain(String)
        case quoted(String)
        case list([YAMLTree])
        case map([Entry])
    }

    struct Entry {
        let key: String
        let position: SourcePosition
        let value: YAMLTree
    }

    let value: Value
    let position: SourcePosition

    static let maximumDepth = 16

    /// The single document of `text`; nil when it holds none (empty, or comments only).
    static func parse(_ text: String) throws(YAMLSyntaxError) -> YAMLTree? {
        // To libyaml the text ends there: what follows would be left out without a word.
        if let end = text.utf8.firstIndex(of: 0) {
            let lines = text.utf8[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let position = SourcePosition(line: lines.count, column: (lines.last?.count ?? 0) + 1)
            throw YAMLSyntaxError(position: position, reason: "not valid YAML: a NUL character")
        }
        var builder = YAMLEvents(text)
        defer { builder.finish() }
        return try builder.document()
    }
}

/// What makes a text unacceptable as YAML before its content is looked at.
struct YAMLSyntaxError: Error {
    let position: SourcePosition
    let reason: String
}

/// Reads libyaml's events one by one; recursion is bounded by `YAMLTree.maximumDepth`.
private struct YAMLEvents {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeMutableBufferPointer<UInt8>

    init(_ text: String) {
        // libyaml skips a byte order mark only when it guesses the encoding.
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let utf8 = Array(text.utf8.starts(with: mark) ? text.utf8.dropFirst(mark.count) : text.utf8[...])
        bytes = .allocate(capacity: max(1, utf8.count))
        _ = bytes.initialize(from: utf8)
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        yaml_parser_initialize(parser)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, utf8.count)
    }

    mutating func finish() {
        yaml_parser_delete(parser)
        parser.deallocate()
        bytes.deallocate()
    }

    mutating func document() throws(YAMLSyntaxError) -> YAMLTree? {
        _ = try next()
        guard case .other(YAML_DOCUMENT_START_EVENT) = try next().kind else { return nil }
        let root = try tree(from: next(), depth: 0)
        _ = try next()
        let after = try next()
        guard case .other(YAML_STREAM_END_EVENT) = after.kind else {
            throw YAMLSyntaxError(position: after.position, reason: "a second document starts here; only one is read")
        }
        return root
    }

    private mutating func tree(from event: Event, depth: Int) throws(YAMLSyntaxError) -> YAMLTree {
        guard depth < YAMLTree.maximumDepth else {
            throw YAMLSyntaxError(
                position: event.position, reason: "nested more than \(YAMLTree.maximumDepth) levels deep")
        }
        switch event.kind {
        case .scalar(let text, let isPlain):
            return YAMLTree(value: isPlain ? .plain(text) : .quoted(text), position: event.position)
        case .other(YAML_SEQUENCE_START_EVENT):
            var items: [YAMLTree] = []
            while true {
                let item = try next()
                if case .other(YAML_SEQUENCE_END_EVENT) = item.kind { break }
                items.append(try tree(from: item, depth: depth + 1))
            }
            return YAMLTree(value: .list(items), position: event.position)
        case .other(YAML_MAPPING_START_EVENT):
            var entries: [YAMLTree.Entry] = []
            while true {
                let key = try next()
                if case .other(YAML_MAPPING_END_EVENT) = key.kind { break }
                guard case .scalar(let name, _) = key.kind else {
                    throw YAMLSyntaxError(position: key.position, reason: "a key must be a plain word")
                }
                let value = try tree(from: next(), depth: depth + 1)
                entries.append(YAMLTree.Entry(key: name, position: key.position, value: value))
            }
            return YAMLTree(value: .map(entries), position: event.position)
        case .other:
            throw YAMLSyntaxError(position: event.position, reason: "a value was expected here")
        }
    }

    private struct Event {
        enum Kind {
            case scalar(String, isPlain: Bool)
            case other(yaml_event_type_t)
        }
        let kind: Kind
        let position: SourcePosition
    }

    private mutating func next() throws(YAMLSyntaxError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { yaml_event_delete(&event) }
        let position = SourcePosition(event.start_mark)
        switch event.type {
        case YAML_ALIAS_EVENT:
            throw YAMLSyntaxError(position: position, reason: "aliases (*name) are not accepted; write the value out")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            try refuse(anchor: scalar.anchor, tag: scalar.tag, at: position)
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            return Event(kind: .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), position: position)
        case YAML_SEQUENCE_START_EVENT:
            try refuse(anchor: event.data.sequence_start.anchor, tag: event.data.sequence_start.tag, at: position)
        case YAML_MAPPING_START_EVENT:
            try refuse(anchor: event.data.mapping_start.anchor, tag: event.data.mapping_start.tag, at: position)
        default: break
        }
        return Event(kind: .other(event.type), position: position)
    }

    private func refuse(
        anchor: UnsafeMutablePointer<UInt8>?, tag: UnsafeMutablePointer<UInt8>?, at position: SourcePosition
    ) throws(YAMLSyntaxError) {
        if anchor != nil { throw YAMLSyntaxError(position: position, reason: "anchors (&name) are not accepted") }
        if tag != nil { throw YAMLSyntaxError(position: position, reason: "tags (!name) are not accepted") }
    }

    private func failure() -> YAMLSyntaxError {
        var problem = parser.pointee.problem.map { String(cString: $0) } ?? "unreadable"
        let context = parser.pointee.context.map { String(cString: $0) } ?? ""
        if context == "while scanning a quoted scalar", problem == "found unexpected end of stream" {
            return YAMLSyntaxError(
                position: SourcePosition(parser.pointee.context_mark),
                reason: "not valid YAML: the quote that opens here is not closed")
        }
        let isAtTab =
            if let next = parser.pointee.buffer.pointer, let end = parser.pointee.buffer.last, next < end {
                next.pointee == UInt8(ascii: "\t")
            } else {
                false
            }
        if problem.contains("tab character") || (isAtTab && problem == "found character that cannot start any token") {
            problem = "a tab; YAML indents with spaces"
        }
        let isScanner = parser.pointee.error == YAML_SCANNER_ERROR || parser.pointee.error == YAML_PARSER_ERROR
        return YAMLSyntaxError(
            position: SourcePosition(isScanner ? parser.pointee.problem_mark : parser.pointee.mark),
            reason: "not valid YAML: \(problem)")
    }
}

extension SourcePosition {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
    }
}
