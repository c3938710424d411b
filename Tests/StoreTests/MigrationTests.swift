import Domain
import Foundation
import Store
import TestSupport
import Testing

@Suite struct MigrationTests {
    /// Makes `recordings.db` in `folder` from a fixture.
    private func load(_ name: String, in folder: URL, replacing: [String: String] = [:]) throws {
        let fixture = checkout.appending(path: "Tests/StoreTests/Fixtures/\(name).sql")
        var sql = try String(contentsOf: fixture, encoding: .utf8)
        for (placeholder, value) in replacing { sql = sql.replacingOccurrences(of: placeholder, with: value) }
        let script = folder.appending(path: "script.sql")
        try Data(sql.utf8).write(to: script)
        defer { try? FileManager.default.removeItem(at: script) }
        try Program.run(["sqlite3", "-bail", folder.appending(path: "recordings.db").path, ".read '\(script.path)'"])
    }

    @Test func aDatabaseOfMigration1KeepsItsCamerasAndNumbers() async throws {
        try await withTemporaryDirectory { folder in
            try load("migration-1", in: folder)
            let store = try makeStore(folder)
            #expect(
                try store.cameraID(of: StreamPath("video/front-door")).description
                    == "fd778237-c3e5-49e8-be03-e588801943be")
            #expect(
                try store.cameraID(of: StreamPath("video/backyard")).description
                    == "0a4d94b5-30bb-4f62-b1a5-0c5d8c4b7d11")
            #expect(try store.reserveTrackIDs(1) == 3001..<3002)
            _ = try store.insert(try store.sample())
            #expect(try Doctor(store).check().allSatisfy { if case .missingClip = $0 { true } else { false } })
            #expect(try store.sqlite("SELECT count(*) FROM cameras WHERE created_at LIKE '2025-%'") == "2")
        }
    }

    /// The Python database with its files, in `parent`: the store's folder, another one, and a link to a third.
    private func makePython(in parent: URL) throws -> URL {
        let folder = parent.appending(path: "recordings")
        let elsewhere = parent.appending(path: "elsewhere")
        let victims = parent.appending(path: "victims")
        for place in [folder, elsewhere, victims] {
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
        }
        try FileManager.default.createSymbolicLink(
            at: parent.appending(path: "link"), withDestinationURL: victims)
        let names = [
            "front-door_2025-10-12_19-05-30.mp4", "front-door_2025-10-12_19-05-30_thumb.jpg",
            "front-door_2025-10-01_10-00-00.mp4", "zulu.mp4", "offset.mp4", "nojson.mp4", "dict.mp4", "nan.mp4",
            "odd.mp4",
            "cam_2025-10-04_11-12-13.mp4", "number.mp4", "marked.mp4", "relative.mp4", "twice.mp4",
        ]
        for name in names { try Data(repeating: 1, count: 100).write(to: folder.appending(path: name)) }
        for name in ["clip.mp4", "clip_thumb.jpg"] {
            try Data(repeating: 1, count: 100).write(to: elsewhere.appending(path: name))
        }
        for place in [parent, victims] {
            try Data(repeating: 1, count: 100).write(to: place.appending(path: "victim.mp4"))
        }
        try load(
            "python", in: folder,
            replacing: [
                "FOLDER": folder.path, "ELSEWHERE": elsewhere.path, "LINK": parent.appending(path: "link").path,
            ])
        return folder
    }

    @Test func thePythonDatabaseIsTakenOver() async throws {
        try await withTemporaryDirectory { parent in
            let folder = try makePython(in: parent)
            let store = try makeStore(folder)
            let ordinary = try #require(try store.recording(5))
            #expect(ordinary.timestamp == "2025-10-12T19:05:30.123456")
            #expect(ordinary.cameraID == "fd778237-c3e5-49e8-be03-e588801943be")
            #expect(ordinary.cameraName == "front-door" && ordinary.cameraPath == "video/front-door")
            #expect(ordinary.filePath == "\(folder.path)/front-door_2025-10-12_19-05-30.mp4")
            #expect(ordinary.thumbnailPath == "\(folder.path)/front-door_2025-10-12_19-05-30_thumb.jpg")
            #expect(ordinary.durationSeconds == 15.234567 && ordinary.fileBytes == 100)
            #expect(
                ordinary.objectsJSON
                    == #"[{"class":"person","confidence":0.95,"bbox":[100,200,300,400],"tracker_id":42},"#
                    + #"{"class":"car","confidence":0.87,"bbox":[501,100,700,300],"tracker_id":15}]"#)
            #expect(ordinary.trackIDsJSON == "[42, 15]" && ordinary.maximumConfidence == 0.95)
            var query = RecordingQuery()
            query.classes = ["person"]
            #expect(try store.recordings(query).recordings.map(\.id) == [5])
            // The camera goes on under its last id; the earlier one still finds its recordings.
            #expect(try store.cameraID(of: StreamPath("video/front-door")).description == ordinary.cameraID)
            query = RecordingQuery()
            query.cameraID = "11111111-2222-4333-8444-555555555555"
            #expect(try store.recordings(query).recordings.map(\.id) == [6])
            query.cameraID = "yard"
            #expect(try store.recordings(query).recordings.first?.cameraPath == "video/back-yard")
            #expect(
                try store.statistics().cameras.map(\.path) == ["video/back-yard", "video/camera", "video/front-door"])
            // Nothing given out before is given out again.
            #expect(try store.reserveTrackIDs(1).lowerBound == 901)
            #expect(try store.insert(try store.sample()) == 41)
        }
    }

    @Test func oddRowsAreTakenOverAsFarAsTheyCanBeRead() async throws {
        try await withTemporaryDirectory { parent in
            let folder = try makePython(in: parent)
            let store = try makeStore(folder)
            func recording(_ id: RecordingID) throws -> Recording { try #require(try store.recording(id)) }
            #expect(try recording(6).timestamp == "2025-10-01T10:00:00.000000")
            #expect(try recording(7).timestamp == "2025-10-02T10:00:00.000000")
            #expect(try recording(8).timestamp == "2025-10-02T10:00:00.500000")
            for id: RecordingID in 9...11 {
                #expect(try recording(id).objectsJSON == "[]")
                #expect(try recording(id).trackIDsJSON == nil)
                #expect(try recording(id).maximumConfidence == 0.6)
            }
            #expect(
                try recording(12).objectsJSON == #"[{"class":"dog","confidence":1.0},{"class":"cat","confidence":0.0}]"#
            )
            #expect(try recording(12).trackIDsJSON == "[7, 8]")
            #expect(try recording(13).timestamp == "2025-10-04T11:12:13.000000")
            #expect(try recording(13).cameraName == "camera" && recording(13).durationSeconds == 0)
            #expect(try recording(14).timestamp == "2025-10-12T19:05:30.500000")
            #expect(try recording(14).objectsJSON == "[]" && recording(14).maximumConfidence == nil)
            #expect(try recording(15).startMicroseconds == 0 && recording(15).maximumConfidence == 1)
            for json in try (5...25).map({ try recording($0).objectsJSON }) {
                #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.utf8)) }
            }
            // Whatever was in the former table still is.
            #expect(try store.sqlite("SELECT count(*) FROM recordings_taken_over") == "21")
            #expect(
                try store.sqlite("SELECT objects_detected FROM recordings_taken_over WHERE id = 9")
                    == #"[{"class": "person", "conf"#)
        }
    }

    @Test func listedAreThoseWhoseFilesAreThereOrMayBe() async throws {
        try await withTemporaryDirectory { parent in
            let folder = try makePython(in: parent)
            let store = try makeStore(folder)
            let removed = try (5...25).filter { try store.recording($0)?.isRetained == false }
            #expect(removed == [15, 16, 17, 24])
            #expect(try store.recording(19)?.filePath == parent.appending(path: "elsewhere/clip.mp4").path)
            #expect(try store.recording(19)?.thumbnailName == "clip_thumb.jpg")
            #expect(try store.recording(20)?.filePath == "/mnt/not-mounted/clip.mp4")
            #expect(try store.recording(20)?.thumbnailPath == nil)
            #expect(try store.recording(21)?.filePath == "\(folder.path)/relative.mp4")
            let findings = try Doctor(store).check()
            #expect(findings.allSatisfy { if case .unreachableFolder = $0 { true } else { false } })
            #expect(findings.count == 3)
        }
    }

    @Test func takenOverFilesAreRemovedByTheirExactPathAndNoOther() async throws {
        try await withTemporaryDirectory { parent in
            let folder = try makePython(in: parent)
            let store = try makeStore(folder)
            for id: RecordingID in 5...25 { #expect(try store.delete(id)) }
            func isThere(_ path: String) -> Bool {
                FileManager.default.fileExists(atPath: parent.appending(path: path).path)
            }
            #expect(!isThere("elsewhere/clip.mp4") && !isThere("elsewhere/clip_thumb.jpg"))
            #expect(!isThere("recordings/zulu.mp4") && !isThere("recordings/front-door_2025-10-12_19-05-30_thumb.jpg"))
            // By "..", or through a link.
            #expect(isThere("victim.mp4") && isThere("victims/victim.mp4"))
            #expect(try store.statistics().recordings == 0)
        }
    }

    @Test func aCameraThatIsKnownKeepsItsPath() async throws {
        try await withTemporaryDirectory { parent in
            let folder = try makePython(in: parent)
            try load("migration-1", in: parent)
            // Both in one file: an early version of this program was started in the folder of the Python one.
            try Program.run([
                "sqlite3", folder.appending(path: "recordings.db").path,
                """
                ATTACH '\(parent.appending(path: "recordings.db").path)' AS early;
                CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                INSERT INTO grdb_migrations SELECT * FROM early.grdb_migrations;
                CREATE TABLE cameras (id TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, created_at TEXT) WITHOUT ROWID;
                INSERT INTO cameras VALUES ('99999999-2222-4333-8444-555555555555', 'video/front-door', '2025-10-01');
                CREATE TABLE track_ids (id INTEGER PRIMARY KEY, next INTEGER);
                """,
            ])
            let store = try makeStore(folder)
            #expect(
                try store.cameraID(of: StreamPath("video/front-door")).description
                    == "99999999-2222-4333-8444-555555555555")
            var query = RecordingQuery()
            query.cameraID = "fd778237-c3e5-49e8-be03-e588801943be"
            #expect(try store.recordings(query).total == 3)
        }
    }

    @Test func aTableOfUnknownFormIsLeftAlone() async throws {
        try await withTemporaryDirectory { folder in
            let path = folder.appending(path: "recordings.db").path
            try Program.run([
                "sqlite3", path, "CREATE TABLE recordings (artist, title); INSERT INTO recordings VALUES (1, 2)",
            ])
            let error = #expect(throws: StoreError.self) { _ = try makeStore(folder) }
            #expect("\(try #require(error))".contains("its table \"recordings\" has no column \"timestamp\""))
            #expect(try Program.run(["sqlite3", path, "SELECT * FROM recordings"]) == "1|2\n")
        }
    }

    @Test func thePublishedTableOfAnotherProgramIsTakenOverToo() async throws {
        try await withTemporaryDirectory { folder in
            try Program.run([
                "sqlite3", folder.appending(path: "recordings.db").path,
                """
                CREATE TABLE recordings (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL,
                    stream_path TEXT NOT NULL, duration_seconds REAL, file_path TEXT NOT NULL, max_confidence REAL);
                INSERT INTO recordings VALUES
                    (3, '2025-10-12T19:05:30', 'video/garage', 4.5, '\(folder.path)/garage.mp4', 0.7);
                """,
            ])
            try Data("x".utf8).write(to: folder.appending(path: "garage.mp4"))
            let recording = try #require(try makeStore(folder).recording(3))
            #expect(recording.cameraPath == "video/garage" && recording.cameraName == "garage")
            #expect(recording.durationSeconds == 4.5 && recording.maximumConfidence == 0.7)
            #expect(CameraID(recording.cameraID) != nil)
        }
    }
}
