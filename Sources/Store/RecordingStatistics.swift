package import Domain

/// Sums over all retained recordings.
package struct RecordingStatistics: Hashable, Sendable {
    package struct TrackCount: Hashable, Sendable {
        package let trackID: TrackID
        /// In how many recordings.
        package let appearances: Int

        package init(trackID: TrackID, appearances: Int) {
            self.trackID = trackID
            self.appearances = appearances
        }
    }

    package let recordings: Int
    package let durationSeconds: Double
    package let bytes: Int64
    /// Start of the oldest and of the newest; nil without any.
    package let oldestMicroseconds: Int64?
    package let newestMicroseconds: Int64?
    /// By number of objects, the most frequent first.
    package let objects: [ClassCount]
    package let uniqueTracks: Int
    /// At most ten, the most frequent first.
    package let frequentTracks: [TrackCount]
    /// In the order of their paths; cameras that had one path after another are one.
    package let cameras: [PathCount]

    package struct PathCount: Hashable, Sendable {
        package let path: String
        package let recordings: Int
        package let durationSeconds: Double
        package let bytes: Int64

        package init(path: String, recordings: Int, durationSeconds: Double, bytes: Int64) {
            self.path = path
            self.recordings = recordings
            self.durationSeconds = durationSeconds
            self.bytes = bytes
        }
    }
}

/// How often a class was seen.
package struct ClassCount: Hashable, Sendable {
    package let className: String
    /// Recordings with at least one of it.
    package let recordings: Int
    /// Entries of `objects_detected`: several in a recording count each.
    package let objects: Int

    package init(className: String, recordings: Int, objects: Int) {
        self.className = className
        self.recordings = recordings
        self.objects = objects
    }
}

/// A camera that the database knows, and what it has of it.
package struct StoredCamera: Hashable, Sendable {
    package let id: String
    package let path: String
    /// False: another camera has taken over the path.
    package let isCurrent: Bool
    package let recordings: Int
    package let durationSeconds: Double
    package let bytes: Int64
    /// Start of its newest recording.
    package let newestMicroseconds: Int64?
}

/// Which recordings to count: whole days in UTC.
package struct CountQuery: Hashable, Sendable {
    /// The camera's `stream_id`; nil: all.
    package var cameraID: String?
    /// Only recordings with an object of this class.
    package var className: String?
    /// Days since 1970-01-01, up to the second exclusive; nil: without a bound.
    package var fromDay: Int64?
    package var toDay: Int64?

    package init() {}
}

/// Recordings by the time of their start, UTC.
package struct TimeCounts: Hashable, Sendable {
    package struct Day: Hashable, Sendable {
        /// Since 1970-01-01.
        package let day: Int64
        package let recordings: Int

        package init(day: Int64, recordings: Int) {
            self.day = day
            self.recordings = recordings
        }
    }

    /// For each hour of the day, 24 numbers.
    package let hours: [Int]
    /// Days with recordings, in their order.
    package let days: [Day]
}
