/// What reading one file gathers: issues, warnings, positions and the keys that were asked for.
final class ReadingLog {
    /// Further errors are not kept: a hostile file must not cost time and memory without bound.
    static let maximumErrors = 100

    let file: String
    var errors: [SettingsIssue] = []
    var warnings: [SettingsIssue] = []
    var positions: [String: SourcePosition] = [:]
    /// Every key the parser knows, list indices written as `[]`.
    var acceptedKeys: Set<String> = []

    init(file: String) { self.file = file }

    func error(_ position: SourcePosition, _ keyPath: String, _ message: String) {
        guard errors.count < Self.maximumErrors else { return }
        errors.append(SettingsIssue(file: file, position: position, keyPath: keyPath, message: message))
    }

    func warn(_ position: SourcePosition, _ keyPath: String, _ message: String) {
        warnings.append(SettingsIssue(file: file, position: position, keyPath: keyPath, message: message))
    }
}

/// Reads the keys of one map into typed values; a key that nobody asked for is an error in `finish`.
struct SectionReader {
    let log: ReadingLog
    let path: String
    let pattern: String
    /// Whether the file has this map, with keys or without.
    let isGiven: Bool
    private var values: [String: YAMLTree] = [:]
    private var keys: [YAMLTree.Entry] = []
    private var known: [String] = []

    /// `tree` nil or null stands for a map without keys: all defaults.
    init(_ tree: YAMLTree?, path: String, pattern: String, log: ReadingLog) {
        self.log = log
        self.path = path
        self.pattern = pattern
        isGiven = tree != nil
        guard let tree, !tree.isNull else { return }
        guard case .map(let entries) = tree.value else {
            log.error(tree.position, path, "\(tree.shown) is not a map of keys and values")
            return
        }
        var lines: [String: Int] = [:]
        for entry in entries {
            if let first = lines[entry.key] {
                log.error(
                    entry.position, join(path, shownKey(entry.key)),
                    "the key stands twice, first in line \(first)")
            } else {
                lines[entry.key] = entry.position.line
                keys.append(entry)
                values[entry.key] = entry.value
            }
        }
    }

    mutating func finish() {
        for entry in keys where !known.contains(entry.key) {
            guard log.errors.count < ReadingLog.maximumErrors else { return }
            let hint = nearest(to: entry.key, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
            let all = known.joined(separator: ", ")
            log.error(entry.position, join(path, shownKey(entry.key)), "unknown key\(hint) (known: \(all))")
        }
    }

    mutating func section(_ key: String, _ body: (inout SectionReader) -> Void) {
        var inner = SectionReader(take(key), path: join(path, key), pattern: join(pattern, key), log: log)
        body(&inner)
        inner.finish()
    }

    /// The value of a key; nil when it is left out. Null is a value here.
    mutating func take(_ key: String) -> YAMLTree? {
        known.append(key)
        log.acceptedKeys.insert(join(pattern, key))
        guard let value = values[key] else { return nil }
        log.positions[join(path, key)] = value.position
        return value
    }

    mutating func bool(_ key: String, into target: inout Bool) {
        guard let tree = take(key) else { return }
        switch tree.plainText {
        case "true", "True", "TRUE", "yes", "on": target = true
        case "false", "False", "FALSE", "no", "off": target = false
        default: fail(key, tree, "\(tree.shown) is not true or false")
        }
    }

    mutating func int(_ key: String, into target: inout Int, _ range: ClosedRange<Int>) {
        guard let tree = take(key) else { return }
        guard let text = tree.plainText, let number = Int(text) else {
            return fail(key, tree, "\(tree.shown) is not a whole number")
        }
        guard range.contains(number) else {
            return fail(key, tree, "\(number) is not between \(range.lowerBound) and \(range.upperBound)")
        }
        target = number
    }

    mutating func number(_ key: String, into target: inout Double, _ range: ClosedRange<Double>, above: Bool = false) {
        guard let tree = take(key) else { return }
        if let value = checkedNumber(key, tree, range, above: above) { target = value }
    }

    mutating func optionalNumber(_ key: String, into target: inout Double?, _ range: ClosedRange<Double>) {
        guard let tree = take(key) else { return }
        if tree.isNull {
            target = nil
        } else if let value = checkedNumber(key, tree, range, above: false) {
            target = value
        }
    }

    mutating func string(_ key: String, into target: inout String, allowsEmpty: Bool = false) {
        guard let tree = take(key) else { return }
        guard let text = tree.text else { return fail(key, tree, "\(tree.shown) is not a text") }
        if let text = checkedText(key, text, tree, allowsEmpty: allowsEmpty) { target = text }
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, into target: inout Choice)
    where Choice.RawValue == String {
        guard let tree = take(key) else { return }
        guard let choice = tree.text.flatMap(Choice.init(rawValue:)) else {
            let all = Choice.allCases.map(\.rawValue)
            let hint = tree.text.flatMap { nearest(to: $0, among: all) }.map { "; did you mean \"\($0)\"?" } ?? ""
            return fail(key, tree, "\(tree.shown) is not one of \(all.joined(separator: ", "))\(hint)")
        }
        target = choice
    }

    mutating func strings(_ key: String, into target: inout [String]) {
        guard let tree = take(key) else { return }
        if tree.isNull {
            target = []
            return
        }
        guard case .list(let items) = tree.value else {
            return fail(key, tree, "\(tree.shown) is not a list; write [\"a\", \"b\"]")
        }
        target = []
        for (index, item) in items.enumerated() {
            let name = "\(key)[\(index)]"
            log.positions[join(path, name)] = item.position
            guard let text = item.text else {
                fail(name, item, "\(item.shown) is not a text")
                continue
            }
            if let text = checkedText(name, text, item, allowsEmpty: false) { target.append(text) }
        }
    }

    /// The maps of a list, one after another.
    mutating func maps(_ key: String, _ body: (inout SectionReader) -> Void) {
        // Its keys are known also where it is empty.
        var none = SectionReader(nil, path: join(path, key), pattern: join(pattern, "\(key)[]"), log: log)
        body(&none)
        guard let tree = take(key), !tree.isNull else { return }
        guard case .list(let items) = tree.value else {
            return fail(key, tree, "\(tree.shown) is not a list of maps")
        }
        for (index, item) in items.prefix(1000).enumerated() {
            var reader = SectionReader(
                item, path: join(path, "\(key)[\(index)]"), pattern: join(pattern, "\(key)[]"), log: log)
            body(&reader)
            reader.finish()
        }
    }

    func fail(_ key: String, _ tree: YAMLTree, _ message: String) {
        log.error(tree.position, join(path, key), message)
    }

    private func checkedText(_ key: String, _ text: String, _ tree: YAMLTree, allowsEmpty: Bool) -> String? {
        guard allowsEmpty || !text.isEmpty else {
            fail(key, tree, "it is empty")
            return nil
        }
        guard text.utf8.count <= 4096, !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else {
            fail(key, tree, "it has a line break or control character, or is longer than 4096 bytes")
            return nil
        }
        return text
    }

    private func checkedNumber(
        _ key: String, _ tree: YAMLTree, _ range: ClosedRange<Double>, above: Bool
    ) -> Double? {
        guard let text = tree.plainText, let value = Double(text), value.isFinite else {
            fail(key, tree, "\(tree.shown) is not a number")
            return nil
        }
        guard range.contains(value), !above || value > range.lowerBound else {
            let low = numberText(range.lowerBound)
            let high = numberText(range.upperBound)
            let bounds = above ? "above \(low) and at most \(high)" : "between \(low) and \(high)"
            fail(key, tree, "\(numberText(value)) is not \(bounds)")
            return nil
        }
        return value
    }
}

extension YAMLTree {
    var isNull: Bool {
        guard case .plain(let text) = value else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    var plainText: String? {
        guard case .plain(let text) = value else { return nil }
        return text
    }

    /// A scalar that is no null.
    var text: String? {
        switch value {
        case .plain(let text): isNull ? nil : text
        case .quoted(let text): text
        case .list, .map: nil
        }
    }

    /// The value as a message shows it: bounded, printable, and without anything that looks like an address.
    var shown: String {
        switch value {
        case .list: "a list"
        case .map: "a map"
        case .plain where isNull: "null"
        case .plain(let text): shownText(text)
        case .quoted(let text): "\"\(shownText(text))\""
        }
    }
}

/// Bounded and printable; what could hold a password is not shown.
func shownText(_ text: String) -> String {
    if text.contains("://") || text.contains("@") { return "(an address)" }
    let shown = text.unicodeScalars.prefix(60).map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" }
    return String(shown) + (text.unicodeScalars.count > 60 ? "..." : "")
}

func shownKey(_ key: String) -> String { shownText(key) }

func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

func numberText(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? String(value)
}

/// The candidate within a third of its length (at least 2) in edit distance.
func nearest(to text: String, among candidates: [String]) -> String? {
    let word = Array(text.lowercased().prefix(64))
    return candidates.map { ($0, editDistance(word, Array($0))) }
        .filter { $0.1 <= max(2, $0.0.count / 3) }
        .min { $0.1 < $1.1 }?.0
}

private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
        var diagonal = i
        row[0] = i + 1
        for (j, b) in right.enumerated() {
            let best = min(row[j] + 1, row[j + 1] + 1, diagonal + (a == b ? 0 : 1))
            diagonal = row[j + 1]
            row[j + 1] = best
        }
    }
    return row[right.count]
}
