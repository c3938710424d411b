internal import GRDB

/// A query's conditions in terms of `recording_keys`.
struct KeyFilter {
    /// Column of the same name: 1 or 0.
    var retained: Int64 = 1
    /// Numbers of the classes of which a recording has any; empty: all recordings.
    var classes: [Int64] = []
    var camera: Int64?
    /// Millionths; nil rather than 0.
    var minimumConfidence: Int64?
    /// Moments, from one up to another exclusive.
    var from: Int64?
    var to: Int64?

    /// How the keys are reached, by the column that follows retained and class in the order of the keys.
    enum Access: String {
        case time = "NOT INDEXED"
        case camera = "INDEXED BY keys_by_camera"
        case confidence = "INDEXED BY keys_by_confidence"
        case duration = "INDEXED BY keys_by_duration"
    }

    /// The quickest way to a stretch of time.
    var timeAccess: Access { camera == nil ? .time : .camera }

    /// `recording_keys …` with the conditions, rows of one class each.
    ///
    /// - Parameter keyClass: the class whose keys are walked; 0: those that stand for all.
    func source(_ access: Access, keyClass: Int64, arguments: inout [Int64]) -> String {
        var sql = "recording_keys k \(access.rawValue) WHERE retained = ? AND class = ?"
        arguments += [retained, keyClass]
        addConditions(to: &sql, arguments: &arguments)
        if keyClass == 0, !classes.isEmpty {
            sql += " AND " + Self.hasAny(of: classes, arguments: &arguments)
        }
        return sql
    }

    /// The same with the rows of all the filter's classes; a recording may come several times.
    func sourceOfClasses(arguments: inout [Int64]) -> String {
        var sql = "recording_keys k NOT INDEXED WHERE retained = ? AND class IN (\(Self.marks(classes)))"
        arguments += [retained] + classes
        addConditions(to: &sql, arguments: &arguments)
        return sql
    }

    private func addConditions(to sql: inout String, arguments: inout [Int64]) {
        for (condition, value) in [
            ("camera = ?", camera), ("confidence >= ?", minimumConfidence), ("start_us >= ?", from),
            ("start_us < ?", to),
        ] {
            guard let value else { continue }
            sql += " AND " + condition
            arguments.append(value)
        }
    }

    /// The condition that a recording has any of some classes. Bit 0 of the column tells of all numbers from 63 on, so
    /// for those the keys are looked at too.
    static func hasAny(of classes: [Int64], arguments: inout [Int64]) -> String {
        let mask = classes.reduce(Int64(0)) { $1 < 63 ? $0 | 1 << $1 : $0 }
        arguments.append(mask)
        let high = classes.filter { $0 >= 63 }
        guard !high.isEmpty else { return "classes & ? <> 0" }
        arguments += high
        return """
            (classes & ? <> 0 OR (classes & 1 AND EXISTS (SELECT 1 FROM recording_keys o NOT INDEXED
                WHERE o.retained = k.retained AND o.class IN (\(marks(high))) AND o.start_us = k.start_us
                AND o.recording_id = k.recording_id)))
            """
    }

    static func marks(_ values: [Int64]) -> String {
        values.map { _ in "?" }.joined(separator: ",")
    }

    /// The same without one of its conditions.
    func with(_ change: (inout KeyFilter) -> Void) -> KeyFilter {
        var copy = self
        change(&copy)
        return copy
    }
}
