import Domain
import Foundation
import HTTPTypes

/// The query of a request, taken apart. What reads a parameter refuses a wrong value with its name and what it accepts.
struct QueryParameters: Sendable {
    private var raw: [String: String] = [:]
    private var repeated: [String: [String]] = [:]

    /// - Parameters:
    ///   - accepted: names that may stand in it, each once. A parameter `_` is passed over: scripts add one with a
    ///     changing value to get around caches.
    ///   - repeatable: names that may stand in it several times.
    ///   - passedOver: tells names that are of no interest.
    /// - Throws: `WebFailure` (400).
    init(
        _ query: String?, accepted: [String], repeatable: [String] = [], passedOver: (String) -> Bool = { _ in false }
    ) throws {
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]) else {
                throw Self.refusal("a parameter's name is not percent-encoded UTF-8")
            }
            if !accepted.contains(name), name == "_" || passedOver(name) { continue }
            if repeatable.contains(name) {
                repeated[name, default: []].append(parts.count > 1 ? String(parts[1]) : "")
                continue
            }
            guard accepted.contains(name) else {
                let names = accepted + repeatable
                throw Self.refusal(
                    "there is no parameter \"\(printable(name))\"; "
                        + (names.isEmpty ? "none is accepted" : "accepted are \(names.joined(separator: ", "))"))
            }
            guard raw[name] == nil else { throw Self.refusal("\(name) is given more than once") }
            raw[name] = parts.count > 1 ? String(parts[1]) : ""
        }
    }

    func has(_ name: String) -> Bool { raw[name] != nil }

    /// Whether the parameter is given without a value: `?name` or `?name=`.
    func isBare(_ name: String) -> Bool { raw[name]?.isEmpty == true }

    /// The value as text; nil when the parameter is absent.
    ///
    /// - Parameter accepts: what to say when it is no text.
    func text(_ name: String, accepts: String) throws -> String? {
        guard let value = raw[name] else { return nil }
        guard let text = Self.decoded(value[...]), !text.isEmpty, !text.utf8.contains(0) else {
            throw Self.refusal(name, value, accepts)
        }
        return text
    }

    func integer(_ name: String, in range: ClosedRange<Int>, default standard: Int) throws -> Int {
        let accepts =
            range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
        guard let text = try text(name, accepts: "a whole number, \(accepts)") else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw Self.refusal(name, text, "a whole number, \(accepts)")
        }
        return value
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws -> Double? {
        let accepts = "a number from \(range.lowerBound) to \(range.upperBound)"
        guard let text = try text(name, accepts: accepts) else { return nil }
        guard let value = Double(text), range.contains(value) else { throw Self.refusal(name, text, accepts) }
        return value
    }

    func flag(_ name: String) throws -> Bool? {
        guard let text = try text(name, accepts: "true or false") else { return nil }
        switch text.lowercased() {
        case "true", "1": return true
        case "false", "0": return false
        default: throw Self.refusal(name, text, "true or false")
        }
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String, default standard: Choice) throws
        -> Choice
    {
        let accepts = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        guard let text = try text(name, accepts: accepts) else { return standard }
        guard let value = Choice(rawValue: text) else { throw Self.refusal(name, text, accepts) }
        return value
    }

    /// Values of a repeatable parameter, which may also be separated by commas: none of them empty, 100 at most.
    func values(_ name: String, accepts: String) throws -> [String] {
        let given = repeated[name] ?? []
        let values = try given.flatMap { value in
            guard let text = Self.decoded(value[...]), !text.utf8.contains(0) else {
                throw Self.refusal(name, value, accepts)
            }
            return text.split(separator: ",", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
        guard values.count <= 100, values.allSatisfy({ !$0.isEmpty }) else {
            throw Self.refusal(name, given.joined(separator: ","), accepts)
        }
        return values
    }

    /// Values separated by commas, none of them empty, 100 at most.
    func list(_ name: String, accepts: String) throws -> [String] {
        guard let text = try text(name, accepts: accepts) else { return [] }
        let values = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        guard values.count <= 100, values.allSatisfy({ !$0.isEmpty }) else { throw Self.refusal(name, text, accepts) }
        return values
    }

    /// Which end of a stretch of time a date stands for.
    enum DateEdge { case start, end }

    /// A date or date-time as microseconds since 1970 (UTC).
    ///
    /// - Parameter edge: where a bare date stands: `start` for its first moment; `end` for the first moment after it. The end
    ///   of a date-time is the microsecond after it, so that it is included.
    func date(_ name: String, _ edge: DateEdge) throws -> Int64? {
        let accepts = "a date or date-time such as 2025-10-01 or 2025-10-01T12:00:00Z"
        guard let value = raw[name] else { return nil }
        // A plus sign that was not encoded stands for a blank; in a date-time it was meant as it is.
        let texts = [Self.decoded(value[...], plus: "+"), Self.decoded(value[...])].compactMap { $0 }
        guard let parsed = texts.lazy.compactMap({ WallTime.parse($0) }).first else {
            throw Self.refusal(name, texts.first ?? value, accepts)
        }
        switch edge {
        case .start: return parsed.microseconds
        case .end: return parsed.microseconds + (parsed.isDateOnly ? WallTime.microsecondsADay : 1)
        }
    }

    private static func decoded(_ text: Substring, plus: String = " ") -> String? {
        text.replacingOccurrences(of: "+", with: plus).removingPercentEncoding
    }

    static func refusal(_ name: String, _ value: String, _ accepts: String) -> WebFailure {
        refusal("\(name) takes \(accepts), not \"\(printable(value))\"")
    }

    private static func refusal(_ message: String) -> WebFailure {
        WebFailure(status: .badRequest, message: message)
    }
}
