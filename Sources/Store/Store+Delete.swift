package import Domain
internal import GRDB

extension Store {
    /// Deletes a recording with its files, protected or not. Who is reading a file goes on reading it.
    ///
    /// The row goes first, and with it, in one transaction, a note of the files that are to go. After a crash, or where a
    /// file cannot be removed now, they go at the next start.
    ///
    /// - Returns: false when there is no such recording: of several at once, one call answers true.
    package func delete(_ id: RecordingID) throws -> Bool {
        var removed: Recording?
        let files: [RemovableFile]? = try write("delete recording \(id)") { db in
            let files = try Self.files(of: id, in: db)
            removed = isObserved ? try recording(id, in: db) : nil
            try db.execute(sql: "DELETE FROM recordings WHERE id = ?", arguments: [id])
            guard db.changesCount > 0 else { return nil }
            try Self.note(files, in: db)
            return files
        }
        guard let files else { return false }
        if let removed { tell([.removed(removed)]) }
        try remove(files)
        return true
    }

    /// A file that the database has given up, or is about to.
    struct RemovableFile: Hashable {
        /// As in `clips.folder`.
        let folder: String
        let name: String
    }

    /// The files that a recording has: none when they were removed before.
    static func files(of id: RecordingID, in db: Database) throws -> [RemovableFile] {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT folder, file_name, thumbnail_name, clean_thumbnail_name FROM clips
                    WHERE recording_id = ? AND retained = 1
                    """), arguments: [id])
        guard let row else { return [] }
        let folder: String = row[0]
        return (1...3).compactMap { column in
            (row[column] as String?).map { RemovableFile(folder: folder, name: $0) }
        }
    }

    /// Records, in the transaction that gives files up, that they are to be removed.
    static func note(_ files: [RemovableFile], in db: Database) throws {
        let statement = try db.cachedStatement(sql: "INSERT OR IGNORE INTO file_removals VALUES (?, ?)")
        for file in files { try statement.execute(arguments: [file.folder, file.name]) }
    }

    /// Removes noted files, and strikes from the notes what is gone or is no file of ours.
    ///
    /// - Returns: the system's reasons for what could not be removed.
    @discardableResult
    func remove(_ files: [RemovableFile]) throws -> [String] {
        guard !files.isEmpty else { return [] }
        try options.between(.filesNoted)
        var settled: [RemovableFile] = []
        var reasons: [String] = []
        for (name, files) in Dictionary(grouping: files, by: \.folder) {
            let place = name.isEmpty ? folder : name
            guard let open = RecordingFolder(place, followsLinks: name.isEmpty) else {
                reasons.append("\(place): not to be reached")
                continue
            }
            for file in files {
                if case .failed(_, let reason) = open.remove(file.name) {
                    reasons.append("\(place)/\(file.name): \(reason)")
                } else {
                    settled.append(file)
                }
            }
        }
        try options.between(.filesRemoved)
        guard !settled.isEmpty else { return reasons }
        try write("strike removed files") { db in
            let statement = try db.cachedStatement(
                sql: "DELETE FROM file_removals WHERE folder = ? AND file_name = ?")
            for file in settled { try statement.execute(arguments: [file.folder, file.name]) }
        }
        return reasons
    }

    /// Removes what a crash or an error has left to be removed.
    ///
    /// - Returns: the system's reasons for what still could not be removed.
    @discardableResult
    func finishRemovals() throws -> [String] {
        let files = try read("list files to remove") { db in
            try Row.fetchAll(db, sql: "SELECT folder, file_name FROM file_removals").map {
                RemovableFile(folder: $0[0], name: $0[1])
            }
        }
        return try remove(files)
    }

    /// Protects a recording from retention, or no longer.
    ///
    /// - Returns: the recording; nil when there is none.
    package func setProtected(_ id: RecordingID, _ isProtected: Bool) throws -> Recording? {
        try write("protect recording \(id)") { db in
            try db.execute(
                sql: "UPDATE clips SET is_protected = ? WHERE recording_id = ?", arguments: [isProtected, id])
            return try self.recording(id, in: db)
        }
    }
}
