package import Domain
private import Foundation
private import GRDB

/// What must outlive the process: one SQLite file.
///
/// One writer, concurrent readers (WAL). May be used from any thread; calls block on the disk, so not from the
/// cooperative pool.
package final class Store: Sendable {
    private let database: DatabasePool

    /// Opens the database, creates it and its folder where there is none, and brings its schema up to date.
    ///
    /// - Throws: `StoreError` that names the file.
    package init(path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            configuration.foreignKeysEnabled = true
            database = try DatabasePool(path: path, configuration: configuration)
            try Schema.migrator.migrate(database)
        } catch {
            throw StoreError(path: path, doing: "open", reason: "\(error)")
        }
    }

    /// The identifier that the camera at `path` keeps for life; made at the first call.
    package func cameraID(of path: StreamPath) throws -> CameraID {
        try write("look up camera \(path)") { db in
            if let text = try String.fetchOne(
                db, sql: "SELECT id FROM cameras WHERE path = ?", arguments: [path.rawValue]),
                let id = CameraID(text)
            {
                return id
            }
            let id = CameraID(UUID().uuidString.lowercased())
            guard let id else { throw CocoaError(.coderInvalidValue) }
            try db.execute(
                sql: "INSERT INTO cameras (id, path) VALUES (?, ?)", arguments: [id.description, path.rawValue])
            return id
        }
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

    private func write<Value>(_ doing: String, _ body: (Database) throws -> Value) throws -> Value {
        do {
            return try database.write(body)
        } catch {
            throw StoreError(path: database.path, doing: doing, reason: "\(error)")
        }
    }
}

/// The database could not do what it was asked.
package struct StoreError: Error, CustomStringConvertible {
    package let path: String
    package let doing: String
    package let reason: String

    package var description: String { "\(path): could not \(doing): \(reason)" }
}
