private import Foundation
package import Logging

/// The latest lines of the log, for those who look at the server from outside. Passwords are taken from them first.
package final class RecentLog: Sendable {
    /// One line of the log.
    package struct Line: Sendable, Equatable {
        /// Grows from line to line, through all runs of the server: it begins with the time of its start.
        package let sequence: Int64
        /// Microseconds since 1970, UTC.
        package let wallMicroseconds: Int64
        package let level: Logger.Level
        /// The module that wrote it, e.g. `Cameras`.
        package let source: String
        /// At most `RecentLog.maximumCharacters`.
        package let message: String
        /// Sorted by name; values are as long as the message at most.
        package let metadata: [(name: String, value: String)]

        package static func == (one: Line, other: Line) -> Bool { one.sequence == other.sequence }
    }

    /// What is kept of a longer text.
    package static let maximumCharacters = 1000
    /// Names and values that are kept of one line.
    package static let maximumMetadata = 16

    private struct State {
        /// As many as there are, up to the capacity; then the oldest is at `oldest`.
        var lines: [Line] = []
        var oldest = 0
        var next: Int64
    }

    /// Lines that are kept at most.
    package let capacity: Int
    private let state: Locked<State>

    package init(capacity: Int = 500) {
        self.capacity = max(1, capacity)
        state = Locked(State(next: Self.nowMicroseconds))
    }

    private static var nowMicroseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1e6) }

    package func append(
        _ level: Logger.Level, _ message: String, source: String = "", metadata: [String: String] = [:]
    ) {
        let message = Self.kept(message)
        let source = String(source.prefix(Self.maximumCharacters))
        let pairs = metadata.sorted { $0.key < $1.key }.prefix(Self.maximumMetadata).map { name, value in
            (name: String(name.prefix(80)), value: Redaction.isSecret(name: name) ? "***" : Self.kept(value))
        }
        let now = Self.nowMicroseconds
        state.withLock { state in
            let line = Line(
                sequence: state.next, wallMicroseconds: now, level: level, source: source, message: message,
                metadata: pairs)
            state.next += 1
            guard state.lines.count == capacity else { return state.lines.append(line) }
            state.lines[state.oldest] = line
            state.oldest = (state.oldest + 1) % capacity
        }
    }

    /// The lines, the newest first.
    package var lines: [Line] {
        let (lines, oldest) = state.withLock { ($0.lines, $0.oldest) }
        return (lines[oldest...] + lines[..<oldest]).reversed()
    }

    /// Redacted before it is cut: half a password would not be known as one.
    private static func kept(_ text: String) -> String {
        // Bounds the work as well: who logs a megabyte does not mean it to be read here.
        let text = Redaction.redacted(String(text.prefix(4 * maximumCharacters)))
        return text.count > maximumCharacters ? text.prefix(maximumCharacters - 1) + "…" : text
    }
}

/// Writes the log into a `RecentLog`; together with another handler, as `MultiplexLogHandler` does.
package struct RecentLogHandler: LogHandler {
    package var logLevel = Logger.Level.info
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let log: RecentLog

    package init(_ log: RecentLog) {
        self.log = log
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        var texts = all.mapValues { "\($0)" }
        if let error = event.error { texts["error"] = "\(error)" }
        log.append(event.level, "\(event.message)", source: event.source, metadata: texts)
    }
}
