private import Foundation
internal import GRDB
internal import Plumbing

/// What must outlive the process: one SQLite file, and beside it the clips and thumbnails that its rows stand for.
///
/// One writer, concurrent readers (WAL). May be used from any thread; calls block on the disk, so not from the
/// cooperative pool.
///
/// When the folder goes away (unmounted, moved), every call throws a `StoreError` of code `gone`, and nothing is written
/// anywhere. When a database is there again, the next call opens it.
package final class Store: Sendable {
    /// What only tests and benchmarks change.
    package struct Options: Sendable {
        /// How many keys a list may read in its own order before other ways to them are considered.
        package var shortWalk = 4000
        /// Pages of 4096 bytes after which the database counts as full; nil: those of the disk.
        package var maximumPages: Int?
        /// Kilobytes of page cache of each connection; nil: SQLite's own 2000. The system's cache holds the file anyway.
        package var cacheKilobytes: Int?
        /// Called between two steps; what it throws ends the call there, as a crash would.
        package var between: @Sendable (Step) throws -> Void = { _ in }

        package init() {}
    }

    /// Steps that something may come between.
    package enum Step: Sendable, CaseIterable {
        /// The rows say that files are to go; the files are still there.
        case filesNoted
        /// The files are gone; the notes are still there.
        case filesRemoved
    }

    /// Path of the database.
    package let path: String
    /// Where clips and thumbnails lie: the folder of the database.
    package let folder: String
    let options: Options
    let openFiles = OpenFiles()
    let observers = Locked<[Observer]>([])
    private let mountPoint: String?
    private let connection: Locked<Connection>

    private struct Connection {
        let pool: DatabasePool
        let file: FileIdentity
    }

    /// Opens the database, creates it where there is none, and brings its schema up to date. Then removes the files of
    /// recordings whose removal was cut short.
    ///
    /// The folder is created where its parent is there. A parent never is: it may be on a volume that is not mounted.
    ///
    /// - Parameter mountPoint: a folder above the database that must be the root of a mounted volume; nil: none needs be.
    /// - Throws: `StoreError` that names the file. A file that cannot be used is left as it is.
    package init(path: String, mountPoint: String? = nil, options: Options = Options()) throws {
        let folder = (path as NSString).deletingLastPathComponent
        self.path = path
        self.folder = folder
        self.mountPoint = mountPoint
        self.options = options
        do {
            try Self.checkMounted(mountPoint, path: path)
            try Self.makeFolder(folder, path: path)
            connection = Locked(try Self.connect(path: path, options: options))
        } catch {
            throw StoreError(error, path: path, doing: "open")
        }
        // On a full or read-only disk this has to wait, for the next pass of retention at the latest; all else need not.
        _ = try? finishRemovals()
    }

    private static func connect(path: String, options: Options) throws -> Connection {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { [options] db in
            // A row that was reported as written stays after a power cut; there is one commit a clip, so the additional
            // fsync costs nothing that anybody would notice.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            if let pages = options.maximumPages { try db.execute(sql: "PRAGMA max_page_count = \(pages)") }
            if let kilobytes = options.cacheKilobytes { try db.execute(sql: "PRAGMA cache_size = \(-kilobytes)") }
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        let migrator = Schema.migrator(path: path, folder: (path as NSString).deletingLastPathComponent)
        if try pool.read(migrator.hasBeenSuperseded) {
            throw StoreError(
                code: .newer, path: path, doing: "open",
                reason: "a newer version of this program has changed it; use that version")
        }
        try migrator.migrate(pool)
        guard let file = FileIdentity(path) else { throw goneError(path, doing: "open") }
        return Connection(pool: pool, file: file)
    }

    private static func makeFolder(_ folder: String, path: String) throws {
        // Clips of a household are for the eyes of whoever runs this.
        guard mkdir(folder, 0o750) != 0, errno != EEXIST else { return }
        let reason = errno
        let code: StoreError.Code =
            switch reason {
            case ENOENT: .gone
            case EROFS: .readOnly
            case ENOSPC: .full
            default: .other
            }
        throw StoreError(
            code: code, path: path, doing: "open",
            reason: "its folder, recording.recordings_dir, cannot be created: \(String(cString: strerror(reason)))")
    }

    private static func checkMounted(_ mountPoint: String?, path: String) throws {
        guard let mountPoint, !FileIdentity.isMountPoint(mountPoint) else { return }
        throw StoreError(code: .gone, path: path, doing: "open", reason: "no volume is mounted at \(mountPoint)")
    }

    private static func goneError(_ path: String, doing: String) -> StoreError {
        StoreError(
            code: .gone, path: path, doing: doing,
            reason: "it is no longer there; the folder was moved or its volume is not mounted")
    }

    /// The connection to the file that is at `path` now. SQLite would go on writing into one that was unlinked or whose
    /// volume is gone, and all of it would be lost with the process.
    private func pool(_ doing: String) throws -> DatabasePool {
        guard let file = FileIdentity(path) else { throw Self.goneError(path, doing: doing) }
        if let pool = connection.withLock({ $0.file == file ? $0.pool : nil }) { return pool }
        try Self.checkMounted(mountPoint, path: path)
        let opened = try Self.connect(path: path, options: options)
        return connection.withLock { connection in
            // Somebody else may have been quicker.
            if connection.file != opened.file { connection = opened }
            return connection.pool
        }
    }

    func read<Value>(_ doing: String, _ body: (Database) throws -> Value) throws -> Value {
        do {
            return try pool(doing).read(body)
        } catch {
            throw StoreError(error, path: path, doing: doing)
        }
    }

    /// One transaction.
    func write<Value>(_ doing: String, _ body: (Database) throws -> Value) throws -> Value {
        // Whatever it changes, a file that it gives up is not found any more once it is done.
        defer { openFiles.forgetAll() }
        do {
            return try pool(doing).write(body)
        } catch {
            throw StoreError(error, path: path, doing: doing)
        }
    }
}
