import Domain
import Foundation
import Store
import TestSupport
import Testing

@Suite struct RetentionTests {
    private struct Crash: Error {}

    private func names(_ folder: URL) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".mp4") })
    }

    /// `count` clips of 100 bytes, one a day, the last one a day before `october`: `0.mp4` is the oldest.
    @discardableResult
    private func fill(_ store: Store, count: Int) throws -> [RecordingID] {
        try (0..<count).map { index in
            try store.insertWithFiles(
                try store.sample(at: october - Int64(count - index) * day, name: "\(index)", bytes: 100))
        }
    }

    @Test func theOldestGoWithTheirFilesAndStayAsHistory() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let ids = try fill(store, count: 6)
            let report = try store.applyRetention(RetentionLimits(maxBytes: 450), nowMicroseconds: october)
            #expect(report.removals.map(\.clip.id) == Array(ids.prefix(2)))
            #expect(report.bytes == 200 && report.failures.isEmpty && report.obstacles.isEmpty)
            #expect(try names(folder) == ["2.mp4", "3.mp4", "4.mp4", "5.mp4"])
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".jpg") }.count
                    == 8)
            #expect(try store.recordings(RecordingQuery()).recordings.map(\.id) == Array(ids.suffix(4).reversed()))
            #expect(try store.statistics().bytes == 400)
            var query = RecordingQuery()
            query.includesRemoved = true
            #expect(try store.recordings(query).total == 6)
            #expect(try store.recording(ids[0])?.isRetained == false)
            #expect(
                try store.sqlite("SELECT removed_because, removed_us FROM clips WHERE recording_id = \(ids[0])")
                    == "storage|\(october)")
            #expect(try store.applyRetention(RetentionLimits(maxBytes: 450), nowMicroseconds: october).removals.isEmpty)
        }
    }

    @Test func protectedRecordingsAndLinksStay() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let ids = try fill(store, count: 8)
            _ = try store.setProtected(ids[0], true)
            // Somebody has moved a clip elsewhere and left a link.
            let elsewhere = folder.appending(path: "elsewhere")
            try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: false)
            try FileManager.default.moveItem(
                at: folder.appending(path: "1.mp4"), to: elsewhere.appending(path: "1.mp4"))
            try FileManager.default.createSymbolicLink(
                at: folder.appending(path: "1.mp4"), withDestinationURL: elsewhere.appending(path: "1.mp4"))
            let report = try store.applyRetention(RetentionLimits(maxBytes: 600), nowMicroseconds: october)
            #expect(report.removals.map(\.clip.id) == [ids[1], ids[2]])
            #expect(report.obstacles == [.protected(.storage, recordings: 1, bytes: 100)])
            #expect(try Data(contentsOf: elsewhere.appending(path: "1.mp4")).count == 100)
            #expect(try names(folder).contains("0.mp4"))
        }
    }

    @Test func moreThanHalfGoesOnlyAfterTheLimitsWereChanged() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            try fill(store, count: 10)
            // The first pass ever: nobody has changed anything.
            let first = try store.applyRetention(RetentionLimits(maxBytes: 100), nowMicroseconds: october)
            #expect(first.removals.count == 5 && first.obstacles == [.halfReached(.storage)])
            // As many again, with the limits that it knows, after a restart.
            let again = try makeStore(folder).applyRetention(RetentionLimits(maxBytes: 100), nowMicroseconds: october)
            #expect(again.removals.count == 2)
            let changed = try store.applyRetention(RetentionLimits(maxBytes: 0), nowMicroseconds: october)
            #expect(changed.removals.count == 3 && changed.obstacles.isEmpty)
        }
    }

    @Test func aClockThatJumpsForwardCostsHalfAtMostAndOnlyOnce() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            try fill(store, count: 10)
            let limits = RetentionLimits(maxDays: 30)
            #expect(try store.applyRetention(limits, nowMicroseconds: october).removals.isEmpty)
            let wrong = october + 900 * day
            #expect(try store.applyRetention(limits, nowMicroseconds: wrong).removals.count == 5)
            for minute in 1..<20 {
                let report = try store.applyRetention(limits, nowMicroseconds: wrong + Int64(minute * 60) * second)
                #expect(report.removals.isEmpty && report.obstacles == [.waiting])
            }
            // Put right again: the wait that began in the future is none.
            #expect(try store.applyRetention(limits, nowMicroseconds: october).obstacles.isEmpty)
            #expect(try store.applyRetention(limits, nowMicroseconds: october + 28 * day).removals.count == 2)
            // Nobody has put it right for a day.
            #expect(try store.applyRetention(limits, nowMicroseconds: wrong).removals.count == 1)
            #expect(try store.applyRetention(limits, nowMicroseconds: wrong + day + 1).removals.count == 1)
        }
    }

    @Test(arguments: Store.Step.allCases)
    func aCrashBetweenRowsAndFilesIsSettledAtTheNextStart(step: Store.Step) async throws {
        try await withTemporaryDirectory { folder in
            let ids = try fill(makeStore(folder), count: 6)
            let crashing = try makeStore(folder) { $0.between = { if $0 == step { throw Crash() } } }
            #expect(throws: Crash.self) {
                try crashing.applyRetention(RetentionLimits(maxBytes: 400), nowMicroseconds: october)
            }
            #expect(throws: Crash.self) { try crashing.delete(ids[5]) }
            #expect(try names(folder).count == (step == .filesNoted ? 6 : 3))
            let store = try makeStore(folder)
            #expect(try store.recordings(RecordingQuery()).recordings.map(\.id) == [ids[4], ids[3], ids[2]])
            #expect(try names(folder) == ["2.mp4", "3.mp4", "4.mp4"])
            #expect(try store.sqlite("SELECT count(*) FROM file_removals") == "0")
        }
    }

    @Test func aRecordingProtectedWhileAPassIsAtWorkStays() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let ids = try fill(store, count: 150)
            let last = ids[70]
            let path = store.path
            let passing = try makeStore(folder) {
                $0.between = { step in
                    guard step == .filesNoted else { return }
                    try Program.run(["sqlite3", path, "UPDATE clips SET is_protected = 1 WHERE recording_id = \(last)"])
                }
            }
            let report = try passing.applyRetention(RetentionLimits(maxBytes: 7800), nowMicroseconds: october)
            #expect(report.removals.count == 71 && !report.removals.contains { $0.clip.id == last })
            #expect(try store.recording(last)?.isRetained == true)
            #expect(try names(folder).contains("70.mp4"))
        }
    }

    @Test func historyIsForgottenAfterItsDays() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let ids = try fill(store, count: 6)
            var limits = RetentionLimits(maxBytes: 400, historyDays: 30)
            _ = try store.applyRetention(limits, nowMicroseconds: october)
            limits.maxBytes = 300
            _ = try store.applyRetention(limits, nowMicroseconds: october + 20 * day)
            #expect(try ids.prefix(3).allSatisfy { try store.recording($0) != nil })
            _ = try store.applyRetention(limits, nowMicroseconds: october + 31 * day)
            #expect(try ids.map { try store.recording($0) != nil } == [false, false, true, true, true, true])
            #expect(try store.recordings(RecordingQuery()).total == 3)
        }
    }

    @Test func theExplanationSaysWhatGoesWhenAndWhy() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            // 100 MB a day for twelve days, without their files.
            let ids = try (0..<12).map { index in
                try store.insert(
                    try store.sample(at: october - Int64(12 - index) * day, name: "\(index)", bytes: 100 << 20))
            }
            _ = try store.setProtected(ids[1], true)
            let limits = RetentionLimits(
                maxBytes: 1000 << 20, maxDays: 40, cameraBytes: ["video/front-door": 1150 << 20])
            let text = try store.explainRetention(limits, nowMicroseconds: october)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.first == "Limits: 1000.0 MB in all, 40 days, 1.1 GB for video/front-door")
            #expect(text.contains("In use: 12 recordings, 1.2 GB; "))
            #expect(text.contains("  video/front-door: 12 recordings, 1.2 GB of 1.1 GB; 100.0 MB a day lately"))
            #expect(text.contains("Would go now: 2 recordings, 200.0 MB"))
            #expect(
                lines.contains(
                    "  \(ids[0])  2025-09-30 19:05 UTC  video/front-door  100.0 MB: video/front-door has more than 1.1 GB"
                ))
            #expect(
                lines.contains(
                    "  \(ids[2])  2025-10-02 19:05 UTC  video/front-door  100.0 MB: more than 1000.0 MB in all"))
            #expect(lines.contains("  storage: 1 recording, 100.0 MB that would be next are protected"))
            // Full to the limit: the next one goes as soon as anything is added, the one after it a day later.
            #expect(
                lines.contains(
                    "  \(ids[3])  2025-10-03 19:05 UTC  video/front-door  100.0 MB: about 2025-10-12 19:05 UTC, more than 1000.0 MB in all"
                ))
            #expect(
                lines.contains(
                    "  \(ids[4])  2025-10-04 19:05 UTC  video/front-door  100.0 MB: about 2025-10-13 19:05 UTC, more than 1000.0 MB in all"
                ))
            #expect(lines.last == "Protected, never removed: 1 recording, 100.0 MB")
            #expect(try store.recordings(RecordingQuery()).total == 12)
            let nothing = try store.explainRetention(RetentionLimits(), nowMicroseconds: october)
            #expect(nothing.hasPrefix("Limits: none\n") && nothing.contains("stays, no limit reaches it"))
        }
    }

    @Test func theVolumeTellsItsFreeSpace() async throws {
        try await withTemporaryDirectory { folder in
            let free = try #require(try makeStore(folder).freeBytes())
            let told = try Program.run(["df", "-kP", folder.path]).split(separator: "\n").last
            let fields = try #require(told).split(separator: " ")
            let available = try #require(Int64(fields[3])) * 1024
            // Others write meanwhile.
            #expect(abs(free - available) < 2 << 30)
        }
    }
}
