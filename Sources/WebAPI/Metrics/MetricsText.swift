package import Plumbing

/// Writes metrics in the text form of Prometheus (exposition format 0.0.4).
package struct MetricsText: Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package private(set) var text = ""
    private var name = ""

    package init() {}

    /// Begins a metric; its samples must follow. One without samples is named all the same.
    ///
    /// - Parameters:
    ///   - name: by the conventions: base units, `_total` for counters.
    ///   - help: one line.
    package mutating func metric(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    package mutating func sample(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
        write(name, value, labels.map { ($0.key, $0.value) })
    }

    package mutating func sample(_ value: some BinaryInteger, _ labels: KeyValuePairs<String, String> = [:]) {
        sample(Double(value), labels)
    }

    package mutating func sample(_ histogram: Histogram) {
        var below = 0
        for (bound, count) in zip(histogram.bounds, histogram.buckets) {
            below += count
            write("\(name)_bucket", Double(below), [("le", Self.number(bound))])
        }
        write("\(name)_bucket", Double(histogram.count), [("le", "+Inf")])
        write("\(name)_sum", histogram.sum, [])
        write("\(name)_count", Double(histogram.count), [])
    }

    /// A metric with one sample.
    package mutating func single(_ name: String, _ kind: Kind, _ value: some BinaryInteger, _ help: String) {
        metric(name, kind, help)
        sample(value)
    }

    private mutating func write(_ name: String, _ value: Double, _ labels: [(String, String)]) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(Self.number(value))\n"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// What the rest of the server adds to `/metrics`.
package protocol MetricsSource: Sendable {
    /// May block on the disk.
    func write(to metrics: inout MetricsText)

    /// Its queues, as they are now. Must not block.
    var queues: [QueueStatus] { get }
}

extension MetricsSource {
    package var queues: [QueueStatus] { [] }
}
