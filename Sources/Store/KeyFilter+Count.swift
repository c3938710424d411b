internal import Domain
internal import GRDB

/// Counting without walking: sums of whole days, of whole months and hundredths of confidence, and keys only at the edges.
extension KeyFilter {
    /// How many recordings match.
    func count(in db: Database) throws -> Int64 {
        guard classes.count > 1 else { return try count(keyClass: classes.first ?? 0, in: db) }
        // The most frequent class from the sums; of each other one the recordings that have none of those before it.
        let sizes = try classes.map { ($0, try count(keyClass: $0, in: db)) }.sorted { $0.1 > $1.1 }
        guard let largest = sizes.first else { return 0 }
        var total = largest.1
        var counted = [largest.0]
        for (keyClass, size) in sizes.dropFirst() where size > 0 {
            var arguments: [Int64] = []
            var sql = "SELECT count(*) FROM "
            let access = minimumConfidence != nil && from == nil && to == nil ? Access.confidence : timeAccess
            sql += source(camera == nil ? access : .camera, keyClass: keyClass, arguments: &arguments)
            sql += " AND NOT " + Self.hasAny(of: counted, arguments: &arguments)
            total += try Self.sum(sql, arguments, in: db)
            counted.append(keyClass)
        }
        return total
    }

    /// The same for the keys of one class, without regard to the filter's own classes.
    func count(keyClass: Int64, in db: Database) throws -> Int64 {
        if let from, let to, from >= to { return 0 }
        guard let minimumConfidence else { return try countByDays(keyClass, in: db) }
        return try countByMonths(keyClass, minimumConfidence, in: db)
    }

    private func countByDays(_ keyClass: Int64, in db: Database) throws -> Int64 {
        guard from != nil || to != nil else {
            return try sum("hourly_totals", keyClass, "", [], in: db)
        }
        return try parts(unit: WallTime.microsecondsADay).reduce(0) { total, part in
            switch part {
            case .edge(let from, let to):
                return try total + countKeys(keyClass, timeAccess, from: from, to: to, in: db)
            case .whole(let first, let end):
                let (range, bounds) = Self.range("day", first, end)
                return try total + sum("daily_totals", keyClass, range, bounds, in: db)
            }
        }
    }

    private static let month: Int64 = 30 * WallTime.microsecondsADay
    private static let percent: Int64 = 10_000

    private func countByMonths(_ keyClass: Int64, _ minimum: Int64, in db: Database) throws -> Int64 {
        let firstPercent = (minimum + Self.percent - 1) / Self.percent
        return try parts(unit: Self.month).reduce(0) { total, part in
            switch part {
            case .edge(let from, let to):
                return try total + countKeys(keyClass, timeAccess, from: from, to: to, in: db)
            case .whole(let first, let end):
                let (range, bounds) = Self.range("month", first, end)
                var count = try sum(
                    "confidence_totals", keyClass, " AND percent >= ?" + range, [firstPercent] + bounds, in: db)
                if minimum % Self.percent != 0 {
                    count += try countKeys(
                        keyClass, .confidence, from: first.map { $0 * Self.month }, to: end.map { $0 * Self.month },
                        below: firstPercent * Self.percent, in: db)
                }
                return total + count
            }
        }
    }

    private enum Part {
        /// Microseconds.
        case edge(Int64?, Int64?)
        /// Units, up to the second exclusive; nil: without a bound.
        case whole(Int64?, Int64?)
    }

    /// The filter's stretch of time as whole units and what remains on both sides.
    private func parts(unit: Int64) -> [Part] {
        let first = from.map { $0 / unit + ($0 % unit > 0 ? 1 : 0) }
        let end = to.map { max(0, $0) / unit }
        if let first, let end, first >= end { return [.edge(from, to)] }
        var parts = [Part.whole(first, end)]
        if let first, let from, from < first * unit { parts.append(.edge(from, first * unit)) }
        if let end, let to, end * unit < to { parts.append(.edge(end * unit, to)) }
        return parts
    }

    private static func range(_ column: String, _ first: Int64?, _ end: Int64?) -> (String, [Int64]) {
        (
            (first == nil ? "" : " AND \(column) >= ?") + (end == nil ? "" : " AND \(column) < ?"),
            [first, end].compactMap { $0 }
        )
    }

    private func sum(
        _ table: String, _ keyClass: Int64, _ condition: String, _ values: [Int64], in db: Database
    ) throws -> Int64 {
        let ofCamera = camera == nil ? "" : " AND camera = ?"
        return try Self.sum(
            "SELECT coalesce(sum(recordings), 0) FROM \(table) WHERE retained = ? AND class = ?\(condition)\(ofCamera)",
            [retained, keyClass] + values + [camera].compactMap { $0 }, in: db)
    }

    private func countKeys(
        _ keyClass: Int64, _ access: Access, from: Int64?, to: Int64?, below: Int64? = nil, in db: Database
    ) throws -> Int64 {
        var part = self
        part.classes = []
        part.from = from
        part.to = to
        var arguments: [Int64] = []
        var sql = "SELECT count(*) FROM " + part.source(access, keyClass: keyClass, arguments: &arguments)
        if let below {
            sql += " AND confidence < ?"
            arguments.append(below)
        }
        return try Self.sum(sql, arguments, in: db)
    }

    private static func sum(_ sql: String, _ arguments: [Int64], in db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: sql), arguments: StatementArguments(arguments)) ?? 0
    }
}
