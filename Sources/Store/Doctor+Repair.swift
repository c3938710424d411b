internal import Domain
private import Foundation
internal import GRDB

extension Doctor {
    /// What was found, and what of it is settled now.
    package struct Report: Hashable, Sendable {
        package let settled: [Finding]
        package let remaining: [Finding]

        package init(settled: [Finding], remaining: [Finding]) {
            self.settled = settled
            self.remaining = remaining
        }
    }

    /// Settles what can be settled without losing anything:
    ///
    /// - a recording whose clip is missing counts as removed,
    /// - sizes and paths in rows follow the files,
    /// - removals that were cut short are finished,
    /// - keys and sums are made anew where they are wrong,
    /// - clips without a row are listed where `adopt` can tell what is in them; else they are left.
    ///
    /// Files are never removed but those whose removal was decided before, and the thumbnails of a missing clip.
    ///
    /// - Parameter adopt: makes a recording of a clip in the recordings folder; nil leaves it.
    package func repair(adopt: (_ path: String) throws -> NewRecording? = { _ in nil }) throws -> Report {
        let found = try check()
        guard !found.isEmpty else { return Report(settled: [], remaining: []) }
        for finding in found { try settle(finding, adopt: adopt) }
        if found.contains(where: { if case .wrongCounts = $0 { true } else { false } }) {
            try store.write("recount", Recount.repair)
        }
        let remaining = try check()
        let rest = Set(remaining)
        return Report(settled: found.filter { !rest.contains($0) }, remaining: remaining)
    }

    private func settle(_ finding: Finding, adopt: (String) throws -> NewRecording?) throws {
        switch finding {
        case .missingClip(let id, let path):
            guard FileIdentity(path) == nil else { return }
            try markRemoved(id)
        case .wrongSize(let id, _, _, let actual):
            try store.write("correct the size of recording \(id)") { db in
                try db.execute(
                    sql: "UPDATE recordings SET file_size_bytes = ? WHERE id = ?", arguments: [actual, id])
                try db.execute(sql: "UPDATE clips SET bytes = ? WHERE recording_id = ?", arguments: [actual, id])
            }
        case .wrongPath:
            try store.write("correct paths") { db in
                try db.execute(
                    sql: """
                        UPDATE recordings SET file_path = ?1 || '/' || c.file_name FROM clips c
                        WHERE c.recording_id = recordings.id AND c.folder = ''
                            AND recordings.file_path <> ?1 || '/' || c.file_name
                        """, arguments: [store.folder])
            }
        case .pendingRemovals:
            try store.finishRemovals()
        case .orphan(let name, _) where RecordingFile.Kind(name) == .clip:
            guard let recording = try adopt("\(store.folder)/\(name)"), recording.fileName == name else { return }
            _ = try store.insert(recording)
        default:
            break
        }
    }

    private func markRemoved(_ id: RecordingID) throws {
        let files = try store.write("mark recording \(id) as removed") { db in
            let files = try Store.files(of: id, in: db)
            try db.execute(
                sql: """
                    UPDATE clips SET retained = 0, removed_us = CAST(strftime('%s') AS INTEGER) * 1000000,
                        removed_because = 'its file was missing'
                    WHERE recording_id = ? AND retained = 1
                    """, arguments: [id])
            try Store.note(files, in: db)
            return files
        }
        try store.remove(files)
    }
}

extension Doctor.Finding: CustomStringConvertible {
    /// A line for a terminal.
    package var description: String {
        switch self {
        case .damaged(let text): "the database is damaged: \(text)"
        case .danglingRow(let table): "table \(table) has rows that refer to missing ones"
        case .missingClip(let id, let path): "recording \(id): no file at \(path)"
        case .notAFile(let id, let path): "recording \(id): \(path) is no regular file"
        case .unreachableFolder(let folder, let recordings):
            "\(folder) cannot be reached; \(recordings) recordings are there"
        case .wrongSize(let id, let path, let stored, let actual):
            "recording \(id): \(path) has \(actual) bytes, its row says \(stored)"
        case .wrongPath(let recordings): "\(recordings) rows name another folder than the one that the database is in"
        case .foreignRow(let id): "recording \(id) was not written by this program; lists leave it out"
        case .orphan(let name, let bytes): "\(name) (\(bytes) bytes) belongs to no recording"
        case .unfinished(let name, let bytes): "\(name) (\(bytes) bytes) is a clip that was not finished"
        case .pendingRemovals(let count): "\(count) files are still to be removed"
        case .wrongCounts(let table, let rows): "table \(table) differs from a recount in \(rows) rows"
        }
    }
}
