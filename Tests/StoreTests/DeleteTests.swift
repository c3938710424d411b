import Domain
import Foundation
import Store
import TestSupport
import Testing

@Suite struct DeleteTests {
    private func names(_ folder: URL) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix("recordings.db") })
    }

    @Test func aDeletedRecordingIsGoneWithItsFilesAndFromEveryCount() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let kept = try store.insertWithFiles(try store.sample(name: "kept"))
            let before = try store.sqlite(
                "SELECT * FROM hourly_totals; SELECT * FROM daily_totals; SELECT * FROM confidence_totals; SELECT * FROM tracks"
            )
            let id = try store.insertWithFiles(
                try store.sample(name: "gone", objects: [.sample(), .sample("car", 0.6, track: 9)]))
            #expect(try store.delete(id))
            #expect(try store.delete(id) == false)
            #expect(try store.recording(id) == nil)
            #expect(try store.recordings(RecordingQuery()).recordings.map(\.id) == [kept])
            #expect(try names(folder) == ["kept.mp4", "kept_thumb.jpg", "kept_clean.jpg"])
            let after = try store.sqlite(
                "SELECT * FROM hourly_totals; SELECT * FROM daily_totals; SELECT * FROM confidence_totals; SELECT * FROM tracks"
            )
            #expect(after == before)
            #expect(try store.sqlite("SELECT count(*) FROM objects") == "1")
            #expect(try store.sqlite("SELECT count(*) FROM file_removals") == "0")
            #expect(try store.insert(try store.sample(name: "next")) > id)
        }
    }

    @Test func aRowDeletedWithTheSqliteProgramLeavesNoCounts() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try store.insert(try store.sample())
            try store.sqlite("DELETE FROM recordings")
            for table in [
                "clips", "objects", "recording_keys", "hourly_totals", "daily_totals", "confidence_totals",
                "class_set_totals", "tracks",
            ] {
                #expect(try store.sqlite("SELECT count(*) FROM \(table)") == "0", "\(table)")
            }
            #expect(try store.recordings(RecordingQuery()).total == 0)
        }
    }

    @Test func ofManyWhoDeleteARecordingOneHasDeletedIt() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let id = try store.insertWithFiles(try store.sample())
            let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { try store.delete(id) } }
                return try await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(answers.filter { $0 }.count == 1)
        }
    }

    @Test func whoIsReadingADeletedClipReadsItToItsEnd() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let id = try store.insertWithFiles(try store.sample(bytes: 100_000))
            let file = try FileHandle(forReadingFrom: URL(filePath: try #require(try store.recording(id)).filePath))
            #expect(try file.read(upToCount: 10)?.count == 10)
            #expect(try store.delete(id))
            #expect(try file.readToEnd()?.count == 99_990)
        }
    }

    @Test func whatIsNoRegularFileStays() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let outside = folder.deletingLastPathComponent().appending(path: "\(UUID().uuidString).mp4")
            try Data("precious".utf8).write(to: outside)
            defer { try? FileManager.default.removeItem(at: outside) }
            let id = try store.insert(try store.sample(name: "a"))
            try FileManager.default.createSymbolicLink(
                at: folder.appending(path: "a.mp4"), withDestinationURL: outside)
            try FileManager.default.createDirectory(
                at: folder.appending(path: "a_thumb.jpg"), withIntermediateDirectories: false)
            #expect(try store.delete(id))
            #expect(try names(folder) == ["a.mp4", "a_thumb.jpg"])
            #expect(FileManager.default.fileExists(atPath: outside.path))
            #expect(try store.sqlite("SELECT count(*) FROM file_removals") == "0")
        }
    }

    @Test func filesThatACrashLeftToBeRemovedGoAtTheNextStart() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let id = try store.insertWithFiles(try store.sample(name: "a"))
            _ = try store.insertWithFiles(try store.sample(name: "b"))
            // What a kill between the transaction and the removal leaves.
            try store.sqlite(
                """
                BEGIN; INSERT INTO file_removals VALUES ('', 'a.mp4'), ('', 'a_thumb.jpg'), ('', 'was-gone.mp4');
                DELETE FROM recordings WHERE id = \(id); COMMIT
                """)
            try FileManager.default.removeItem(at: folder.appending(path: "a_thumb.jpg"))
            _ = try makeStore(folder)
            #expect(try names(folder) == ["a_clean.jpg", "b.mp4", "b_thumb.jpg", "b_clean.jpg"])
            #expect(try store.sqlite("SELECT count(*) FROM file_removals") == "0")
        }
    }

    @Test func aRemovalNeverHitsTheFilesOfALaterRecording() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            try store.sqlite("INSERT INTO file_removals VALUES ('', 'a.mp4'), ('', 'a_clean.jpg')")
            _ = try store.insertWithFiles(try store.sample(name: "a"))
            _ = try makeStore(folder)
            #expect(try names(folder) == ["a.mp4", "a_thumb.jpg", "a_clean.jpg"])
        }
    }

    @Test func protectionIsKept() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let id = try store.insert(try store.sample())
            #expect(try store.setProtected(id, true)?.isProtected == true)
            #expect(try makeStore(folder).recording(id)?.isProtected == true)
            #expect(try store.setProtected(id, false)?.isProtected == false)
            #expect(try store.setProtected(id + 1, true) == nil)
        }
    }
}
