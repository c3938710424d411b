internal import Domain
private import Foundation
internal import GRDB

extension Store {
    /// How much there is, and how much room on the volume.
    package func retentionUsage() throws -> RetentionUsage {
        try read("read usage") { try usage(in: $0) }
    }

    /// Bytes that the volume has free for this process; nil when it cannot be told.
    package func freeBytes() -> Int64? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int64(clamping: bytes)
    }

    /// What a pass would remove now.
    package func retentionPlan(_ limits: RetentionLimits, nowMicroseconds: Int64) throws -> RetentionPlan {
        try read("plan retention") { try plan(limits, nowMicroseconds: nowMicroseconds, in: $0) }
    }

    /// Removes what exceeds the limits: clips and thumbnails. The rows stay as history, with `retained` 0 and the reason.
    ///
    /// In small transactions, so that new recordings never wait; a recording that was protected meanwhile stays.
    package func applyRetention(_ limits: RetentionLimits, nowMicroseconds: Int64) throws -> RetentionReport {
        let plan = try retentionPlan(limits, nowMicroseconds: nowMicroseconds)
        try write("note the limits of retention") { db in
            let isWaiting = plan.obstacles.contains(.halfReached(.age)) || plan.obstacles.contains(.waiting)
            try db.execute(
                sql: """
                    INSERT INTO retention (id, limits, waiting_since_us) VALUES (1, ?1, iif(?2, ?3, NULL))
                    ON CONFLICT (id) DO UPDATE SET limits = excluded.limits,
                        waiting_since_us = iif(?2, iif(?4, ?3, coalesce(waiting_since_us, ?3)), NULL)
                    """,
                arguments: [
                    try Self.text(limits), isWaiting, nowMicroseconds,
                    plan.obstacles.contains(.halfReached(.age)),
                ])
        }
        var report = RetentionReport(obstacles: plan.obstacles)
        report.failures += try finishRemovals()
        for first in stride(from: 0, to: plan.removals.count, by: Self.removalsATransaction) {
            let end = min(first + Self.removalsATransaction, plan.removals.count)
            try remove(plan.removals[first..<end], nowMicroseconds: nowMicroseconds, &report)
        }
        if let days = limits.historyDays {
            try forget(before: RetentionPlan.bound(nowMicroseconds, days: days))
        }
        return report
    }

    private static let removalsATransaction = 50

    private func remove(
        _ removals: ArraySlice<RetentionPlan.Removal>, nowMicroseconds: Int64, _ report: inout RetentionReport
    ) throws {
        var gone: [RetentionPlan.Removal] = []
        var changes: [StoreChange] = []
        let isObserved = isObserved
        let files = try write("remove recordings") { db in
            gone = []
            changes = []
            var files: [RemovableFile] = []
            for removal in removals {
                let its = try Self.files(of: removal.clip.id, in: db)
                let recording = isObserved ? try self.recording(removal.clip.id, in: db) : nil
                try db.cachedStatement(
                    sql: """
                        UPDATE clips SET retained = 0, removed_us = ?, removed_because = ?
                        WHERE recording_id = ? AND retained = 1 AND is_protected = 0
                        """
                ).execute(arguments: [nowMicroseconds, removal.reason.rawValue, removal.clip.id])
                guard db.changesCount > 0 else { continue }
                gone.append(removal)
                if let recording { changes.append(.removed(recording)) }
                files += its
            }
            try Self.note(files, in: db)
            return files
        }
        tell(changes)
        report.removals += gone
        report.failures += try remove(files)
    }

    /// Deletes the rows of recordings whose files went before a moment; some thousands a pass at most.
    private func forget(before bound: Int64) throws {
        for _ in 0..<20 {
            let deleted = try write("forget removed recordings") { db in
                try db.execute(
                    sql: """
                        DELETE FROM recordings WHERE id IN (
                            SELECT k.recording_id FROM recording_keys k NOT INDEXED
                            JOIN clips c ON c.recording_id = k.recording_id
                            WHERE k.retained = 0 AND k.class = 0 AND k.start_us < ?1 AND c.removed_us < ?1
                            ORDER BY k.start_us LIMIT 200)
                        """, arguments: [bound])
                return db.changesCount
            }
            if deleted == 0 { return }
        }
    }

    func plan(_ limits: RetentionLimits, nowMicroseconds: Int64, in db: Database) throws -> RetentionPlan {
        var readers: [RetainedClips] = []
        let plan = try RetentionPlan(
            limits: limits, usage: usage(in: db), nowMicroseconds: nowMicroseconds,
            permissions: Self.permissions(limits, nowMicroseconds: nowMicroseconds, in: db)
        ) { camera in
            let clips = try RetainedClips(ofCamera: camera, in: db)
            readers.append(clips)
            return clips
        }
        for case let error? in readers.map(\.error) { throw error }
        return plan
    }

    func usage(in db: Database) throws -> RetentionUsage {
        let cameras = try Row.fetchAll(
            db,
            sql: """
                SELECT m.path, sum(h.recordings), sum(h.bytes) FROM hourly_totals h JOIN cameras m ON m.number = h.camera
                WHERE h.retained = 1 AND h.class = 0 GROUP BY m.path
                """
        ).map { row in (row[0] as String, RetentionUsage.Amount(recordings: row[1], bytes: row[2])) }
        return RetentionUsage(cameras: Dictionary(cameras) { first, _ in first }, freeBytes: freeBytes())
    }

    private static func permissions(_ limits: RetentionLimits, nowMicroseconds: Int64, in db: Database) throws
        -> RetentionPlan.Permissions
    {
        guard let row = try Row.fetchOne(db, sql: "SELECT limits, waiting_since_us FROM retention WHERE id = 1") else {
            // Nobody has changed anything: this may be a folder full of recordings that a first start finds.
            return RetentionPlan.Permissions()
        }
        let since: Int64? = row[1]
        // A wait that began in the future began before the clock was put back.
        let isWaiting = since.map { $0 <= nowMicroseconds && nowMicroseconds < $0 + WallTime.microsecondsADay }
        return RetentionPlan.Permissions(
            limitsChanged: try row[0] != text(limits), ageIsWaiting: isWaiting ?? false)
    }

    private static func text(_ limits: RetentionLimits) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(limits), as: UTF8.self)
    }
}

/// What a pass of retention did.
package struct RetentionReport: Hashable, Sendable {
    /// The oldest first.
    package internal(set) var removals: [RetentionPlan.Removal] = []
    /// Why limits are still exceeded, where they are.
    package internal(set) var obstacles: [RetentionPlan.Obstacle]
    /// Files that could not be removed and the system's reasons; they are tried again at the next pass.
    package internal(set) var failures: [String] = []

    package var bytes: Int64 { removals.reduce(0) { $0 + $1.clip.bytes } }
}
