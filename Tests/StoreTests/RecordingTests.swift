import Domain
import Foundation
import TestSupport
import Testing

@testable import Store

@Suite struct RecordingTests {
    @Test func aRecordingComesBackAsTheContractShowsIt() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let new = try store.sample(
                seconds: 15.234567, bytes: 2_097_152, objects: [.sample(), .sample("car", 0.87, track: 15)])
            let id = try store.insert(new)
            let recording = try #require(try store.recording(id))
            #expect(recording.timestamp == "2025-10-12T19:05:30.123456")
            #expect(recording.startMicroseconds == october)
            #expect(recording.cameraID == new.cameraID.description)
            #expect(recording.cameraName == "front-door")
            #expect(recording.cameraPath == "video/front-door")
            #expect(recording.durationSeconds == 15.234567)
            #expect(recording.filePath == "\(folder.path)/front-door_2025-10-12_19-05-30.mp4")
            #expect(recording.thumbnailPath == "\(folder.path)/front-door_2025-10-12_19-05-30_thumb.jpg")
            #expect(recording.cleanThumbnailName == "front-door_2025-10-12_19-05-30_clean.jpg")
            #expect(
                recording.objectsJSON
                    == #"[{"class":"person","confidence":0.95,"bbox":[100,200,300,400],"tracker_id":42},"#
                    + #"{"class":"car","confidence":0.87,"bbox":[100,200,300,400],"tracker_id":15}]"#)
            #expect(recording.trackIDsJSON == "[42, 15]")
            #expect(recording.trackIDs == [42, 15])
            #expect(recording.maximumConfidence == 0.95)
            #expect(recording.isRetained && !recording.isProtected)
            #expect(try store.objects(of: id) == new.objects)
            #expect(try store.recording(id + 1) == nil)
        }
    }

    @Test func theDocumentedTableAndQueryWorkInTheSqliteProgram() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try store.insert(try store.sample(objects: [.sample(track: 42), .sample("car", 0.5, track: 15)]))
            _ = try store.insert(try store.sample(at: october + day, objects: [.sample(track: 7)]))
            _ = try store.insert(try store.sample(at: october + 2 * day, objects: []))
            let found = try Program.run([
                "sqlite3", store.path,
                "SELECT * FROM recordings WHERE tracker_ids LIKE '%42%' ORDER BY timestamp DESC LIMIT 10;",
            ])
            let fields = found.split(separator: "\n").map { $0.split(separator: "|", omittingEmptySubsequences: false) }
            #expect(fields.count == 1)
            let first = try #require(fields.first)
            #expect(
                first.prefix(6) == [
                    "1", "2025-10-12T19:05:30.123456", "video/front-door", "15.0",
                    "\(folder.path)/front-door_2025-10-12_19-05-30.mp4", "1000",
                ])
            #expect(first.count == 10 && first[7] == "[42, 15]" && first[8] == "0.95" && first[9].count == 19)
            let columns = try store.sqlite(
                "SELECT name || ' ' || type || ' ' || \"notnull\" FROM pragma_table_info('recordings')")
            #expect(
                columns.split(separator: "\n") == [
                    "id INTEGER 0", "timestamp TEXT 1", "stream_path TEXT 1", "duration_seconds REAL 0",
                    "file_path TEXT 1", "file_size_bytes INTEGER 0", "objects_detected TEXT 0", "tracker_ids TEXT 0",
                    "max_confidence REAL 0", "created_at TEXT 0",
                ])
            let indexes = try store.sqlite(
                "SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'recordings' ORDER BY name")
            #expect(
                indexes.split(separator: "\n") == [
                    "CREATE INDEX idx_stream_path ON recordings(stream_path)",
                    "CREATE INDEX idx_timestamp ON recordings(timestamp)",
                    "CREATE INDEX idx_tracker_ids ON recordings(tracker_ids)",
                ])
        }
    }

    @Test func valuesThatAreNoNumbersOrOutOfRangeAreStoredAsTheNearestThatAre() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            var new = try store.sample(
                objects: [.sample("a", .nan), .sample("b", 7), .sample("quote\"\\\n\u{1}é", 0.123456)])
            new.durationSeconds = .infinity
            new.startMicroseconds = -5
            new.fileBytes = -1
            let id = try store.insert(new)
            let recording = try #require(try store.recording(id))
            #expect(recording.durationSeconds == 0 && recording.startMicroseconds == 0 && recording.fileBytes == 0)
            struct Object: Decodable {
                let `class`: String
                let confidence: Double
            }
            let objects = try JSONDecoder().decode([Object].self, from: Data(recording.objectsJSON.utf8))
            #expect(objects.map(\.class) == ["a", "b", "quote\"\\\n\u{1}é"])
            #expect(objects.map(\.confidence) == [0, 1, 0.1235])
        }
    }

    @Test(arguments: ["", ".", "..", "../x.mp4", "a/b.mp4", "/etc/passwd", "a\0b", String(repeating: "x", count: 256)])
    func namesThatLeadElsewhereAreRefused(name: String) async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            var new = try store.sample()
            new.thumbnailName = name
            let recording = new
            let error = #expect(throws: StoreError.self) { try store.insert(recording) }
            #expect(error?.code == .invalid)
            #expect(try store.recordings(RecordingQuery()).total == 0)
        }
    }

    @Test func aCameraThatTheDatabaseDoesNotKnowIsAdded() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            var new = try store.sample()
            new.cameraID = try #require(CameraID("fd778237-c3e5-49e8-be03-e588801943be"))
            new.cameraPath = try StreamPath("video/other")
            let id = try store.insert(new)
            #expect(try store.recording(id)?.cameraID == "fd778237-c3e5-49e8-be03-e588801943be")
            #expect(try store.cameraID(of: new.cameraPath) == new.cameraID)
        }
    }

    @Test func onlyFilesOfRecordingsAreOpened() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try store.insertWithFiles(try store.sample(name: "a"))
            try Data("not listed".utf8).write(to: folder.appending(path: "b.mp4"))
            for name in ["a.mp4", "a_thumb.jpg", "a_clean.jpg"] {
                #expect(try store.openFile(name)?.bytes == 1000)
            }
            for name in ["b.mp4", "a.jpg", "a_thumb.mp4", "recordings.db", "../a.mp4", "' OR 1=1 --", ""] {
                #expect(try store.openFile(name) == nil)
            }
        }
    }

    @Test func aFileStaysAtHandUntilTheDatabaseChanges() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let id = try store.insertWithFiles(try store.sample(name: "a"))
            #expect(store.recentlyOpenedFile("a.mp4") == nil)
            let file = try #require(try store.openFile("a.mp4"))
            #expect(store.recentlyOpenedFile("a.mp4") === file)
            #expect(store.recentlyOpenedFile("a_thumb.jpg") == nil)

            #expect(try store.delete(id))
            #expect(store.recentlyOpenedFile("a.mp4") == nil)
            #expect(try store.openFile("a.mp4") == nil)
        }
    }

    @Test func aFileThatSomebodyElseChangedIsOpenedAnew() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try store.insertWithFiles(try store.sample(name: "a"))
            let clip = folder.appending(path: "a.mp4")
            _ = try store.openFile("a.mp4")
            try Data("another version".utf8).write(to: clip)
            #expect(store.recentlyOpenedFile("a.mp4") == nil)
            #expect(try store.openFile("a.mp4")?.bytes == 15)
            #expect(store.recentlyOpenedFile("a.mp4")?.bytes == 15)
            try FileManager.default.removeItem(at: clip)
            #expect(store.recentlyOpenedFile("a.mp4") == nil)
        }
    }

    @Test func aFileThatWasGivenUpWhileItWasOpenedIsNotKept() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try store.insertWithFiles(try store.sample(name: "a"))
            let epoch = store.openFiles.epoch
            let file = try #require(try store.openFile("a.mp4"))
            store.openFiles.forgetAll()
            store.openFiles.keep(file, as: "a.mp4", since: epoch)
            #expect(store.recentlyOpenedFile("a.mp4") == nil)
        }
    }

    @Test func aFileThatNobodyAsksForIsClosed() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try store.insertWithFiles(try store.sample(name: "a"))
            weak let file = try store.openFile("a.mp4")
            #expect(file != nil)
            #expect(await eventually { file == nil })
        }
    }

    @Test func bytesInMemoryAreReadWithoutTheDisk() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try store.insertWithFiles(try store.sample(name: "a"))
            let file = try #require(try store.openFile("a.mp4"))
            var waited = [UInt8](repeating: 1, count: 500)
            var cached = [UInt8](repeating: 2, count: 500)
            #expect(waited.withUnsafeMutableBytes { file.read(at: 400, into: $0) })
            // Where the system cannot tell what it has in memory, it must say so rather than give other bytes.
            if cached.withUnsafeMutableBytes({ file.readCached(at: 400, into: $0) }) { #expect(cached == waited) }
            #expect(!cached.withUnsafeMutableBytes { file.readCached(at: 900, into: $0) })
        }
    }

    @Test func aClipThatTookTheNameOfAnotherTakesItsPlace() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let first = try store.insert(try store.sample(name: "a"))
            let second = try store.insert(try store.sample(name: "a"))
            #expect(try store.recording(first)?.isRetained == false)
            #expect(try store.recording(second)?.isRetained == true)
            #expect(try store.recordings(RecordingQuery()).total == 1)
        }
    }
}
