package import Domain
internal import GRDB

extension Store {
    /// A page of the recordings that match, and how many do, at one moment of the database.
    package func recordings(_ query: RecordingQuery) throws -> RecordingPage {
        try read("list recordings") { db in
            guard let filters = try Self.filters(of: query, in: db) else {
                return RecordingPage(total: 0, recordings: [])
            }
            let totals = try filters.map { try $0.count(in: db) }
            let page = KeyPage(
                filters: filters, sort: query.sort, order: query.order,
                limit: Int64(min(max(query.limit, RecordingQuery.limits.lowerBound), RecordingQuery.limits.upperBound)),
                offset: Int64(max(0, query.offset)), shortWalk: options.shortWalk)
            let recordings = try recordings(page.ids(totals: totals, in: db), in: db)
            return RecordingPage(total: Int(totals.reduce(0, +)), recordings: recordings)
        }
    }

    /// The recording of that id, removed ones too; nil when there is none.
    package func recording(_ id: RecordingID) throws -> Recording? {
        try read("read recording \(id)") { try recording(id, in: $0) }
    }

    /// Whether a clip of this name in the recordings folder was ever listed; those that retention has removed count.
    package func hasListed(fileName: String) throws -> Bool {
        try read("look up \(fileName)") { db in
            try Bool.fetchOne(
                db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM clips WHERE file_name = ? AND folder = '')"),
                arguments: [fileName]) ?? false
        }
    }

    /// The objects of a recording, as `objects_detected` has them, and when each was seen.
    package func objects(of id: RecordingID) throws -> [RecordedObject] {
        try read("read objects of recording \(id)") { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT c.name, o.confidence, o.x1, o.y1, o.x2, o.y2, o.track_id, o.first_seen_us, o.last_seen_us
                        FROM objects o JOIN classes c ON c.number = o.class WHERE o.recording_id = ?
                        ORDER BY o.position
                        """), arguments: [id]
            ).map { row in
                RecordedObject(
                    className: row[0], confidence: row[1],
                    box: .init(x1: row[2] ?? 0, y1: row[3] ?? 0, x2: row[4] ?? 0, y2: row[5] ?? 0), trackID: row[6],
                    firstSeenMicroseconds: row[7] ?? 0, lastSeenMicroseconds: row[8] ?? 0)
            }
        }
    }

    /// - Returns: nil when nothing can match.
    static func filters(of query: RecordingQuery, in db: Database) throws -> [KeyFilter]? {
        var filter = KeyFilter()
        if let id = query.cameraID {
            // UUIDs are kept in lower case.
            let number = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT number FROM cameras WHERE id = ?"),
                arguments: [CameraID(id)?.description ?? id])
            guard let number else { return nil }
            filter.camera = number
        }
        if !query.classes.isEmpty {
            for name in Set(query.classes) {
                let number = try Int64.fetchOne(
                    db.cachedStatement(sql: "SELECT number FROM classes WHERE name = ?"), arguments: [name])
                if let number { filter.classes.append(number) }
            }
            if filter.classes.isEmpty { return nil }
            filter.classes.sort()
        }
        if let confidence = query.minimumConfidence, confidence > 0 {
            // Rounded like what it is compared with.
            filter.minimumConfidence = Int64((min(confidence, 2) * 1e6).rounded())
        }
        // Nothing starts before 1970; and no sum may overflow.
        let latest: Int64 = 1 << 58
        if let from = query.fromMicroseconds, from > 0 { filter.from = min(from, latest) }
        if let to = query.toMicroseconds {
            guard to > 0 else { return nil }
            filter.to = min(to, latest)
        }
        return query.includesRemoved ? [filter, filter.with { $0.retained = 0 }] : [filter]
    }

    func recording(_ id: RecordingID, in db: Database) throws -> Recording? {
        try recordings([id], in: db).first
    }

    /// The recordings of these ids, in their order, without those that there are not.
    private func recordings(_ ids: [RecordingID], in db: Database) throws -> [Recording] {
        // One statement for all: GRDB's preparations for reading rows cost more than the rows.
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT r.id, c.start_us, r.timestamp, m.id, r.stream_path, c.camera_name, r.duration_seconds,
                        c.folder, c.file_name, c.bytes, c.thumbnail_name, c.clean_thumbnail_name, r.objects_detected,
                        r.tracker_ids, r.max_confidence, c.retained, c.is_protected
                    FROM json_each(?) j CROSS JOIN recordings r ON r.id = j.value
                    JOIN clips c ON c.recording_id = r.id JOIN cameras m ON m.number = c.camera
                    """), arguments: ["[\(ids.map(String.init).joined(separator: ","))]"])
        var found: [Recording] = []
        found.reserveCapacity(ids.count)
        while let row = try rows.next() { found.append(recording(row)) }
        if found.map(\.id) == ids { return found }
        let byID = Dictionary(found.map { ($0.id, $0) }) { first, _ in first }
        return ids.compactMap { byID[$0] }
    }

    private func recording(_ row: Row) -> Recording {
        let named: String = row[7]
        let place = (named.isEmpty ? folder : named) + "/"
        let fileName: String = row[8]
        return Recording(
            id: row[0], startMicroseconds: row[1], timestamp: row[2], cameraID: row[3], cameraPath: row[4],
            cameraName: row[5], durationSeconds: row[6] ?? 0, filePath: place + fileName, fileName: fileName,
            fileBytes: row[9], thumbnailPath: (row[10] as String?).map { place + $0 },
            cleanThumbnailPath: (row[11] as String?).map { place + $0 }, objectsJSON: row[12] ?? "[]",
            trackIDsJSON: row[13], maximumConfidence: row[14], isRetained: row[15], isProtected: row[16])
    }
}
