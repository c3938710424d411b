private import Foundation
internal import GRDB

/// What must outlive the process: one SQLite file, and beside it the clips and thumbnails that its rows stand for.
///
/// One writer, concurrent readers (WAL). May be used from any thread; calls block on the disk, so not from the
/// cooperative pool.
package final class Store: Sendable {
    /// Path of the database.
    package let path: String
    /// Where clips and thumbnails lie: the folder of the database.
    package let folder: String
    /// See `KeyPage`.
    let shortWalk: Int
    private let database: DatabasePool

    /// Opens the database, creates it where there is none, and brings its schema up to date. Then deletes the files of
    /// recordings that were removed when the process ended.
    ///
    /// The folder is created where its parent is there; a parent never is: it may be the mount point of a volume that is
    /// not mounted.
    ///
    /// - Parameter shortWalk: how many keys a list may read in its own order before other ways to them are considered;
    ///   tests lower it.
    /// - Throws: `StoreError` that names the file. A file that cannot be used is left as it is.
    package init(path: String, shortWalk: Int = 4000) throws {
        let folder = (path as NSString).deletingLastPathComponent
        self.path = path
        self.folder = folder
        self.shortWalk = shortWalk
        do {
            if !FileManager.default.fileExists(atPath: folder) {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            }
            database = try DatabasePool(path: path, configuration: Self.configuration)
            if try database.read(Schema.migrator.hasBeenSuperseded) {
                throw StoreError(
                    code: .newer, path: path, doing: "open",
                    reason: "a newer version of this program has changed it; use that version")
            }
            try Schema.migrator.migrate(database)
        } catch {
            throw StoreError(error, path: path, doing: "open")
        }
        try finishRemovals()
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { db in
            // A row that was reported as written stays after a power cut; there is one commit a clip, so the additional
            // fsync costs nothing that anybody would notice.
            try db.execute(sql: "PRAGMA synchronous = FULL")
        }
        return configuration
    }

    func read<Value>(_ doing: String, _ body: (Database) throws -> Value) throws -> Value {
        do {
            return try database.read(body)
        } catch {
            throw StoreError(error, path: path, doing: doing)
        }
    }

    /// One transaction.
    func write<Value>(_ doing: String, _ body: (Database) throws -> Value) throws -> Value {
        do {
            return try database.write(body)
        } catch {
            throw StoreError(error, path: path, doing: doing)
        }
    }
}
