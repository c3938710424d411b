internal import Domain
private import Foundation
internal import GRDB

/// One page of a query, as the ids of its recordings.
///
/// Either the keys are walked in the order of the sort until the page is full, or those of a narrower stretch are
/// collected and sorted. As the totals are known beforehand, so is about how many keys each way touches, and the cheaper
/// one is taken: without that, a page of few matches among many recordings would walk over nearly all of them.
struct KeyPage {
    /// The filter for retained recordings, and the same for removed ones where the query includes them.
    let filters: [KeyFilter]
    let sort: RecordingQuery.Sort
    let order: RecordingQuery.Order
    let limit: Int64
    let offset: Int64
    /// Up to this many keys are read in order without looking at other ways.
    let shortWalk: Int

    /// - Parameter totals: how many recordings each filter matches.
    func ids(totals: [Int64], in db: Database) throws -> [RecordingID] {
        let total = totals.reduce(0, +)
        guard offset < total else { return [] }
        let wanted = min(limit, total - offset)
        // From the nearer end.
        let isReversed = total - offset - wanted < offset
        let skipped = isReversed ? total - offset - wanted : offset
        let direction = (order == .ascending) != isReversed ? "ASC" : "DESC"
        var arguments: [Int64] = []
        let sources = try zip(filters, totals).filter { $0.1 > 0 }.map { filter, matching in
            try source(filter, depth: skipped + wanted, matching: matching, arguments: &arguments, in: db)
        }
        let sql = sources.joined(separator: " UNION ALL ") + " ORDER BY 1 \(direction), 2 \(direction) LIMIT ? OFFSET ?"
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: sql), arguments: StatementArguments(arguments + [wanted, skipped]))
        var ids: [RecordingID] = []
        while let row = try rows.next() { ids.append(row[1]) }
        return isReversed ? ids.reversed() : ids
    }

    private var column: String {
        switch sort {
        case .timestamp: "start_us"
        case .confidence: "confidence"
        case .duration: "duration_us"
        }
    }

    /// Of a key that is compared with the others for being of the same recording.
    private static let costOfDistinct = 6.0

    private func source(
        _ filter: KeyFilter, depth: Int64, matching: Int64, arguments: inout [Int64], in db: Database
    ) throws -> String {
        let keyClass = filter.classes.count == 1 ? filter.classes[0] : 0
        func size(_ change: (inout KeyFilter) -> Void) throws -> Double {
            Double(try filter.with(change).count(keyClass: keyClass, in: db))
        }
        let access: KeyFilter.Access
        let walked: Double
        switch sort {
        case .timestamp:
            access = filter.timeAccess
            walked = try size { $0.minimumConfidence = nil }
        case .confidence:
            access = .confidence
            walked = try size { ($0.camera, $0.from, $0.to) = (nil, nil, nil) }
        case .duration:
            access = .duration
            walked = try size { ($0.camera, $0.from, $0.to, $0.minimumConfidence) = (nil, nil, nil, nil) }
        }
        var cheapest = (cost: walked * Double(min(depth, matching)) / Double(matching), access: Optional(access))
        if cheapest.cost > Double(shortWalk) {
            // In units of a key that is read in order: those that match are put into a sorter that holds `depth`.
            let sorting = Double(matching) * (1 + 0.5 * log2(Double(min(depth, matching)) + 1))
            func consider(_ keys: Double, _ access: KeyFilter.Access?) {
                if keys + sorting < cheapest.cost { cheapest = (keys + sorting, access) }
            }
            if access != filter.timeAccess {
                consider(try size { $0.minimumConfidence = nil }, filter.timeAccess)
            }
            if filter.minimumConfidence != nil, access != .confidence {
                consider(try size { ($0.camera, $0.from, $0.to) = (nil, nil, nil) }, .confidence)
            }
            if filter.classes.count > 1 {
                let ofClasses = try filter.classes.reduce(0.0) { sum, keyClass in
                    try sum + Double(filter.with { $0.minimumConfidence = nil }.count(keyClass: keyClass, in: db))
                }
                consider(ofClasses * Self.costOfDistinct, nil)
            }
        }
        guard let chosen = cheapest.access else {
            return "SELECT DISTINCT +\(column), recording_id FROM " + filter.sourceOfClasses(arguments: &arguments)
        }
        // The sign keeps SQLite from walking in the order of the sort after all.
        return "SELECT \(chosen == access ? "" : "+")\(column), recording_id FROM "
            + filter.source(chosen, keyClass: keyClass, arguments: &arguments)
    }
}
