import Domain
import Foundation
import Store
import TestSupport
import Testing

@Suite struct DoctorTests {
    private func base(_ number: Int) -> String { "door_2025-10-12_19-05-3\(number)" }

    private func fill(_ store: Store, count: Int) throws -> [RecordingID] {
        try (0..<count).map { number in
            try store.insertWithFiles(
                try store.sample(at: october + Int64(number) * day, name: base(number), bytes: 100))
        }
    }

    @Test func aHealthyStoreHasNoFindings() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try fill(store, count: 5)
            for name in ["notes.txt", "holiday.mp4", "x_thumb.jpg", "_2025-10-12_19-05-30.mp4", "a_2025-10-12.mp4"] {
                try Data("x".utf8).write(to: folder.appending(path: name))
            }
            let report = try Doctor(store).repair()
            #expect(report.settled.isEmpty && report.remaining.isEmpty)
            #expect(FileManager.default.fileExists(atPath: folder.appending(path: "holiday.mp4").path))
        }
    }

    @Test func aMissingClipCountsAsRemovedAndTakesItsThumbnailsAlong() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let ids = try fill(store, count: 2)
            let clip = folder.appending(path: base(0) + ".mp4")
            try FileManager.default.removeItem(at: clip)
            #expect(try Doctor(store).check() == [.missingClip(ids[0], path: clip.path)])
            #expect(try store.recording(ids[0])?.isRetained == true)
            let report = try Doctor(store).repair()
            #expect(report.settled == [.missingClip(ids[0], path: clip.path)] && report.remaining.isEmpty)
            #expect(try store.recording(ids[0])?.isRetained == false)
            #expect(!FileManager.default.fileExists(atPath: folder.appending(path: base(0) + "_thumb.jpg").path))
            #expect(try store.statistics().recordings == 1)
        }
    }

    @Test func filesWithoutARowAreListedAndAdoptedWhereSomebodyKnowsThem() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try fill(store, count: 1)
            let orphans = [
                "door_2025-10-13_00-00-00.mp4", "door_2025-10-13_00-00-00_thumb.jpg", "yard_2025-10-13_00-00-00-2.mp4",
            ]
            for name in orphans { try Data(repeating: 1, count: 50).write(to: folder.appending(path: name)) }
            try Data(repeating: 1, count: 7).write(to: folder.appending(path: "door_2025-10-13_00-00-05.mp4.part"))
            let found = try Doctor(store).check()
            #expect(
                found == [
                    .orphan(orphans[0], bytes: 50), .orphan(orphans[1], bytes: 50),
                    .unfinished("door_2025-10-13_00-00-05.mp4.part", bytes: 7), .orphan(orphans[2], bytes: 50),
                ])
            let report = try Doctor(store).repair { path in
                guard path.hasSuffix(orphans[0]) else { return nil }
                var recording = try store.sample(at: october + day, name: "door_2025-10-13_00-00-00", bytes: 50)
                recording.cleanThumbnailName = nil
                return recording
            }
            #expect(report.settled == [.orphan(orphans[0], bytes: 50), .orphan(orphans[1], bytes: 50)])
            #expect(
                report.remaining == [
                    .unfinished("door_2025-10-13_00-00-05.mp4.part", bytes: 7), .orphan(orphans[2], bytes: 50),
                ])
            #expect(try store.openFile(orphans[0]) != nil)
            #expect(try Data(contentsOf: folder.appending(path: orphans[2])).count == 50)
        }
    }

    @Test func sizesAndPathsFollowTheFiles() async throws {
        try await withTemporaryDirectory { parent in
            let old = parent.appending(path: "old")
            let new = parent.appending(path: "new")
            var ids: [RecordingID] = []
            do {
                let store = try Store(path: old.appending(path: "recordings.db").path)
                ids = try fill(store, count: 3)
            }
            try FileManager.default.moveItem(at: old, to: new)
            let store = try makeStore(new)
            // The API has the new place at once.
            #expect(try store.recording(ids[0])?.filePath == "\(new.path)/\(base(0)).mp4")
            let clip = new.appending(path: base(1) + ".mp4")
            try Data(repeating: 1, count: 130).write(to: clip)
            let found: [Doctor.Finding] = [
                .wrongPath(recordings: 3), .wrongSize(ids[1], path: clip.path, stored: 100, actual: 130),
            ]
            #expect(try Doctor(store).check() == found)
            #expect(try Doctor(store).repair() == Doctor.Report(settled: found, remaining: []))
            #expect(try store.statistics().bytes == 330)
            #expect(try store.recording(ids[1])?.fileBytes == 130)
            #expect(
                try store.sqlite("SELECT file_path, file_size_bytes FROM recordings WHERE id = \(ids[1])")
                    == "\(clip.path)|130")
        }
    }

    @Test func linksAndFoldersInPlaceOfClipsAreNamedAndLeft() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let ids = try fill(store, count: 1)
            let clip = folder.appending(path: base(0) + ".mp4")
            try FileManager.default.removeItem(at: clip)
            try FileManager.default.createSymbolicLink(atPath: clip.path, withDestinationPath: "/etc/hostname")
            let report = try Doctor(store).repair()
            #expect(report.settled.isEmpty && report.remaining == [.notAFile(ids[0], path: clip.path)])
            #expect(try store.recording(ids[0])?.isRetained == true)
        }
    }

    @Test func everyCountIsMadeAnewWhereItIsWrong() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try fill(store, count: 4)
            let before = try store.statistics()
            for table in [
                "recording_keys", "hourly_totals", "daily_totals", "confidence_totals", "class_set_totals", "tracks",
                "track_totals",
            ] {
                let column =
                    table == "tracks"
                    ? "appearances"
                    : table == "track_totals"
                        ? "tracks"
                        : table == "recording_keys" ? "bytes" : "recordings"
                try store.sqlite("UPDATE \(table) SET \(column) = \(column) + 1")
                let found = try Doctor(store).check()
                #expect(found.contains { if case .wrongCounts(table, _) = $0 { true } else { false } }, "\(table)")
                #expect(try Doctor(store).repair().remaining.isEmpty, "\(table)")
                #expect(try store.statistics() == before, "\(table)")
            }
            try store.sqlite("DELETE FROM recording_keys; DELETE FROM hourly_totals")
            #expect(try Doctor(store).repair().remaining.isEmpty)
            #expect(try store.recordings(RecordingQuery()).total == 4)
        }
    }

    @Test func wrongSumsAreNoReasonToRefuseADeletion() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let ids = try fill(store, count: 2)
            try store.sqlite("UPDATE hourly_totals SET recordings = 0; UPDATE daily_totals SET recordings = 0")
            #expect(try store.delete(ids[0]))
            #expect(try Doctor(store).repair().remaining.isEmpty)
            #expect(try store.recordings(RecordingQuery()).total == 1)
        }
    }

    /// The triggers against a recount, after every kind of change.
    @Test func countsAreRightAfterAnyChanges() async throws {
        try await withTemporaryDirectory { folder in
            var dice = Dice(5)
            let store = try makeStore(folder)
            var ids: [RecordingID] = []
            for number in 0..<120 {
                let objects = (0..<dice.below(4)).map { _ in
                    RecordedObject.sample(
                        "class \(dice.below(70))", Double(dice.below(101)) / 100,
                        track: dice.below(3) == 0 ? nil : TrackID(dice.below(20)))
                }
                ids.append(
                    try store.insert(
                        try store.sample(
                            ["video/a", "video/b"][dice.below(2)], at: october + Int64(dice.below(90)) * day,
                            name: "\(number % 100)", bytes: Int64(dice.below(1000)), objects: objects)))
                let id = ids[dice.below(ids.count)]
                switch dice.below(6) {
                case 0: _ = try store.delete(id)
                case 1: try store.sqlite("UPDATE clips SET retained = 0, removed_us = 1 WHERE recording_id = \(id)")
                case 2:
                    try store.sqlite(
                        "UPDATE clips SET bytes = 7, confidence = 5, duration_us = 9 WHERE recording_id = \(id)")
                case 3: try store.sqlite("UPDATE OR IGNORE clips SET retained = 1 WHERE recording_id = \(id)")
                case 4: try store.sqlite("DELETE FROM recordings WHERE id = \(id)")
                default: _ = try store.setProtected(id, true)
                }
            }
            let findings = try Doctor(store).check().filter { if case .missingClip = $0 { false } else { true } }
            #expect(findings.isEmpty)
        }
    }

    @Test func aRowThatSomebodyElseWroteIsNamed() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            try store.sqlite("INSERT INTO recordings (timestamp, stream_path, file_path) VALUES ('x', 'y', 'z')")
            #expect(try Doctor(store).check() == [.foreignRow(1)])
            #expect(try store.recordings(RecordingQuery()).total == 0)
            #expect(try store.recording(1) == nil)
            #expect(try store.delete(1))
        }
    }

    @Test func aDamagedFileIsReportedAndNotTouched() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try fill(store, count: 3)
            try store.sqlite("PRAGMA wal_checkpoint(TRUNCATE)")
            let page = try #require(
                UInt64(try store.sqlite("SELECT rootpage FROM sqlite_schema WHERE name = 'objects'")))
            let copy = folder.appending(path: "copy")
            try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: false)
            let path = copy.appending(path: "recordings.db")
            try FileManager.default.copyItem(atPath: store.path, toPath: path.path)
            let file = try FileHandle(forUpdating: path)
            try file.seek(toOffset: (page - 1) * 4096)
            try file.write(contentsOf: Data(repeating: 0x55, count: 4096))
            try file.close()
            let reopened = try makeStore(copy)
            let report = try Doctor(reopened).repair()
            #expect(!report.remaining.isEmpty && report.settled.isEmpty)
            #expect(report.remaining.allSatisfy { "\($0)".hasPrefix("the database is damaged: ") })
        }
    }
}
