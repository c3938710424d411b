import Domain
import Foundation
import Store
import TestSupport
import Testing

/// Lists and totals against the same answered by a plain loop over everything.
@Suite struct QueryTests {
    /// What the loop knows of a recording.
    private struct Expected {
        let id: RecordingID
        let cameraID: String
        let start: Int64
        let duration: Double
        let classes: Set<String>
        let confidence: Double
        var isRetained = true

        func matches(_ query: RecordingQuery) -> Bool {
            (isRetained || query.includesRemoved)
                && (query.cameraID ?? cameraID) == cameraID
                && start >= query.fromMicroseconds ?? .min && start < query.toMicroseconds ?? .max
                && (query.classes.isEmpty || !classes.isDisjoint(with: query.classes))
                && confidence >= (query.minimumConfidence ?? 0)
        }

        func precedes(_ other: Expected, _ query: RecordingQuery) -> Bool {
            let ascending: Bool
            switch query.sort {
            case .timestamp: ascending = (start, id) < (other.start, other.id)
            case .confidence: ascending = (confidence, id) < (other.confidence, other.id)
            case .duration: ascending = (duration, id) < (other.duration, other.id)
            }
            return ascending == (query.order == .ascending)
        }
    }

    private static let cameras = ["video/front-door", "video/backyard", "video/garage"]

    /// Over 200 days, many of equal start, confidence or duration.
    private func fill(_ store: Store, count: Int, classes: [String], _ dice: inout Dice) throws -> [Expected] {
        var all: [Expected] = []
        for number in 0..<count {
            let start = october + Int64(dice.below(200)) * day + Int64(dice.below(3)) * 11_111 * second
            let seconds = Double(5 + dice.below(10))
            let objects = (0..<dice.below(4)).map { _ in
                // The product of two throws favours the first classes.
                let name = classes[dice.below(classes.count) * dice.below(classes.count) / classes.count]
                return RecordedObject.sample(name, Double(40 + dice.below(58)) / 100, track: TrackID(number))
            }
            let new = try store.sample(
                Self.cameras[dice.below(3)], at: start, seconds: seconds, name: "\(number)", objects: objects)
            let id = try store.insert(new)
            all.append(
                Expected(
                    id: id, cameraID: new.cameraID.description, start: start, duration: seconds,
                    classes: Set(objects.map(\.className)), confidence: objects.map(\.confidence).max() ?? 0))
        }
        return all
    }

    private func query(_ all: [Expected], classes: [String], _ dice: inout Dice) -> RecordingQuery {
        var query = RecordingQuery()
        query.limit = 1 + dice.below(40)
        query.offset = dice.below(all.count)
        query.sort = RecordingQuery.Sort.allCases[dice.below(3)]
        query.order = RecordingQuery.Order.allCases[dice.below(2)]
        query.includesRemoved = dice.below(3) == 0
        if dice.below(2) == 0 { query.cameraID = all[dice.below(all.count)].cameraID }
        if dice.below(2) == 0 { query.classes = (0...dice.below(4)).map { _ in classes[dice.below(classes.count)] } }
        if dice.below(2) == 0 { query.minimumConfidence = Double(dice.below(1000)) / 1000 }
        if dice.below(2) == 0 { query.fromMicroseconds = all[dice.below(all.count)].start + Int64(dice.below(3)) - 1 }
        if dice.below(2) == 0 { query.toMicroseconds = all[dice.below(all.count)].start + Int64(dice.below(3)) - 1 }
        return query
    }

    /// - Parameters:
    ///   - shortWalk: 0 tries every way to a page, a large number only the sort's own.
    @Test(arguments: [(0, 6), (1_000_000, 6), (0, 90)])
    func everyFilterSortAndPageIsWhatAPlainLoopFinds(shortWalk: Int, classCount: Int) async throws {
        try await withTemporaryDirectory { folder in
            var dice = Dice(UInt64(shortWalk + classCount))
            let store = try makeStore(folder) { $0.shortWalk = shortWalk }
            let classes = (0..<classCount).map { "class-\($0)" }
            var all = try fill(store, count: 300, classes: classes, &dice)
            for index in all.indices where dice.below(4) == 0 {
                try store.sqlite("UPDATE clips SET retained = 0, removed_us = 1 WHERE recording_id = \(all[index].id)")
                all[index].isRetained = false
            }
            for index in [17, 80, 140] {
                #expect(try store.delete(all[index].id))
            }
            for index in [140, 80, 17] { all.remove(at: index) }
            for _ in 0..<400 {
                let query = query(all, classes: classes, &dice)
                let matching = all.filter { $0.matches(query) }.sorted { $0.precedes($1, query) }
                let page = try store.recordings(query)
                #expect(page.total == matching.count, "\(query)")
                let wanted = matching.dropFirst(query.offset).prefix(query.limit).map(\.id)
                try #require(page.recordings.map(\.id) == wanted, "\(query)")
            }
        }
    }

    @Test func pagesOfEqualRowsNeitherOverlapNorMissAny() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let ids = try (0..<23).map { try store.insert(try store.sample(name: "\($0)")) }
            for sort in RecordingQuery.Sort.allCases {
                var query = RecordingQuery()
                query.sort = sort
                query.limit = 5
                var seen: [RecordingID] = []
                for offset in stride(from: 0, to: 30, by: 5) {
                    query.offset = offset
                    seen += try store.recordings(query).recordings.map(\.id)
                }
                #expect(seen == ids.reversed())
            }
        }
    }

    @Test func whatNobodyKnowsMatchesNothing() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try store.insert(try store.sample())
            let changes: [(inout RecordingQuery) -> Void] = [
                { $0.cameraID = "'; DROP TABLE recordings; --" }, { $0.classes = ["Person"] },
                { $0.classes = ["person' OR '1'='1"] }, { $0.minimumConfidence = 1.5 },
                { $0.toMicroseconds = 0 }, { $0.toMicroseconds = .min }, { $0.fromMicroseconds = .max },
                { ($0.fromMicroseconds, $0.toMicroseconds) = (.max, .min) },
            ]
            for change in changes {
                var query = RecordingQuery()
                change(&query)
                #expect(try store.recordings(query).total == 0)
            }
            var query = RecordingQuery()
            query.classes = ["nobody", "person"]
            query.fromMicroseconds = .min
            query.toMicroseconds = .max
            query.minimumConfidence = -.infinity
            query.limit = .max
            query.offset = .min
            #expect(try store.recordings(query).recordings.count == 1)
            query.cameraID = try store.sample().cameraID.description.uppercased()
            #expect(try store.recordings(query).total == 1)
            query.offset = .max
            query.minimumConfidence = .nan
            let page = try store.recordings(query)
            #expect(page.total == 1 && page.recordings.isEmpty)
        }
    }
}
