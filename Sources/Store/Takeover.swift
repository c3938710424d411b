internal import Domain
private import Foundation
internal import GRDB

/// Part of migration 2: takes over the recordings of another program that kept them in a table `recordings`, such as the
/// Python SpectraX. Frozen like the rest of the migration.
///
/// The former table stays, untouched, as `recordings_taken_over`. Files stay where they are. Rows keep their ids. What
/// cannot be read is left out of the new row, never a reason to fail: it remains in the former table.
struct Takeover {
    static let table = "recordings_taken_over"

    /// The folder of the database.
    let folder: String
    let db: Database

    /// Moves a former table out of the way.
    ///
    /// - Returns: whether there was one.
    /// - Throws: `StoreError` when it is of no form that is known.
    static func setAside(path: String, in db: Database) throws -> Bool {
        guard try db.tableExists("recordings") else { return false }
        let columns = Set(try db.columns(in: "recordings").map { $0.name.lowercased() })
        for column in ["timestamp", "file_path"] where !columns.contains(column) {
            throw StoreError(
                code: .invalid, path: path, doing: "take over its recordings",
                reason: "its table \"recordings\" has no column \"\(column)\"; it was left as it is")
        }
        // Indexes go along with a table; theirs may have the names of ours.
        for index in try db.indexes(on: "recordings") where index.origin == .createIndex {
            try db.drop(index: index.name)
        }
        try db.rename(table: "recordings", to: table)
        return true
    }

    /// Fills the new tables.
    func run() throws {
        let rows = try Row.fetchAll(db, sql: "SELECT rowid AS taken_rowid, * FROM \(Self.table) ORDER BY rowid")
        let former = rows.map { FormerRecording($0, folder: folder) }
        let cameras = try addCameras(former)
        var folders: [String: Bool] = [:]
        var isTaken: Set<[String]> = []
        // The latest first: of several with one file, it is the one that has it.
        for recording in former.reversed() {
            let place = recording.folder.isEmpty ? folder : recording.folder
            let isReachable = folders[place] ?? (RecordingFolder(place, followsLinks: recording.folder.isEmpty) != nil)
            folders[place] = isReachable
            let file = RecordingFolder(place, followsLinks: recording.folder.isEmpty)?.file(recording.fileName)
            let isFirst = isTaken.insert([recording.folder, recording.fileName]).inserted
            let isRetained = isFirst && (file != nil || (recording.isRetained && !isReachable))
            try insert(
                recording, camera: cameras[recording.cameraKey] ?? 0, bytes: file?.bytes ?? 0, isRetained: isRetained)
        }
        try keepNumbersUnique(former)
    }

    /// - Returns: the numbers of the cameras by `cameraKey`.
    private func addCameras(_ former: [FormerRecording]) throws -> [String: Int64] {
        var numbers: [String: Int64] = [:]
        // The latest first: a camera that got a new id at each start goes on under its last one.
        for recording in former.sorted(by: { $0.startMicroseconds > $1.startMicroseconds })
        where numbers[recording.cameraKey] == nil {
            let path = recording.cameraPath
            let isCurrent =
                try Int.fetchOne(
                    db, sql: "SELECT 1 FROM cameras WHERE path = ? AND is_current = 1", arguments: [path]) == nil
            let id = recording.cameraID ?? UUID().uuidString.lowercased()
            if let known = try Int64.fetchOne(db, sql: "SELECT number FROM cameras WHERE id = ?", arguments: [id]) {
                numbers[recording.cameraKey] = known
                continue
            }
            try db.execute(
                sql: "INSERT INTO cameras (id, path, is_current) VALUES (?, ?, ?)", arguments: [id, path, isCurrent])
            numbers[recording.cameraKey] = db.lastInsertedRowID
        }
        return numbers
    }

    private func insert(_ recording: FormerRecording, camera: Int64, bytes: Int64, isRetained: Bool) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO recordings (id, timestamp, stream_path, duration_seconds, file_path, file_size_bytes,
                    objects_detected, tracker_ids, max_confidence)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            recording.id, WallTime.isoText(recording.startMicroseconds), recording.cameraPath,
            recording.durationSeconds,
            (recording.folder.isEmpty ? folder : recording.folder) + "/" + recording.fileName,
            bytes, recording.objectsJSON, recording.trackIDsJSON, recording.confidence,
        ])
        for (position, object) in recording.objects.enumerated() {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO classes (name) VALUES (?)")
                .execute(arguments: [object.className])
            let box = object.box
            try db.cachedStatement(
                sql: """
                    INSERT INTO objects (recording_id, position, class, confidence, x1, y1, x2, y2, track_id)
                    VALUES (?, ?, (SELECT number FROM classes WHERE name = ?), ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                recording.id, position, object.className, object.confidence, box?[0], box?[1], box?[2], box?[3],
                object.trackID,
            ])
        }
        try db.cachedStatement(
            sql: """
                INSERT INTO clips (recording_id, camera, camera_name, start_us, duration_us, confidence, bytes, folder,
                    file_name, thumbnail_name, retained, removed_us, removed_because)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            recording.id, camera, recording.cameraName, recording.startMicroseconds,
            Int64((recording.durationSeconds * 1e6).rounded()), Int64(((recording.confidence ?? 0) * 1e6).rounded()),
            bytes, recording.folder, recording.fileName, recording.thumbnailName, isRetained,
            isRetained ? nil : recording.startMicroseconds,
            isRetained ? nil : "its file was missing when it was taken over",
        ])
    }

    /// Ids of recordings and tracks that were given out before are not given out again.
    private func keepNumbersUnique(_ former: [FormerRecording]) throws {
        try db.execute(
            sql: """
                UPDATE sqlite_sequence SET seq = max(seq, coalesce(
                    (SELECT seq FROM sqlite_sequence WHERE name = '\(Self.table)'), 0)) WHERE name = 'recordings'
                """)
        let last = former.flatMap { $0.objects.compactMap(\.trackID) + $0.trackIDs }.max() ?? 0
        guard last > 0, last < 1 << 40 else { return }
        try db.execute(
            sql: """
                INSERT INTO track_ids (id, next) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET next = max(next, ?1)
                """, arguments: [last + 1])
    }
}
