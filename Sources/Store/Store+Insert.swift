package import Domain
internal import GRDB

extension Store {
    /// Lists a clip: row, objects and counts in one transaction.
    ///
    /// Its files must lie in the folder already, synced. Confidences are kept to four decimals; those that are no number
    /// count as 0.
    package func insert(_ recording: NewRecording) throws -> RecordingID {
        let (id, listed) = try write("insert recording \(recording.fileName)") { db in
            let id = try insert(recording, in: db)
            return (id, isObserved ? try self.recording(id, in: db) : nil)
        }
        if let listed { tell([.listed(listed)]) }
        return id
    }

    /// Lists many clips in one transaction: all or none.
    package func insert(_ recordings: [NewRecording]) throws -> [RecordingID] {
        try write("insert \(recordings.count) recordings") { db in try recordings.map { try insert($0, in: db) } }
    }

    private func insert(_ recording: NewRecording, in db: Database) throws -> RecordingID {
        let names = [recording.fileName, recording.thumbnailName, recording.cleanThumbnailName].compactMap { $0 }
        for name in names where !RecordingFolder.isPlainName(name) {
            throw StoreError(
                code: .invalid, path: path, doing: "insert a recording", reason: "\"\(name)\" is no file name")
        }
        try Self.takeNames(names, in: db)
        return try Self.insert(recording, folder: folder, in: db)
    }

    /// Makes sure that nobody else lays claim to the files of a new recording: a former one of that name has lost its
    /// file to this one, and a removal that is still to be done must not hit it.
    private static func takeNames(_ names: [String], in db: Database) throws {
        for name in names {
            try db.cachedStatement(sql: "DELETE FROM file_removals WHERE folder = '' AND file_name = ?")
                .execute(arguments: [name])
        }
        try db.cachedStatement(
            sql: """
                UPDATE clips SET retained = 0, removed_us = CAST(strftime('%s') AS INTEGER) * 1000000,
                    removed_because = 'another clip has replaced its file'
                WHERE file_name = ? AND folder = '' AND retained = 1
                """
        ).execute(arguments: [names.first])
    }

    private static func insert(_ recording: NewRecording, folder: String, in db: Database) throws -> RecordingID {
        let start = max(0, recording.startMicroseconds)
        let duration = recording.durationSeconds.isFinite ? min(max(recording.durationSeconds, 0), 1e9) : 0
        let objects = recording.objects.map(\.stored)
        let trackIDs = ObjectsText.trackIDs(objects)
        let best = objects.map(\.confidence).max()
        let camera = try number(of: recording.cameraID, path: recording.cameraPath, in: db)
        try db.cachedStatement(
            sql: """
                INSERT INTO recordings (timestamp, stream_path, duration_seconds, file_path, file_size_bytes,
                    objects_detected, tracker_ids, max_confidence)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            WallTime.isoText(start), recording.cameraPath.rawValue, duration, "\(folder)/\(recording.fileName)",
            max(0, recording.fileBytes), ObjectsText.json(objects), trackIDs, best,
        ])
        let id = db.lastInsertedRowID
        for (position, object) in objects.enumerated() {
            try db.cachedStatement(sql: "INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").execute(
                arguments: [
                    id, position, try classNumber(object.className, in: db), object.confidence, object.box.x1,
                    object.box.y1, object.box.x2, object.box.y2, object.trackID, object.firstSeenMicroseconds,
                    object.lastSeenMicroseconds,
                ])
        }
        try db.cachedStatement(
            sql: """
                INSERT INTO clips (recording_id, camera, camera_name, start_us, duration_us, confidence, bytes,
                    file_name, thumbnail_name, clean_thumbnail_name)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            id, camera, recording.cameraName, start, Int64((duration * 1e6).rounded()),
            Int64(((best ?? 0) * 1e6).rounded()), max(0, recording.fileBytes), recording.fileName,
            recording.thumbnailName, recording.cleanThumbnailName,
        ])
        return id
    }

    private static func number(of camera: CameraID, path: StreamPath, in db: Database) throws -> Int64 {
        let known = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT number FROM cameras WHERE id = ?"), arguments: [camera.description])
        return try known ?? addCamera(id: camera.description, path: path.rawValue, in: db)
    }

    private static func classNumber(_ name: String, in db: Database) throws -> Int64 {
        let known = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT number FROM classes WHERE name = ?"), arguments: [name])
        if let known { return known }
        try db.execute(sql: "INSERT INTO classes (name) VALUES (?)", arguments: [name])
        return db.lastInsertedRowID
    }
}

extension RecordedObject {
    /// With a confidence that is a number of at most four decimals.
    fileprivate var stored: RecordedObject {
        var object = self
        object.confidence = confidence.isFinite ? (min(max(confidence, 0), 1) * 1e4).rounded() / 1e4 : 0
        return object
    }
}
