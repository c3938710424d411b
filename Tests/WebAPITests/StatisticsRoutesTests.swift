import Foundation
import TestSupport
import Testing
import WebAPI

@Suite(.serialized, .timeLimit(.minutes(5))) struct StatisticsRoutesTests {
    @Test func theDocumentedStatistics() async throws {
        try await withRecordings(3) { port, _, _ in
            let stats = try await object(exchange(port, "GET", "/api/recordings/stats"))
            let expected: [String: Any] = [
                "total_recordings": 3, "total_duration_seconds": 45.75, "total_size_bytes": 3000, "total_size_gb": 0,
                "oldest_recording": "2025-10-12T19:05:30Z", "newest_recording": "2025-10-12T21:05:30Z",
                "objects": ["person": 2, "car": 1],
                "trackers": [
                    "total_unique_ids": 3,
                    "most_frequent": [42, 43, 44].map { ["tracker_id": $0, "appearances": 1] },
                ],
                "by_camera": ["video/front-door": ["count": 3, "duration_seconds": 45.75, "size_bytes": 3000]],
            ]
            #expect(NSDictionary(dictionary: stats) == NSDictionary(dictionary: expected), "\(stats)")
        }
    }

    @Test func anEmptyStoreHasStatisticsToo() async throws {
        try await withRecordings(0) { port, _, _ in
            let stats = try await object(exchange(port, "GET", "/api/recordings/stats"))
            #expect(stats["total_recordings"] as? Int == 0)
            #expect(stats["oldest_recording"] is NSNull)
        }
    }

    @Test func alertsAreSureSightsWithTheirCounts() async throws {
        try await withRecordings(3) { port, _, _ in
            let all = try await object(exchange(port, "GET", "/api/alerts"))
            #expect(all["total"] as? Int == 3)
            let cars = try await object(exchange(port, "GET", "/api/alerts?object_type=car&min_confidence=0.55"))
            let alert = try #require((cars["alerts"] as? [[String: Any]])?.first)
            #expect(cars["total"] as? Int == 1 && alert["id"] as? Int == 2)
            #expect(alert["object_counts"] as? [String: Int] == ["car": 1])
            #expect(alert["thumbnail_url"] as? String == "/recordings/front-door_2025-10-12_20-05-30_thumb.jpg")
            let bad = try await exchange(port, "GET", "/api/alerts?min_confidence=2")
            #expect(bad.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func objectsAndTimesAreCounted() async throws {
        try await withRecordings(3) { port, store, _ in
            let objects = try await object(exchange(port, "GET", "/api/stats/objects"))["stats"] as? [String: Any]
            #expect(objects?["total_recordings"] as? Int == 3)
            #expect(objects?["object_counts"] as? [String: Int] == ["person": 2, "car": 1])
            #expect(objects?["object_percentages"] as? [String: Double] == ["person": 66.67, "car": 33.33])
            let none =
                try await object(
                    exchange(port, "GET", "/api/stats/objects?start_date=2025-10-13"))["stats"] as? [String: Any]
            #expect(none?["total_recordings"] as? Int == 0)
            let times = try await object(exchange(port, "GET", "/api/stats/times?days=3650"))["stats"] as? [String: Any]
            let hours = try #require(times?["hours"] as? [[String: Int]])
            #expect(hours.count == 24 && hours[19] == ["hour": 19, "detections": 1])
            let days = try #require(times?["days"] as? [[String: Any]])
            #expect(days.map { $0["detections"] as? Int } == [0, 0, 0, 0, 0, 0, 3], "a Sunday")
            #expect(days[6]["day"] as? String == "Sunday")
            // The same period as the classes can be had.
            for (period, count) in [("start_date=2025-10-12&end_date=2025-10-12", 3), ("start_date=2025-10-13", 0)] {
                let text = try await exchange(port, "GET", "/api/stats/times?\(period)")
                let stats = try object(text)["stats"] as? [String: Any]
                let hours = stats?["hours"] as? [[String: Int]] ?? []
                #expect(hours.compactMap { $0["detections"] }.reduce(0, +) == count, "\(period)")
            }
            let both = try await exchange(port, "GET", "/api/stats/times?days=7&start_date=2025-10-12")
            #expect(both.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func camerasAreFoundByTheirIdentifier() async throws {
        var cameras = try FakeCameras(["video/front-door"])
        let id = "fd778237-c3e5-49e8-be03-e588801943be"
        cameras.camera.streamID = try #require(UUID(uuidString: id))
        cameras.camera.source = "rtsp://***@cam/1"
        try await withServer(cameras) { port, _ in
            let feeds = try await object(exchange(port, "GET", "/feeds"))
            #expect(feeds["default"] as? String == id)
            #expect(
                (feeds["feeds"] as? [String: [String: String]])?[id]
                    == ["id": id, "name": "Front door", "path": "video/front-door", "source": "rtsp://***@cam/1"])
            let streams = try await object(exchange(port, "GET", "/api/streams"))["streams"] as? [[String: Any]]
            #expect(streams?.first?["id"] as? String == id)
            let stats = streams?.first?["recording_stats"] as? [String: Any]
            #expect(stats?["recording_count"] as? Int == 0 && stats?["latest_recording"] is NSNull)
            // The fake's last camera gives no pictures.
            #expect(try await exchange(port, "GET", "/video/jpeg/\(id)").hasPrefix("HTTP/1.1 503 "))
            #expect(try await exchange(port, "GET", "/video/jpeg/none").hasPrefix("HTTP/1.1 404 "))
        }
    }
}
