import Domain
import Foundation
import Store
import TestSupport
import Testing
import WebAPI

/// A store with clips whose files are there.
func withRecordings(_ count: Int = 3, _ body: (Int, Store, URL) async throws -> Void) async throws {
    try await withTemporaryDirectory { folder in
        let store = try Store(path: folder.appending(path: "recordings.db").path)
        let path = try StreamPath("video/front-door")
        let camera = try store.cameraID(of: path)
        for index in 0..<count {
            // 2025-10-12 19:05:30.123456 and every hour from then on.
            let start = 1_760_295_930_123_456 + Int64(index) * 3_600_000_000
            let name = "front-door_\(WallTime.fileText(start))"
            try Data((0..<1000).map { UInt8(truncatingIfNeeded: $0 &+ index) })
                .write(to: folder.appending(path: "\(name).mp4"))
            try Data("jpeg".utf8).write(to: folder.appending(path: "\(name)_thumb.jpg"))
            let object = RecordedObject(
                className: index.isMultiple(of: 2) ? "person" : "car", confidence: 0.5 + Double(index) / 10,
                box: .init(x1: 100, y1: 200, x2: 300, y2: 400), trackID: TrackID(index + 42),
                firstSeenMicroseconds: start, lastSeenMicroseconds: start)
            _ = try store.insert(
                NewRecording(
                    cameraID: camera, cameraPath: path, cameraName: "Front \"door\"", startMicroseconds: start,
                    durationSeconds: 15.25, fileName: "\(name).mp4", fileBytes: 1000,
                    thumbnailName: "\(name)_thumb.jpg",
                    objects: [object]))
        }
        try await withServer(FakeCameras(), store: store) { port, _ in try await body(port, store, folder) }
    }
}

func object(_ response: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bodyOf(response).utf8)) as? [String: Any])
}

@Suite(.serialized, .timeLimit(.minutes(5))) struct RecordingRoutesTests {
    @Test func oneRecordingTellsWhenEachObjectWasSeen() async throws {
        try await withTemporaryDirectory { folder in
            let store = try Store(path: folder.appending(path: "recordings.db").path)
            let path = try StreamPath("video/front-door")
            let start: Int64 = 1_760_295_930_000_000
            // Inside, beyond both ends, in the wrong order, and not noted.
            let spans: [(Int64, Int64)] = [
                (1_500_000, 4_000_000), (-2_000_000, 60_000_000), (3_000_000, 1_000_000), (-start, -start),
            ]
            _ = try store.insert(
                NewRecording(
                    cameraID: try store.cameraID(of: path), cameraPath: path, cameraName: "Door",
                    startMicroseconds: start,
                    durationSeconds: 15.25, fileName: "a.mp4", fileBytes: 1000,
                    objects: spans.map { span in
                        RecordedObject(
                            className: "person", confidence: 0.5, box: .init(x1: 1, y1: 2, x2: 3, y2: 4), trackID: nil,
                            firstSeenMicroseconds: start + span.0, lastSeenMicroseconds: start + span.1)
                    }))
            try await withServer(FakeCameras(), store: store) { port, _ in
                let one = bodyOf(try await exchange(port, "GET", "/api/recordings/1"))
                #expect(
                    one.hasSuffix(#""object_times":[{"from":1.5,"to":4.0},{"from":0.0,"to":15.25},null,null]}"#),
                    "\(one)")
                #expect(try JSONValue(one)["objects_detected"]?.elements.count == 4)
                #expect(!bodyOf(try await exchange(port, "GET", "/api/recordings")).contains("object_times"))
            }
        }
    }

    @Test func aRecordingHasTheDocumentedFields() async throws {
        try await withRecordings(1) { port, store, folder in
            let recording = try await object(exchange(port, "GET", "/api/recordings/1"))
            let name = "front-door_2025-10-12_19-05-30"
            let id = try store.cameraID(of: StreamPath("video/front-door")).description
            let place = folder.path
            let expected: [String: Any] = [
                "id": 1, "timestamp": "2025-10-12T19:05:30.123456", "stream_id": id, "stream_name": "Front \"door\"",
                "file_path": "\(place)/\(name).mp4", "duration": 15.25,
                "objects_detected": [
                    ["class": "person", "confidence": 0.5, "bbox": [100, 200, 300, 400], "tracker_id": 42]
                ],
                "thumbnail_path": "\(place)/\(name)_thumb.jpg", "confidence": 0.5, "retained": 1, "tracker_ids": "[42]",
                "file_url": "/recordings/\(name).mp4", "thumbnail_url": "/recordings/\(name)_thumb.jpg",
                "mediaUrl": "/api/recordings/file/\(name).mp4",
                "thumbnailMediaUrl": "/api/recordings/file/\(name)_thumb.jpg",
                "start_time": "2025-10-12T19:05:30.123456Z", "end_time": "2025-10-12T19:05:45.373456Z",
                "stream_path": "video/front-door", "file_size_bytes": 1000, "protected": false,
                "clean_thumbnail_url": NSNull(),
            ]
            // Asked for alone, it tells more: `oneRecordingTellsWhenEachObjectWasSeen`.
            #expect(
                NSDictionary(dictionary: recording.filter { $0.key != "object_times" })
                    == NSDictionary(dictionary: expected))
            let list = try await object(exchange(port, "GET", "/api/recordings"))
            #expect(Set(list.keys) == ["total", "limit", "offset", "recordings"])
            #expect(list["total"] as? Int == 1 && list["limit"] as? Int == 100 && list["offset"] as? Int == 0)
            let listed = try #require(list["recordings"] as? [[String: Any]])
            #expect(NSDictionary(dictionary: listed[0]) == NSDictionary(dictionary: expected))
        }
    }

    @Test(
        arguments: [
            ("", [3, 2, 1]), ("?sort_order=asc", [1, 2, 3]), ("?limit=1&offset=1", [2]), ("?object_type=car", [2]),
            ("?object_type=car,person", [3, 2, 1]), ("?object_type=ca", []), ("?min_confidence=0.6", [3, 2]),
            ("?sort_by=confidence", [3, 2, 1]), ("?start_date=2025-10-12&end_date=2025-10-12", [3, 2, 1]),
            ("?start_date=2025-10-12T20:00:00", [3, 2]), ("?end_date=2025-10-12T19:05:30.123456Z", [1]),
            ("?start_date=2025-10-12T22:00:00%2B02:00", [3, 2]), ("?start_date=2025-10-12T22:00:00+02:00", [3, 2]),
            ("?end_date=2025-10-11", []), ("?stream_id=none", []), ("?_=123", [3, 2, 1]), ("?offset=99999999999", []),
        ] as [(String, [Int])])
    func filtersSortsAndPages(_ query: String, _ expected: [Int]) async throws {
        try await withRecordings { port, _, _ in
            let list = try await object(exchange(port, "GET", "/api/recordings\(query)"))
            #expect((list["recordings"] as? [[String: Any]])?.compactMap { $0["id"] as? Int } == expected)
        }
    }

    @Test(arguments: [
        ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("limit=", "limit"),
        ("limit=1e2", "limit"),
        ("offset=-1", "offset"), ("offset=99999999999999999999", "offset"), ("min_confidence=1.1", "min_confidence"),
        ("min_confidence=nan", "min_confidence"), ("sort_by=id", "sort_by"), ("sort_order=up", "sort_order"),
        ("start_date=2025-13-01", "start_date"), ("end_date=yesterday", "end_date"), ("object_type=", "object_type"),
        ("object_type=a,,b", "object_type"), ("objecttype=person", "objecttype"), ("limit=1&limit=2", "limit"),
        ("stream_id=%ff", "stream_id"), ("object_type=%00", "object_type"),
        ("sort_by=timestamp;DROP%20TABLE%20recordings", "sort_by"),
    ])
    func aBadParameterIsNamed(_ query: String, _ name: String) async throws {
        try await withRecordings(1) { port, _, _ in
            let response = try await exchange(port, "GET", "/api/recordings?\(query)")
            #expect(response.hasPrefix("HTTP/1.1 400 "))
            let message = try #require(try object(response)["message"] as? String)
            #expect(message.contains(name), "\(message)")
        }
    }

    @Test func textThatLooksLikeSQLFindsNothingAndHarmsNothing() async throws {
        try await withRecordings(1) { port, store, _ in
            for text in ["'%20OR%201=1--", "%22;DROP%20TABLE%20recordings;--", "person'"] {
                for name in ["object_type", "stream_id"] {
                    let list = try await object(exchange(port, "GET", "/api/recordings?\(name)=\(text)"))
                    #expect(list["total"] as? Int == 0)
                }
                let one = try await exchange(port, "GET", "/api/recordings/\(text)")
                #expect(one.hasPrefix("HTTP/1.1 400 "))
            }
            #expect(try store.recordings(RecordingQuery()).total == 1)
        }
    }

    @Test func deletingAnswersOnceAndTakesTheFilesAlong() async throws {
        try await withRecordings(1) { port, _, folder in
            async let first = exchange(port, "DELETE", "/api/recordings/1")
            async let second = exchange(port, "DELETE", "/api/recordings/1")
            let statuses = try await [first, second].map { $0.prefix(12) }.sorted()
            #expect(statuses == ["HTTP/1.1 200", "HTTP/1.1 404"])
            #expect(try await exchange(port, "GET", "/api/recordings/1").hasPrefix("HTTP/1.1 404 "))
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left.allSatisfy { $0.hasPrefix("recordings.db") }, "\(left)")
        }
    }

    @Test(arguments: [
        ("Cookie: a=b\r\nOrigin: https://x.example\r\n", 403), ("Cookie: a=b\r\nOrigin: null\r\n", 403),
        ("Cookie: a=b\r\nOrigin: http://test\r\n", 200), ("Cookie: a=b\r\n", 200),
        ("Origin: https://x.example\r\n", 200),
    ])
    func pagesElsewhereChangeNothingWithTheReadersCookies(fields: String, status: Int) async throws {
        try await withRecordings(1) { port, store, _ in
            #expect(try await exchange(port, "GET", "/api/recordings/1", fields).hasPrefix("HTTP/1.1 200 "))
            #expect(
                try await exchange(port, "DELETE", "/api/recordings/1", fields).hasPrefix("HTTP/1.1 \(status) "))
            let isGone = try store.recording(1) == nil
            #expect(isGone == (status == 200))
        }
    }

    @Test func protectionIsSetAndShown() async throws {
        try await withRecordings(1) { port, store, _ in
            func patch(_ body: String) async throws -> String {
                try await exchange(
                    port, "PATCH", "/api/recordings/1", "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
            #expect(try await object(patch(#"{"protected": true}"#))["protected"] as? Bool == true)
            #expect(try store.recording(1)?.isProtected == true)
            #expect(try await object(patch(#"{"protected": false}"#))["protected"] as? Bool == false)
            for body in ["", "x", "[]", "{}", #"{"protected": 1}"#, #"{"protected": "true"}"#, #"{"retained": 0}"#] {
                let response = try await patch(body)
                #expect(response.hasPrefix("HTTP/1.1 400 "), "\(body)")
            }
            #expect(try await patch(String(repeating: " ", count: 100_000)).hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test(arguments: ["/recordings/", "/api/recordings/file/"]) func filesComeWholeAndInParts(_ base: String)
        async throws
    {
        try await withRecordings(1) { port, _, _ in
            let address = base + "front-door_2025-10-12_19-05-30.mp4"
            let whole = try await exchange(port, "GET", address)
            #expect(whole.hasPrefix("HTTP/1.1 200 ") && whole.contains("Content-Type: video/mp4\r\n"))
            #expect(whole.contains("Content-Length: 1000\r\n") && whole.contains("Accept-Ranges: bytes\r\n"))
            let part = try await exchange(port, "GET", address, "Range: bytes=65-67\r\n")
            #expect(part.hasPrefix("HTTP/1.1 206 ") && part.contains("Content-Range: bytes 65-67/1000\r\n"))
            #expect(bodyOf(part) == "ABC")
            let none = try await exchange(port, "GET", address, "Range: bytes=1000-\r\n")
            #expect(none.hasPrefix("HTTP/1.1 416 ") && none.contains("Content-Range: bytes */1000\r\n"))
            let head = try await exchange(port, "HEAD", address)
            #expect(
                head.hasPrefix("HTTP/1.1 200 ") && head.contains("Content-Length: 1000\r\n") && bodyOf(head).isEmpty)
            let tag = try #require(head.firstMatch(of: /ETag: (.+)\r\n/)?.1)
            let unmodified = try await exchange(port, "GET", address, "If-None-Match: \(tag)\r\n")
            #expect(unmodified.hasPrefix("HTTP/1.1 304 ") && bodyOf(unmodified).isEmpty)
            let download = try await exchange(port, "GET", address + "?download")
            #expect(
                download.contains(
                    "Content-Disposition: attachment; filename=\"front-door_2025-10-12_19-05-30.mp4\"\r\n"))
            #expect(try await !exchange(port, "GET", address + "?download=false").contains("Content-Disposition:"))
        }
    }

    @Test(arguments: [
        "recordings.db", "none.mp4", "..%2frecordings.db", "..%5crecordings.db", "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "....//....//etc/passwd", "%2fetc%2fpasswd", "a%00.mp4", "%252e%252e%252fetc", "link.mp4", "..", ".",
        "front-door_2025-10-12_19-05-30.mp4%00", "front-door_2025-10-12_19-05-30.mp4/",
    ])
    func nothingButRecordingsIsServed(_ name: String) async throws {
        try await withRecordings(1) { port, _, folder in
            try FileManager.default.createSymbolicLink(
                atPath: folder.appending(path: "link.mp4").path, withDestinationPath: "/etc/passwd")
            for base in ["/recordings/", "/api/recordings/file/"] {
                let response = try await exchange(port, "GET", base + name)
                #expect(
                    response.hasPrefix("HTTP/1.1 404 ") || response.hasPrefix("HTTP/1.1 400 "), "\(response.prefix(80))"
                )
            }
        }
    }

    @Test func aFileThatBecameASymbolicLinkIsNotFollowed() async throws {
        try await withRecordings(1) { port, _, folder in
            let file = folder.appending(path: "front-door_2025-10-12_19-05-30.mp4")
            try FileManager.default.removeItem(at: file)
            try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: "/etc/passwd")
            #expect(try await exchange(port, "GET", "/recordings/\(file.lastPathComponent)").hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test func aFailedQueryIsNoEmptyList() async throws {
        try await withRecordings(1) { port, _, folder in
            try Program.run([
                "sqlite3", folder.appending(path: "recordings.db").path, "DROP TABLE recording_keys; DROP TABLE clips;",
            ])
            let response = try await exchange(port, "GET", "/api/recordings?min_confidence=0.123456")
            #expect(response.hasPrefix("HTTP/1.1 500 "))
            #expect(try object(response)["status"] as? String == "error")
            #expect(!response.contains(folder.path), "paths of the server are nobody's business")
        }
    }
}
