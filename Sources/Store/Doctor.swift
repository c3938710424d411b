package import Domain
internal import GRDB

/// Compares rows with files and counts with what they count, and settles what it finds when asked to.
///
/// Checking changes nothing and may run beside a server. Repairing may too: each step looks again before it acts.
package struct Doctor: Sendable {
    /// Something that is not as it should be.
    package enum Finding: Hashable, Sendable {
        /// SQLite's own words about a damaged file. Not repaired: restore a copy, or `sqlite3 … .recover`.
        case damaged(String)
        /// A row that refers to one that is not there.
        case danglingRow(table: String)
        /// A recording whose clip is not there.
        case missingClip(RecordingID, path: String)
        /// A recording whose clip is something else than a regular file: a link, a folder. Left alone.
        case notAFile(RecordingID, path: String)
        /// Recordings whose folder cannot be reached, as when a volume is not mounted. Left alone.
        case unreachableFolder(String, recordings: Int)
        case wrongSize(RecordingID, path: String, stored: Int64, actual: Int64)
        /// The row's `file_path` tells another place than the folder of the database, as after a move of the folder.
        case wrongPath(recordings: Int)
        /// A row of the published table that this program did not write, with no clip of ours.
        case foreignRow(RecordingID)
        /// A clip or thumbnail, by its name, that belongs to no recording.
        case orphan(String, bytes: Int64)
        /// A clip that was being written. The recorder's business: it is recovered when the server starts.
        case unfinished(String, bytes: Int64)
        /// Files that were given up and could not be removed yet.
        case pendingRemovals(Int)
        /// Keys or sums that differ from a recount.
        case wrongCounts(table: String, rows: Int)
    }

    let store: Store

    package init(_ store: Store) { self.store = store }

    /// Everything that is not as it should be. Reads every row and looks at every file.
    package func check() throws -> [Finding] {
        do {
            let findings = try checkDatabase()
            if findings.contains(where: { if case .damaged = $0 { true } else { false } }) { return findings }
            return try findings + checkRows() + checkFolder() + checkCounts()
        } catch let error as StoreError where error.code == .damaged {
            return [.damaged(error.reason)]
        }
    }

    private func checkDatabase() throws -> [Finding] {
        try store.read("check the database") { db in
            var findings = try String.fetchAll(db, sql: "PRAGMA quick_check(20)").filter { $0 != "ok" }
                .map { Finding.damaged($0) }
            if !findings.isEmpty { return findings }
            let tables = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map { $0[0] as String }
            findings += Set(tables).sorted().map { .danglingRow(table: $0) }
            let foreign = try RecordingID.fetchAll(
                db, sql: "SELECT id FROM recordings WHERE id NOT IN (SELECT recording_id FROM clips) ORDER BY id")
            findings += foreign.map { .foreignRow($0) }
            let moved = try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM clips c JOIN recordings r ON r.id = c.recording_id
                    WHERE c.folder = '' AND r.file_path <> ? || '/' || c.file_name
                    """, arguments: [store.folder])
            if let moved, moved > 0 { findings.append(.wrongPath(recordings: moved)) }
            let pending = try Int.fetchOne(db, sql: "SELECT count(*) FROM file_removals") ?? 0
            if pending > 0 { findings.append(.pendingRemovals(pending)) }
            return findings
        }
    }

    private func checkRows() throws -> [Finding] {
        try store.read("compare rows with files") { db in
            var findings: [Finding] = []
            let folders = try String.fetchAll(
                db, sql: "SELECT DISTINCT folder FROM clips WHERE retained = 1 ORDER BY folder")
            for named in folders {
                let place = named.isEmpty ? store.folder : named
                guard let folder = RecordingFolder(place, followsLinks: named.isEmpty) else {
                    let count = try Int.fetchOne(
                        db, sql: "SELECT count(*) FROM clips WHERE retained = 1 AND folder = ?", arguments: [named])
                    findings.append(.unreachableFolder(place, recordings: count ?? 0))
                    continue
                }
                let clips = try Row.fetchCursor(
                    db,
                    sql: """
                        SELECT recording_id, file_name, bytes FROM clips WHERE retained = 1 AND folder = ?
                        ORDER BY recording_id
                        """, arguments: [named])
                while let clip = try clips.next() {
                    let name: String = clip[1]
                    findings += Self.compare(folder, name, id: clip[0], path: "\(place)/\(name)", stored: clip[2])
                }
            }
            return findings
        }
    }

    private static func compare(
        _ folder: borrowing RecordingFolder, _ name: String, id: RecordingID, path: String, stored: Int64
    ) -> [Finding] {
        if let file = folder.file(name) {
            guard file.bytes != stored else { return [] }
            return [.wrongSize(id, path: path, stored: stored, actual: file.bytes)]
        }
        return folder.holds(name) ? [.notAFile(id, path: path)] : [.missingClip(id, path: path)]
    }

    private func checkFolder() throws -> [Finding] {
        guard let folder = RecordingFolder(store.folder, followsLinks: true) else { return [] }
        return try store.read("compare files with rows") { db in
            try folder.names().sorted().compactMap { name in
                guard let kind = RecordingFile.Kind(name), let file = folder.file(name) else { return nil }
                if kind == .unfinished { return .unfinished(name, bytes: file.bytes) }
                let clip = try Row.fetchOne(
                    db.cachedStatement(
                        sql: """
                            SELECT file_name, thumbnail_name, clean_thumbnail_name FROM clips
                            WHERE file_name = ? AND folder = '' AND retained = 1
                            """), arguments: [RecordingFile.clipName(of: name)])
                let isKnown = clip.map { row in (0...2).contains { (row[$0] as String?) == name } } ?? false
                return isKnown ? nil : .orphan(name, bytes: file.bytes)
            }
        }
    }

    private func checkCounts() throws -> [Finding] {
        try store.read("recount") { db in
            try Recount.tables.compactMap { table in
                let rows = try table.differingRows(in: db)
                return rows > 0 ? .wrongCounts(table: table.name, rows: rows) : nil
            }
        }
    }
}
