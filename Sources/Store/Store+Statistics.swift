internal import Domain
internal import GRDB

extension Store {
    /// What `GET /api/recordings/stats` answers. Costs the same whether there are a hundred recordings or a million.
    package func statistics() throws -> RecordingStatistics {
        try read("read statistics") { db in
            let cameras = try Self.cameras(in: db).filter { $0.recordings > 0 }
            return RecordingStatistics(
                recordings: cameras.reduce(0) { $0 + $1.recordings },
                durationSeconds: cameras.reduce(0) { $0 + $1.durationSeconds },
                bytes: cameras.reduce(0) { $0 + $1.bytes },
                oldestMicroseconds: try Self.start("min", in: db), newestMicroseconds: try Self.start("max", in: db),
                objects: try Self.objectCounts(CountQuery(), camera: nil, in: db),
                uniqueTracks: try Int.fetchOne(db, sql: "SELECT tracks FROM track_totals") ?? 0,
                frequentTracks: try Self.frequentTracks(in: db), cameras: Self.byPath(cameras))
        }
    }

    /// Every camera that was ever seen, in the order of the paths.
    package func cameras() throws -> [StoredCamera] {
        try read("list cameras", Self.cameras)
    }

    /// How often each class was seen, the one with most objects first.
    package func objectCounts(_ query: CountQuery) throws -> [ClassCount] {
        try read("count objects") { db in
            guard let (camera, _) = try Self.numbers(of: query, in: db) else { return [] }
            return try Self.objectCounts(query, camera: camera, in: db)
        }
    }

    /// How many recordings started in each hour of the day and on each day.
    package func timeCounts(_ query: CountQuery) throws -> TimeCounts {
        try read("count recordings by time") { db in
            guard let (camera, keyClass) = try Self.numbers(of: query, in: db) else {
                return TimeCounts(hours: Array(repeating: 0, count: 24), days: [])
            }
            let days = try Self.sums(
                of: "daily_totals", "day", Self.days(query), keyClass: keyClass, camera: camera, in: db)
            let hours: [(Int64, Int)]
            if query.fromDay == nil, query.toDay == nil {
                hours = try Self.sums(
                    of: "hourly_totals", "hour", ("", []), keyClass: keyClass, camera: camera, in: db)
            } else {
                hours = try Self.hours(query, keyClass: keyClass, camera: camera, in: db)
            }
            var byHour = Array(repeating: 0, count: 24)
            for (hour, recordings) in hours where byHour.indices.contains(Int(hour)) {
                byHour[Int(hour)] = recordings
            }
            return TimeCounts(hours: byHour, days: days.map { .init(day: $0.0, recordings: $0.1) })
        }
    }

    private static func start(_ function: String, in db: Database) throws -> Int64? {
        try Int64.fetchOne(
            db, sql: "SELECT \(function)(start_us) FROM recording_keys NOT INDEXED WHERE retained = 1 AND class = 0")
    }

    private static func cameras(in db: Database) throws -> [StoredCamera] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT m.id, m.path, m.is_current, coalesce(sum(h.recordings), 0), coalesce(sum(h.duration_us), 0),
                    coalesce(sum(h.bytes), 0), (
                        SELECT max(start_us) FROM recording_keys INDEXED BY keys_by_camera
                        WHERE retained = 1 AND class = 0 AND camera = m.number)
                FROM cameras m
                LEFT JOIN hourly_totals h ON h.retained = 1 AND h.class = 0 AND h.camera = m.number
                GROUP BY m.number ORDER BY m.path, m.number
                """
        ).map { row in
            StoredCamera(
                id: row[0], path: row[1], isCurrent: row[2], recordings: row[3],
                durationSeconds: Double(row[4] as Int64) / 1e6, bytes: row[5], newestMicroseconds: row[6])
        }
    }

    private static func byPath(_ cameras: [StoredCamera]) -> [RecordingStatistics.PathCount] {
        Dictionary(grouping: cameras, by: \.path).map { path, cameras in
            RecordingStatistics.PathCount(
                path: path, recordings: cameras.reduce(0) { $0 + $1.recordings },
                durationSeconds: cameras.reduce(0) { $0 + $1.durationSeconds },
                bytes: cameras.reduce(0) { $0 + $1.bytes })
        }.sorted { $0.path < $1.path }
    }

    private static func frequentTracks(in db: Database) throws -> [RecordingStatistics.TrackCount] {
        let wanted = 10
        // Most appear once and are in no index; they are needed only where there are few of the others.
        var rows = try Row.fetchAll(
            db, sql: "SELECT id, appearances FROM tracks WHERE appearances > 1 ORDER BY appearances DESC, id LIMIT ?",
            arguments: [wanted])
        if rows.count < wanted {
            rows += try Row.fetchAll(
                db, sql: "SELECT id, appearances FROM tracks WHERE appearances = 1 ORDER BY id LIMIT ?",
                arguments: [wanted - rows.count])
        }
        return rows.map { .init(trackID: $0[0], appearances: $0[1]) }
    }

    private static func objectCounts(_ query: CountQuery, camera: Int64?, in db: Database) throws -> [ClassCount] {
        let (condition, bounds) = days(query)
        let table = bounds.isEmpty ? "hourly_totals" : "daily_totals"
        let ofCamera = camera == nil ? "" : " AND t.camera = ?"
        let ofClass = query.className == nil ? "" : " AND c.name = ?"
        let values: [(any DatabaseValueConvertible)?] =
            bounds + [camera].compactMap { $0 }
            + [query.className].compactMap { $0 }
        return try Row.fetchAll(
            db,
            sql: """
                SELECT c.name, sum(t.recordings), sum(t.objects) FROM classes c
                JOIN \(table) t ON t.retained = 1 AND t.class = c.number\(condition)\(ofCamera)
                WHERE true\(ofClass) GROUP BY c.number ORDER BY 3 DESC, 1
                """, arguments: StatementArguments(values)
        ).map { ClassCount(className: $0[0], recordings: $0[1], objects: $0[2]) }
    }

    private static func days(_ query: CountQuery) -> (String, [Int64]) {
        (
            (query.fromDay == nil ? "" : " AND day >= ?") + (query.toDay == nil ? "" : " AND day < ?"),
            [query.fromDay, query.toDay].compactMap { $0 }
        )
    }

    /// - Returns: nil when nothing can match; the class is 0 for all.
    private static func numbers(of query: CountQuery, in db: Database) throws -> (camera: Int64?, keyClass: Int64)? {
        var wanted = RecordingQuery()
        wanted.cameraID = query.cameraID
        wanted.classes = [query.className].compactMap { $0 }
        guard let filter = try filters(of: wanted, in: db)?.first else { return nil }
        return (filter.camera, filter.classes.first ?? 0)
    }

    private static func sums(
        of table: String, _ column: String, _ condition: (String, [Int64]), keyClass: Int64, camera: Int64?,
        in db: Database
    ) throws -> [(Int64, Int)] {
        let ofCamera = camera == nil ? "" : " AND camera = ?"
        return try Row.fetchAll(
            db,
            sql: """
                SELECT \(column), sum(recordings) FROM \(table)
                WHERE retained = 1 AND class = ?\(condition.0)\(ofCamera) GROUP BY 1 ORDER BY 1
                """, arguments: StatementArguments([keyClass] + condition.1 + [camera].compactMap { $0 })
        ).map { ($0[0], $0[1]) }
    }

    private static func hours(_ query: CountQuery, keyClass: Int64, camera: Int64?, in db: Database) throws
        -> [(Int64, Int)]
    {
        var filter = KeyFilter()
        filter.camera = camera
        let latest: Int64 = 1_000_000
        let bounds = [query.fromDay, query.toDay].map { day in
            day.map { min(max($0, 0), latest) * WallTime.microsecondsADay }
        }
        (filter.from, filter.to) = (bounds[0], bounds[1])
        var arguments: [Int64] = []
        let source = filter.source(filter.timeAccess, keyClass: keyClass, arguments: &arguments)
        return try Row.fetchAll(
            db, sql: "SELECT start_us / 3600000000 % 24, count(*) FROM \(source) GROUP BY 1",
            arguments: StatementArguments(arguments)
        ).map { ($0[0], $0[1]) }
    }
}
