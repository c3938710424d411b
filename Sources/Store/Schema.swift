internal import GRDB

/// The tables, as steps that are only ever added to.
enum Schema {
    /// - Parameters:
    ///   - path: of the database, for errors.
    ///   - folder: of the database.
    static func migrator(path: String, folder: String) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: cameras and track ids") { db in
            try db.execute(
                sql: """
                    -- One row a stream path ever seen. The id is what the API calls stream_id; it stays when a camera is
                    -- renamed or moved to another source, so that its recordings stay its own.
                    CREATE TABLE cameras (
                        id TEXT PRIMARY KEY CHECK (length(id) = 36),  -- UUID, lower case
                        path TEXT NOT NULL UNIQUE CHECK (length(path) BETWEEN 1 AND 255),
                        created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP  -- UTC
                    ) WITHOUT ROWID;
                    -- A single row: the first track number not yet given out. Numbers are reserved in blocks, so that a
                    -- crash costs numbers, never uniqueness.
                    CREATE TABLE track_ids (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        next INTEGER NOT NULL CHECK (next > 0)
                    );
                    """)
        }
        migrator.registerMigration("2: recordings") { db in
            let isTakeover = try Takeover.setAside(path: path, in: db)
            try db.execute(sql: recordings)
            if isTakeover { try Takeover(folder: folder, db: db).run() }
        }
        return migrator
    }
}
