private import Domain
internal import GRDB

extension Store {
    /// What retention would remove now, what will go next and when, and why the rest stays: lines for a terminal.
    ///
    /// - Parameter nowMicroseconds: the wall clock.
    package func explainRetention(_ limits: RetentionLimits, nowMicroseconds: Int64) throws -> String {
        try read("explain retention") { db in
            let usage = try usage(in: db)
            let plan = try plan(limits, nowMicroseconds: nowMicroseconds, in: db)
            let going = Set(plan.removals.map(\.clip.id))
            let clips = try RetainedClips(ofCamera: nil, in: db)
            let next = Array(clips.lazy.filter { !going.contains($0.id) && !$0.isProtected }.prefix(Self.shown))
            if let error = clips.error { throw error }
            let growth = try growth(nowMicroseconds: nowMicroseconds, in: db)
            let protected = try Row.fetchOne(
                db,
                sql: """
                    SELECT count(*), coalesce(sum(bytes), 0) FROM clips INDEXED BY protected_clips
                    WHERE is_protected = 1 AND retained = 1
                    """)
            let forecasts = RetentionForecast.forecasts(
                of: next, limits: limits, usage: usage.without(plan.removals), growth: growth,
                nowMicroseconds: nowMicroseconds)
            return RetentionText(limits: limits, usage: usage, growth: growth).text(
                plan, forecasts: forecasts,
                protected: .init(recordings: protected?[0] ?? 0, bytes: protected?[1] ?? 0))
        }
    }

    /// How many recordings are listed of those that go, and of those that are next.
    static let shown = 10

    /// Mean growth over the last seven whole days, or over fewer where recording began later.
    func growth(nowMicroseconds: Int64, in db: Database) throws -> RetentionForecast.Growth {
        let today = max(0, nowMicroseconds) / WallTime.microsecondsADay
        let first = try Int64.fetchOne(
            db, sql: "SELECT min(day) FROM daily_totals WHERE class = 0 AND day < ?", arguments: [today])
        guard let first else { return RetentionForecast.Growth(cameras: [:]) }
        let from = max(first, today - 7)
        // Removed recordings were added too.
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT m.path, sum(d.bytes) FROM daily_totals d JOIN cameras m ON m.number = d.camera
                WHERE d.class = 0 AND d.retained IN (0, 1) AND d.day >= ? AND d.day < ? GROUP BY m.path
                """, arguments: [from, today])
        let growth = rows.map { row in (row[0] as String, Double(row[1] as Int64) / Double(max(1, today - from))) }
        return RetentionForecast.Growth(cameras: Dictionary(growth) { first, _ in first })
    }
}

extension RetentionUsage {
    /// What there is after removals.
    func without(_ removals: [RetentionPlan.Removal]) -> RetentionUsage {
        var usage = self
        for removal in removals {
            usage.cameras[removal.clip.camera]?.recordings -= 1
            usage.cameras[removal.clip.camera]?.bytes -= removal.clip.bytes
            usage.freeBytes = usage.freeBytes.map { $0 + removal.clip.bytes }
        }
        return usage
    }
}
