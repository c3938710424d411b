import Domain
import Foundation
import Store
import TestSupport
import Testing

@Suite struct StatisticsTests {
    @Test func statisticsOfNothingAreZero() async throws {
        try await withTemporaryDirectory { folder in
            let statistics = try makeStore(folder).statistics()
            #expect(statistics.recordings == 0 && statistics.bytes == 0 && statistics.durationSeconds == 0)
            #expect(statistics.oldestMicroseconds == nil && statistics.newestMicroseconds == nil)
            #expect(statistics.objects.isEmpty && statistics.frequentTracks.isEmpty && statistics.cameras.isEmpty)
        }
    }

    @Test func statisticsAreTheSumsOfTheRecordings() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            _ = try store.cameraID(of: StreamPath("video/never"))
            let person = RecordedObject.sample(track: 42)
            _ = try store.insert(try store.sample(seconds: 10, name: "a", bytes: 100, objects: [person, person]))
            _ = try store.insert(
                try store.sample(
                    "video/backyard", at: october - day, seconds: 5.5, bytes: 20,
                    objects: [person, .sample("car", 0.5, track: 15)]))
            _ = try store.insert(try store.sample(at: october + day, seconds: 1, bytes: 3, objects: []))
            let removed = try store.insert(
                try store.sample(at: october + 9 * day, objects: [.sample("dog", track: 99)]))
            try store.sqlite("UPDATE clips SET retained = 0, removed_us = 1 WHERE recording_id = \(removed)")
            let statistics = try store.statistics()
            #expect(statistics.recordings == 3 && statistics.bytes == 123 && statistics.durationSeconds == 16.5)
            #expect(statistics.oldestMicroseconds == october - day && statistics.newestMicroseconds == october + day)
            #expect(
                statistics.objects == [
                    ClassCount(className: "person", recordings: 2, objects: 3),
                    ClassCount(className: "car", recordings: 1, objects: 1),
                ])
            #expect(statistics.uniqueTracks == 2)
            #expect(
                statistics.frequentTracks == [
                    .init(trackID: 42, appearances: 2), .init(trackID: 15, appearances: 1),
                ])
            #expect(
                statistics.cameras == [
                    .init(path: "video/backyard", recordings: 1, durationSeconds: 5.5, bytes: 20),
                    .init(path: "video/front-door", recordings: 2, durationSeconds: 11, bytes: 103),
                ])
            let cameras = try store.cameras()
            #expect(cameras.map(\.path) == ["video/backyard", "video/front-door", "video/never"])
            #expect(cameras.map(\.recordings) == [1, 2, 0])
            #expect(cameras.map(\.newestMicroseconds) == [october - day, october + day, nil])
        }
    }

    @Test func theTenMostFrequentTracksAreNamed() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            for number in 1...14 {
                // Track n appears in n recordings, from the second on.
                let objects = (number...14).map { RecordedObject.sample(track: TrackID($0)) }
                _ = try store.insert(try store.sample(name: "\(number)", objects: objects))
            }
            let found = try store.statistics()
            #expect(found.uniqueTracks == 14)
            #expect(found.frequentTracks.map(\.trackID) == (5...14).reversed().map { TrackID($0) })
            #expect(found.frequentTracks.map(\.appearances) == (5...14).reversed())
        }
    }

    @Test func countsByClassAndByTimeFollowCameraClassAndDays() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let today = october / day
            for (index, (camera, start, objects)) in [
                ("video/a", october, [RecordedObject.sample(), .sample()]),
                ("video/a", october + 3600 * second, [.sample("car")]),
                ("video/b", october + day, [.sample()]),
                ("video/b", october + 400 * day, [.sample("car"), .sample()]),
            ].enumerated() {
                _ = try store.insert(try store.sample(camera, at: start, name: "\(index)", objects: objects))
            }
            func hours(_ query: CountQuery) throws -> [Int: Int] {
                let hours = try store.timeCounts(query).hours
                #expect(hours.count == 24)
                return Dictionary(
                    uniqueKeysWithValues: hours.enumerated().filter { $0.element > 0 }.map { ($0.offset, $0.element) })
            }
            func days(_ query: CountQuery) throws -> [Int64: Int] {
                Dictionary(
                    uniqueKeysWithValues: try store.timeCounts(query).days.map { ($0.day - today, $0.recordings) })
            }
            var query = CountQuery()
            #expect(try store.objectCounts(query).map(\.objects) == [4, 2])
            #expect(try hours(query) == [19: 3, 20: 1])
            #expect(try days(query) == [0: 2, 1: 1, 400: 1])
            query.className = "car"
            #expect(try store.objectCounts(query) == [ClassCount(className: "car", recordings: 2, objects: 2)])
            #expect(try hours(query) == [19: 1, 20: 1])
            #expect(try days(query) == [0: 1, 400: 1])
            query.toDay = today + 1
            #expect(try store.objectCounts(query) == [ClassCount(className: "car", recordings: 1, objects: 1)])
            #expect(try hours(query) == [20: 1])
            query.className = nil
            query.fromDay = today
            #expect(try hours(query) == [19: 1, 20: 1])
            query.toDay = nil
            query.cameraID = try store.cameraID(of: StreamPath("video/b")).description
            #expect(try store.objectCounts(query).map(\.recordings) == [2, 1])
            #expect(try hours(query) == [19: 2])
            #expect(try days(query) == [1: 1, 400: 1])
            (query.fromDay, query.toDay) = (.min, .max)
            #expect(try hours(query) == [19: 2])
            query.cameraID = "nobody"
            #expect(try store.objectCounts(query).isEmpty)
            #expect(try hours(query).isEmpty && days(query).isEmpty)
        }
    }
}
