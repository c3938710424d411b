import Domain
import Foundation
import Hummingbird
import HummingbirdCore
import Store

/// Sums over the recordings.
struct StatisticsRoutes: Sendable {
    let store: Store
    /// Seconds since 1970, for what is counted back from today.
    let now: @Sendable () -> Double

    init(store: Store, now: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }) {
        self.store = store
        self.now = now
    }

    var routes: [Route] {
        [
            Route("/api/recordings/stats", [.get: statistics]),
            Route("/api/alerts", [.get: alerts]),
            Route("/api/stats/objects", [.get: objects]),
            Route("/api/stats/times", [.get: times]),
        ]
    }

    private func statistics(_ request: RoutedRequest) async throws -> Response {
        _ = try request.query()
        let statistics = try await onDisk { try store.statistics() }
        var json = JSONText()
        json.statistics(statistics)
        return response(json)
    }

    /// Recordings of something that was surely seen, with how many of each class.
    private func alerts(_ request: RoutedRequest) async throws -> Response {
        let parameters = try request.query(
            "limit", "offset", "start_date", "end_date", "object_type", "min_confidence")
        var query = RecordingQuery()
        try query.take(parameters)
        query.minimumConfidence = query.minimumConfidence ?? 0.5
        let wanted = query
        let page = try await onDisk { try store.recordings(wanted) }
        var json = JSONText(capacity: 256 + 500 * page.recordings.count)
        json.object { json in
            json.field("total", page.total)
            json.field("limit", wanted.limit)
            json.field("offset", wanted.offset)
            json.key("alerts")
            json.array(page.recordings) { $0.alert($1, classes: Set(wanted.classes)) }
        }
        return response(json)
    }

    private func objects(_ request: RoutedRequest) async throws -> Response {
        let parameters = try request.query("start_date", "end_date", "stream_id")
        let query = try days(parameters)
        let (total, counts) = try await onDisk {
            (try store.timeCounts(query).days.reduce(0) { $0 + $1.recordings }, try store.objectCounts(query))
        }
        var json = JSONText()
        json.object { json in
            json.key("stats")
            json.object { json in
                json.field("total_recordings", total)
                json.key("object_counts")
                json.object { json in
                    for count in counts {
                        json.key(count.className)
                        json.integer(count.recordings)
                    }
                }
                json.key("object_percentages")
                json.object { json in
                    for count in counts where total > 0 {
                        json.key(count.className)
                        json.number((Double(count.recordings) / Double(total) * 10_000).rounded() / 100)
                    }
                }
            }
        }
        return response(json)
    }

    private func times(_ request: RoutedRequest) async throws -> Response {
        let parameters = try request.query("object_type", "days", "start_date", "end_date", "stream_id")
        var query = try days(parameters)
        query.className = try parameters.text("object_type", accepts: "a class, e.g. person")
        let length = try parameters.integer("days", in: 1...3650, default: 7)
        if query.fromDay == nil, query.toDay == nil {
            query.fromDay = Int64((now() / 86_400).rounded(.down)) - Int64(length)
        } else if parameters.has("days") {
            throw WebFailure(
                status: .badRequest, message: "days counts back from today: not together with start_date or end_date")
        }
        let wanted = query
        let counts = try await onDisk { try store.timeCounts(wanted) }
        var weekdays = [Int](repeating: 0, count: 7)
        for day in counts.days { weekdays[Weekday.index(ofDay: day.day)] += day.recordings }
        var json = JSONText()
        json.object { json in
            json.key("stats")
            json.object { json in
                json.key("hours")
                json.array(counts.hours.enumerated()) { json, hour in
                    json.object { json in
                        json.field("hour", hour.offset)
                        json.field("detections", hour.element)
                    }
                }
                json.key("days")
                json.array(zip(Weekday.names, weekdays)) { json, day in
                    json.object { json in
                        json.field("day", day.0)
                        json.field("detections", day.1)
                    }
                }
            }
        }
        return response(json)
    }

    /// Whole days; a date-time counts as its day.
    private func days(_ parameters: QueryParameters) throws -> CountQuery {
        var query = CountQuery()
        query.cameraID = try parameters.text("stream_id", accepts: "the stream_id of a camera")
        query.fromDay = try parameters.date("start_date", .start).map { Weekday.day(ofMicroseconds: $0) }
        query.toDay = try parameters.date("end_date", .end).map { Weekday.day(ofMicroseconds: $0 - 1) + 1 }
        return query
    }
}

private enum Weekday {
    static let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    /// - Parameter day: since 1970-01-01, a Thursday.
    static func index(ofDay day: Int64) -> Int { Int(((day + 3) % 7 + 7) % 7) }

    static func day(ofMicroseconds microseconds: Int64) -> Int64 {
        Int64((Double(microseconds) / Double(WallTime.microsecondsADay)).rounded(.down))
    }
}

extension JSONText {
    fileprivate mutating func statistics(_ statistics: RecordingStatistics) {
        object { json in
            json.field("total_recordings", statistics.recordings)
            json.field("total_duration_seconds", rounded(statistics.durationSeconds, 1000))
            json.field("total_size_bytes", statistics.bytes)
            json.field("total_size_gb", rounded(Double(statistics.bytes) / 1_073_741_824, 100))
            json.field("oldest_recording", statistics.oldestMicroseconds.map(WallTime.secondsText))
            json.field("newest_recording", statistics.newestMicroseconds.map(WallTime.secondsText))
            json.key("objects")
            json.object { json in
                for count in statistics.objects {
                    json.key(count.className)
                    json.integer(count.objects)
                }
            }
            json.key("trackers")
            json.object { json in
                json.field("total_unique_ids", statistics.uniqueTracks)
                json.key("most_frequent")
                json.array(statistics.frequentTracks) { json, track in
                    json.object { json in
                        json.field("tracker_id", track.trackID)
                        json.field("appearances", track.appearances)
                    }
                }
            }
            json.key("by_camera")
            json.object { json in
                for camera in statistics.cameras {
                    json.key(camera.path)
                    json.object { json in
                        json.field("count", camera.recordings)
                        json.field("duration_seconds", rounded(camera.durationSeconds, 1000))
                        json.field("size_bytes", camera.bytes)
                    }
                }
            }
        }
    }

    /// - Parameter classes: what the objects are limited to; empty for all.
    fileprivate mutating func alert(_ recording: Recording, classes: Set<String>) {
        var objects =
            (try? JSONSerialization.jsonObject(with: Data(recording.objectsJSON.utf8)) as? [[String: Any]]) ?? []
        if !classes.isEmpty { objects.removeAll { !classes.contains($0["class"] as? String ?? "") } }
        let counts = Dictionary(grouping: objects.compactMap { $0["class"] as? String }) { $0 }.mapValues(\.count)
        let text = (try? JSONSerialization.data(withJSONObject: objects, options: [.sortedKeys])) ?? Data("[]".utf8)
        object { json in
            json.field("id", recording.id)
            json.field("timestamp", recording.timestamp)
            json.field("stream_id", recording.cameraID)
            json.field("stream_name", recording.cameraName)
            json.field("confidence", recording.maximumConfidence ?? 0)
            json.key("objects_detected")
            json.raw(String(decoding: text, as: UTF8.self))
            json.key("object_counts")
            json.object { json in
                for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
                    json.key(name)
                    json.integer(count)
                }
            }
            json.field("thumbnail_path", recording.thumbnailPath)
            json.field("thumbnail_url", recording.thumbnailName.map { "/recordings/" + escapedSegment($0) })
        }
    }
}

private func rounded(_ value: Double, _ factor: Double) -> Double { (value * factor).rounded() / factor }

extension WallTime {
    /// `2025-10-12T19:05:30Z`
    static func secondsText(_ microseconds: Int64) -> String { isoText(microseconds).prefix(19) + "Z" }
}
