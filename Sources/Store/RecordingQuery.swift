/// Which recordings, in which order, and which part of them.
package struct RecordingQuery: Hashable, Sendable {
    package enum Sort: String, CaseIterable, Sendable { case timestamp, confidence, duration }
    package enum Order: String, CaseIterable, Sendable {
        case ascending = "asc"
        case descending = "desc"
    }

    package static let limits = 1...1000

    /// Moved into `limits`.
    package var limit = 100
    /// Rows to skip; below 0 counts as 0.
    package var offset = 0
    /// The camera's `stream_id`.
    package var cameraID: String?
    /// Recordings that started at or after this moment …
    package var fromMicroseconds: Int64?
    /// … and before this one.
    package var toMicroseconds: Int64?
    /// Recordings with an object of any of these classes, by exact name; empty: all.
    package var classes: [String] = []
    /// Recordings whose best object has at least this confidence, 0...1.
    package var minimumConfidence: Double?
    /// Equal ones follow their ids in the same direction, so that pages neither overlap nor miss any.
    package var sort = Sort.timestamp
    package var order = Order.descending
    /// Also those whose files retention has removed.
    package var includesRemoved = false

    package init() {}
}

/// A part of the recordings that a query matches.
package struct RecordingPage: Sendable {
    /// How many match, on all pages.
    package let total: Int
    package let recordings: [Recording]
}
