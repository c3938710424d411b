internal import GRDB

/// Retained recordings, the oldest first, read from the database as far as somebody goes on asking. Valid only inside the
/// read that it was made in.
final class RetainedClips: Sequence, IteratorProtocol {
    private let db: Database
    private let cameras: [Int64]?
    private var batch: ArraySlice<RetainedClip> = []
    private var last: (start: Int64, id: Int64) = (-1, 0)
    /// What ended the sequence early; nil when nothing did.
    private(set) var error: (any Error)?

    private static let batchSize = 500

    /// - Parameter camera: path; nil for all.
    init(ofCamera camera: String?, in db: Database) throws {
        self.db = db
        cameras = try camera.map {
            try Int64.fetchAll(db, sql: "SELECT number FROM cameras WHERE path = ?", arguments: [$0])
        }
    }

    func next() -> RetainedClip? {
        if batch.isEmpty {
            do {
                batch = try read()[...]
            } catch {
                self.error = error
            }
        }
        guard let clip = batch.popFirst() else { return nil }
        last = (clip.startMicroseconds, clip.id)
        return clip
    }

    private func read() throws -> [RetainedClip] {
        guard error == nil, cameras != [] else { return [] }
        let access = cameras?.count == 1 ? "INDEXED BY keys_by_camera" : "NOT INDEXED"
        let ofCamera = cameras.map { " AND k.camera IN (\(KeyFilter.marks($0)))" } ?? ""
        return try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT k.recording_id, m.path, k.start_us, c.bytes, c.is_protected
                    FROM recording_keys k \(access) CROSS JOIN clips c ON c.recording_id = k.recording_id
                    CROSS JOIN cameras m ON m.number = k.camera
                    WHERE k.retained = 1 AND k.class = 0\(ofCamera) AND (k.start_us, k.recording_id) > (?, ?)
                    ORDER BY k.start_us, k.recording_id LIMIT \(Self.batchSize)
                    """), arguments: StatementArguments((cameras ?? []) + [last.start, last.id])
        ).map { row in
            RetainedClip(id: row[0], camera: row[1], startMicroseconds: row[2], bytes: row[3], isProtected: row[4])
        }
    }
}
