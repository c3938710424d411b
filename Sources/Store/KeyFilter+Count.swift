internal import Domain
internal import GRDB

/// Counting without walking: sums of whole days, of whole months and hundredths of confidence, and keys only at the edges.
extension KeyFilter {
    /// How many recordings match.
    func count(in db: Database) throws -> Int64 {
        if let from, let to, from >= to { return 0 }
        guard classes.count > 1 else { return try count(keyClass: classes.first ?? 0, in: db) }
        guard minimumConfidence == nil, classes.allSatisfy({ $0 < 63 }) else { return try countAny(in: db) }
        return try parts(unit: Self.month).reduce(0) { total, part in
            switch part {
            case .edge(let from, let to):
                return try total + with { ($0.from, $0.to) = (from, to) }.countKeys(timeAccess, keyClass: 0, in: db)
            case .whole(let first, let end):
                var arguments = [retained]
                var (condition, bounds) = Self.range("month", first, end)
                arguments += bounds
                condition += " AND " + Self.hasAny(of: classes, arguments: &arguments)
                return try total + sum("class_set_totals", condition, arguments, in: db)
            }
        }
    }

    /// Recordings with any of several classes, by looking at keys.
    ///
    /// Either the class with most is taken from the sums, and of each other one the keys are counted that have none of
    /// those before it; or the keys that stand for all are looked at. Whichever are fewer.
    private func countAny(in db: Database) throws -> Int64 {
        let sizes = try classes.map { ($0, try count(keyClass: $0, in: db)) }.sorted { $0.1 > $1.1 }
        let others = try sizes.dropFirst().reduce(0) { try $0 + narrowest(keyClass: $1.0, in: db).size }
        let all = try narrowest(keyClass: 0, in: db)
        guard others < all.size else { return try countKeys(all.access, keyClass: 0, in: db) }
        var total: Int64 = 0
        var counted: [Int64] = []
        for (keyClass, size) in sizes {
            if counted.isEmpty {
                total += size
            } else if size > 0 {
                var arguments: [Int64] = []
                var sql = "SELECT count(*) FROM "
                sql += source(
                    try narrowest(keyClass: keyClass, in: db).access, keyClass: keyClass, arguments: &arguments)
                sql += " AND NOT " + Self.hasAny(of: counted, arguments: &arguments)
                total += try Self.number(sql, arguments, in: db)
            }
            counted.append(keyClass)
        }
        return total
    }

    /// The way to the keys of a class that leads past the fewest.
    private func narrowest(keyClass: Int64, in db: Database) throws -> (access: Access, size: Int64) {
        let ofTime = try with { $0.minimumConfidence = nil }.count(keyClass: keyClass, in: db)
        guard minimumConfidence != nil else { return (timeAccess, ofTime) }
        let ofConfidence = try with { ($0.camera, $0.from, $0.to) = (nil, nil, nil) }.count(keyClass: keyClass, in: db)
        return ofTime <= ofConfidence ? (timeAccess, ofTime) : (.confidence, ofConfidence)
    }

    /// The same for the keys of one class, without regard to the filter's own classes.
    func count(keyClass: Int64, in db: Database) throws -> Int64 {
        if let from, let to, from >= to { return 0 }
        guard let minimumConfidence else { return try countByDays(keyClass, in: db) }
        return try countByMonths(keyClass, minimumConfidence, in: db)
    }

    private func countByDays(_ keyClass: Int64, in db: Database) throws -> Int64 {
        guard from != nil || to != nil else {
            return try sum("hourly_totals", " AND class = ?", [retained, keyClass], in: db)
        }
        return try parts(unit: WallTime.microsecondsADay).reduce(0) { total, part in
            switch part {
            case .edge(let from, let to):
                return try total + edge(from, to, keyClass: keyClass, in: db)
            case .whole(let first, let end):
                let (range, bounds) = Self.range("day", first, end)
                return try total + sum("daily_totals", " AND class = ?" + range, [retained, keyClass] + bounds, in: db)
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
                return try total + edge(from, to, keyClass: keyClass, in: db)
            case .whole(let first, let end):
                let (range, bounds) = Self.range("month", first, end)
                var count = try sum(
                    "confidence_totals", " AND class = ? AND percent >= ?" + range,
                    [retained, keyClass, firstPercent] + bounds, in: db)
                if minimum % Self.percent != 0 {
                    var rest = with { $0.classes = [] }
                    (rest.from, rest.to) = (first.map { $0 * Self.month }, end.map { $0 * Self.month })
                    count += try rest.countKeys(
                        .confidence, keyClass: keyClass, below: firstPercent * Self.percent, in: db)
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

    /// - Parameter arguments: of `retained` and the condition.
    private func sum(_ table: String, _ condition: String, _ arguments: [Int64], in db: Database) throws -> Int64 {
        let ofCamera = camera == nil ? "" : " AND camera = ?"
        return try Self.number(
            "SELECT coalesce(sum(recordings), 0) FROM \(table) WHERE retained = ?\(condition)\(ofCamera)",
            arguments + [camera].compactMap { $0 }, in: db)
    }

    private func edge(_ from: Int64?, _ to: Int64?, keyClass: Int64, in db: Database) throws -> Int64 {
        let part = with { ($0.classes, $0.from, $0.to) = ([], from, to) }
        return try part.countKeys(timeAccess, keyClass: keyClass, in: db)
    }

    private func countKeys(_ access: Access, keyClass: Int64, below: Int64? = nil, in db: Database) throws -> Int64 {
        var arguments: [Int64] = []
        var sql = "SELECT count(*) FROM " + source(access, keyClass: keyClass, arguments: &arguments)
        if let below {
            sql += " AND confidence < ?"
            arguments.append(below)
        }
        return try Self.number(sql, arguments, in: db)
    }

    private static func number(_ sql: String, _ arguments: [Int64], in db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: sql), arguments: StatementArguments(arguments)) ?? 0
    }
}
