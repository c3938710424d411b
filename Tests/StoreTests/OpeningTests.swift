import Domain
import Foundation
import Store
import TestSupport
import Testing

@Suite struct OpeningTests {
    @Test func aFolderIsMadeButNeverItsParent() async throws {
        try await withTemporaryDirectory { folder in
            _ = try Store(path: folder.appending(path: "new/recordings.db").path)
            let far = folder.appending(path: "not-mounted/new/recordings.db")
            let error = #expect(throws: StoreError.self) { _ = try Store(path: far.path) }
            #expect(error?.code == .gone)
            #expect(
                "\(try #require(error))".hasSuffix(
                    "not-mounted/new/recordings.db: could not open: its folder, recording.recordings_dir, cannot be created: "
                        + "No such file or directory"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["new"])
        }
    }

    @Test func nothingIsWrittenWhereNoVolumeIsMounted() async throws {
        try await withTemporaryDirectory { folder in
            let path = folder.appending(path: "recordings.db").path
            let error = #expect(throws: StoreError.self) { _ = try Store(path: path, mountPoint: folder.path) }
            #expect(error?.code == .gone)
            #expect("\(try #require(error))".contains("no volume is mounted at \(folder.path)"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
            #expect(throws: StoreError.self) { _ = try Store(path: path, mountPoint: folder.path + "/missing") }
            _ = try Store(path: path, mountPoint: "/")
        }
    }

    @Test func aDatabaseOfALaterVersionIsLeftAlone() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            try store.sqlite("INSERT INTO grdb_migrations VALUES ('99: from the future')")
            let error = #expect(throws: StoreError.self) { _ = try makeStore(folder) }
            #expect(error?.code == .newer)
            #expect("\(try #require(error))".contains("a newer version of this program"))
        }
    }

    @Test func aDamagedDatabaseIsAnErrorAndStays() async throws {
        try await withTemporaryDirectory { folder in
            let path = folder.appending(path: "recordings.db")
            do {
                let store = try makeStore(folder)
                for number in 0..<200 { _ = try store.insert(try store.sample(name: "\(number)")) }
                try store.sqlite("PRAGMA wal_checkpoint(TRUNCATE)")
            }
            for name in ["recordings.db-wal", "recordings.db-shm"] {
                try? FileManager.default.removeItem(at: folder.appending(path: name))
            }
            var content = try Data(contentsOf: path)
            // Page 2 onwards: the header still looks right.
            content.replaceSubrange(4096..<content.count, with: Data(repeating: 0x55, count: content.count - 4096))
            try content.write(to: path)
            let error = #expect(throws: StoreError.self) {
                _ = try makeStore(folder).recordings(RecordingQuery())
            }
            #expect(error?.code == .damaged)
            #expect("\(try #require(error))".contains("it was left as it is"))
            #expect(try Data(contentsOf: path) == content)
        }
    }

    @Test func aFullDiskIsToldAndNothingIsLost() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder) { $0.maximumPages = 80 }
            var ids: [RecordingID] = []
            let error = #expect(throws: StoreError.self) {
                for number in 0..<10_000 { ids.append(try store.insert(try store.sample(name: "\(number)"))) }
            }
            #expect(error?.code == .full)
            #expect("\(try #require(error))".contains("the disk is full"))
            #expect(!ids.isEmpty)
            var query = RecordingQuery()
            query.limit = 1000
            #expect(try store.recordings(query).recordings.map(\.id) == ids.reversed())
            // Room again: it goes on by itself.
            for id in ids.prefix(ids.count / 2) { #expect(try store.delete(id)) }
            _ = try store.insert(try store.sample(name: "after"))
            #expect(try store.sqlite("PRAGMA integrity_check") == "ok")
        }
    }

    @Test func aFolderThatIsMovedAwayAndBackIsUsedAgain() async throws {
        try await withTemporaryDirectory { parent in
            let folder = parent.appending(path: "recordings")
            let away = parent.appending(path: "away")
            let store = try Store(path: folder.appending(path: "recordings.db").path)
            let first = try store.insert(try store.sample(name: "a"))
            let recording = try store.sample(name: "b")
            try FileManager.default.moveItem(at: folder, to: away)
            for call in [{ _ = try store.insert(recording) }, { _ = try store.recording(first) }] as [() throws -> Void]
            {
                let error = #expect(throws: StoreError.self) { try call() }
                #expect(error?.code == .gone)
            }
            // The bare mount point.
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
            #expect(throws: StoreError.self) { try store.insert(recording) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
            try FileManager.default.removeItem(at: folder)
            try FileManager.default.moveItem(at: away, to: folder)
            let second = try store.insert(recording)
            #expect(try store.recordings(RecordingQuery()).recordings.map(\.id) == [second, first])
        }
    }

    @Test func anotherDatabaseInItsPlaceIsOpened() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try store.insert(try store.sample(name: "a"))
            let copy = folder.appending(path: "copy.db").path
            try store.sqlite("VACUUM INTO '\(copy)'")
            _ = try store.insert(try store.sample(name: "b"))
            for ending in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: store.path + ending)
            }
            try FileManager.default.moveItem(atPath: copy, toPath: store.path)
            #expect(try store.recordings(RecordingQuery()).total == 1)
            let sample = try store.sample(name: "c")
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { _ = try? store.recordings(RecordingQuery()) } }
            }
            _ = try store.insert(sample)
            #expect(try store.sqlite("SELECT count(*) FROM recordings") == "2")
        }
    }

    @Test func manyReadWhileOneWrites() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let samples = try (0..<120).map { try store.sample(at: october + Int64($0) * second, name: "\($0)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for (number, sample) in samples.enumerated() {
                        let id = try store.insert(sample)
                        if number % 3 == 0 { _ = try store.delete(id) }
                    }
                }
                for _ in 0..<3 {
                    group.addTask {
                        var last = 0
                        while last < 80 {
                            let page = try store.recordings(RecordingQuery())
                            // Total and rows are of one moment.
                            #expect(page.recordings.count == min(page.total, 100))
                            #expect(page.recordings.allSatisfy { !$0.objectsJSON.isEmpty })
                            last = page.total
                            await Task.yield()
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try store.statistics().recordings == 80)
        }
    }
}
