package import Domain
private import Foundation
internal import GRDB

extension Store {
    /// The identifier that the camera at `path` keeps for life; made at the first call.
    package func cameraID(of path: StreamPath) throws -> CameraID {
        try write("look up camera \(path)") { db in
            if let text = try String.fetchOne(
                db, sql: "SELECT id FROM cameras WHERE path = ? AND is_current = 1", arguments: [path.rawValue]),
                let id = CameraID(text)
            {
                return id
            }
            guard let id = CameraID(UUID().uuidString) else { throw CocoaError(.coderInvalidValue) }
            _ = try Self.addCamera(id: id.description, path: path.rawValue, in: db)
            return id
        }
    }

    /// Makes a camera the current one of its path.
    ///
    /// - Returns: its number.
    static func addCamera(id: String, path: String, in db: Database) throws -> Int64 {
        try db.execute(sql: "UPDATE cameras SET is_current = 0 WHERE path = ? AND is_current = 1", arguments: [path])
        try db.execute(sql: "INSERT INTO cameras (id, path) VALUES (?, ?)", arguments: [id, path])
        return db.lastInsertedRowID
    }

    /// Sets aside `count` track numbers that were never given out and never will be again.
    package func reserveTrackIDs(_ count: Int) throws -> Range<TrackID> {
        try write("reserve track ids") { db in
            let next = try TrackID.fetchOne(db, sql: "SELECT next FROM track_ids WHERE id = 1") ?? 1
            let end = next + TrackID(max(1, count))
            try db.execute(
                sql:
                    "INSERT INTO track_ids (id, next) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET next = excluded.next",
                arguments: [end])
            return next..<end
        }
    }
}
