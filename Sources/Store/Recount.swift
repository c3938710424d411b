internal import GRDB

/// The tables that triggers make, and what they should hold by the rows that they are made from.
struct Recount {
    let name: String
    /// All columns, in their order, from the rows that the table is made from.
    let select: String

    /// In the order in which they are made from each other.
    static let tables = [
        Recount(
            name: "recording_keys",
            select: """
                SELECT l.retained, o.class, l.start_us, l.recording_id, l.camera, l.confidence, l.duration_us,
                    coalesce(s.classes, 0), o.objects, l.bytes
                FROM clips l
                JOIN (
                    SELECT recording_id, class, count(*) AS objects FROM objects GROUP BY recording_id, class
                    UNION ALL
                    SELECT c.recording_id, 0, (SELECT count(*) FROM objects a WHERE a.recording_id = c.recording_id)
                    FROM clips c
                ) o ON o.recording_id = l.recording_id
                LEFT JOIN (
                    SELECT recording_id, sum(bit) AS classes FROM (
                        SELECT DISTINCT recording_id, CASE WHEN class < 63 THEN 1 << class ELSE 1 END AS bit FROM objects
                    ) GROUP BY recording_id
                ) s ON s.recording_id = l.recording_id
                """),
        Recount(
            name: "hourly_totals",
            select: """
                SELECT retained, class, camera, start_us / 3600000000 % 24 AS hour, count(*), sum(objects),
                    sum(duration_us), sum(bytes)
                FROM recording_keys GROUP BY retained, class, camera, hour
                """),
        Recount(
            name: "daily_totals",
            select: """
                SELECT retained, class, camera, start_us / 86400000000 AS day, count(*), sum(objects), sum(duration_us),
                    sum(bytes)
                FROM recording_keys GROUP BY retained, class, camera, day
                """),
        Recount(
            name: "confidence_totals",
            select: """
                SELECT retained, class, confidence / 10000 AS percent, start_us / 2592000000000 AS month, camera, count(*)
                FROM recording_keys GROUP BY retained, class, percent, month, camera
                """),
        Recount(
            name: "class_set_totals",
            select: """
                SELECT retained, start_us / 2592000000000 AS month, classes, camera, count(*)
                FROM recording_keys WHERE class = 0 GROUP BY retained, month, classes, camera
                """),
        Recount(
            name: "tracks",
            select: """
                SELECT o.track_id, count(DISTINCT o.recording_id)
                FROM objects o JOIN clips c ON c.recording_id = o.recording_id
                WHERE c.retained = 1 AND o.track_id IS NOT NULL GROUP BY o.track_id
                """),
        Recount(name: "track_totals", select: "SELECT 1, count(*) FROM tracks"),
    ]

    /// How many rows are wrong, missing or too many.
    func differingRows(in db: Database) throws -> Int {
        let sql = """
            SELECT (SELECT count(*) FROM (SELECT * FROM \(name) EXCEPT \(select)))
                + (SELECT count(*) FROM (\(select) EXCEPT SELECT * FROM \(name)))
            """
        return try Int.fetchOne(db, sql: sql) ?? 0
    }

    /// Makes all tables anew.
    static func repair(in db: Database) throws {
        // The triggers of the keys make the totals too; they are emptied last, and then filled in one go.
        for table in tables.reversed() { try db.execute(sql: "DELETE FROM \(table.name)") }
        for table in tables {
            try db.execute(sql: "DELETE FROM \(table.name); INSERT INTO \(table.name) \(table.select)")
        }
    }
}
