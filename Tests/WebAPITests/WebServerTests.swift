import Domain
import Foundation
import Logging
import NIOCore
import Store
import TestSupport
import Testing
import WebAPI

@Suite(.serialized, .timeLimit(.minutes(5)))
struct WebServerTests {
    @Test("status has exactly the documented and the added fields")
    func status() async throws {
        var cameras = try FakeCameras(["video/front-door"])
        cameras.camera.fps = 25.34
        cameras.camera.objects = ["person": 15]
        cameras.camera.streamID = try #require(UUID(uuidString: "fd778237-c3e5-49e8-be03-e588801943be"))
        try await withServer(cameras) { port, _ in
            let expected =
                #"{"cameras":{"video/front-door":{"detections":0,"dropped":0,"fps":25.3,"height":null,"#
                + #""last_detection":null,"name":"Front door","objects":{"person":15},"reason":null,"#
                + #""recording":{"file":null,"reason":null,"state":"disabled"},"#
                + #""state":"running","stream_id":"fd778237-c3e5-49e8-be03-e588801943be","viewers":0,"width":null}},"#
                + #""detector":{"inference_ms":null,"reason":null,"state":"running"},"model":"yolov8n.onnx","#
                + #""recording":{"file":null,"reason":null,"state":"disabled"},"#
                + #""slow_viewers_dropped":0,"status":"running","tracking_enabled":true,"uptime_seconds":3600,"#
                + #""version":"1.0"}"#
            let status = try await exchange(port, "GET", "/status")
            #expect(bodyOf(status) == expected)
            let paths = try await exchange(port, "GET", "/paths")
            #expect(bodyOf(paths) == #"{"paths":["video/front-door"]}"#)
        }
    }

    @Test(
        "wrong requests get the envelope",
        arguments: [
            ("GET", "/nothing", 404), ("POST", "/status", 405), ("HEAD", "/video/stream", 405),
            ("GET", "/video/stream?path=", 400), ("GET", "/video/stream?path=video/none", 404),
            ("GET", "/video/snapshot?path=video/backyard", 503), ("GET", "/video/stream?path=a&path=b", 400),
            ("GET", "/video/stream?path=../../etc", 400), ("GET", "/video/stream?path=%00", 400),
            ("GET", "/video/stream?path=%ff%fe", 400), ("GET", "/status?" + String(repeating: "a", count: 10_000), 414),
        ])
    func envelope(method: String, target: String, status: Int) async throws {
        try await withServer(FakeCameras()) { port, _ in
            let response = try await exchange(port, method, target)
            #expect(response.hasPrefix("HTTP/1.1 \(status) "))
            if method != "HEAD" { #expect(bodyOf(response).hasPrefix(#"{"message":""#)) }
            if status == 405 { #expect(response.lowercased().contains("\r\nallow: ")) }
        }
    }

    @Test("bytes that are not HTTP get the envelope")
    func malformed() async throws {
        try await withServer(FakeCameras()) { port, _ in
            let response = try await onThread {
                let client = try RawClient(port: port)
                client.send("\u{1}\u{2}nonsense\r\n\r\n")
                return String(decoding: client.receive { _ in false }, as: UTF8.self)
            }
            #expect(response.hasPrefix("HTTP/1.1 400 "))
            #expect(response.contains("not valid HTTP"))
        }
    }

    @Test("origins outside the list are not allowed")
    func origins() async throws {
        try await withServer(FakeCameras()) { port, _ in
            let response = try await exchange(port, "OPTIONS", "/status", "Origin: https://x.example\r\n").lowercased()
            #expect(response.hasPrefix("http/1.1 204 "))
            #expect(response.contains("access-control-allow-origin: *\r\n"))
            #expect(!response.contains("credentials"))
            // A download that is resumed by a script asks with these and looks at those.
            #expect(response.contains(/access-control-allow-headers: .*if-range,.*\brange\r\n/))
            #expect(response.contains(/access-control-expose-headers: .*content-range, etag\r\n/))
        }
        try await withServer(FakeCameras(), origins: .only(["https://home.example"])) { port, _ in
            let foreign = try await exchange(port, "GET", "/status", "Origin: https://evil.example\r\n").lowercased()
            #expect(!foreign.contains("allow-origin"))
            let own = try await exchange(port, "GET", "/status", "Origin: https://home.example\r\n").lowercased()
            #expect(own.contains("access-control-allow-origin: https://home.example\r\n"))
        }
    }

    @Test("a viewer that stops reading is dropped, another goes on, and shutdown ends the streams")
    func slowViewer() async throws {
        var limits = WebLimits()
        // The other tests' requests run on the same event loops, slowly, without optimisation.
        limits.writeTimeout = .seconds(4)
        var cameras = try FakeCameras()
        cameras.pictureBytes = 30_000
        let request = "GET /video/stream HTTP/1.1\r\nHost: test\r\n\r\n"
        var open: RawClient?
        let shutdown = try await withServer(cameras, limits: limits) { port, counters in
            let (head, after, reader) = try await onThread {
                let slow = try RawClient(port: port, receiveBuffer: 4096)
                slow.send(request)
                let reader = try RawClient(port: port)
                reader.send(request)
                var head = ""
                while counters.slowViewersDropped == 0, let bytes = reader.receive(), !bytes.isEmpty {
                    if head.isEmpty { head = String(decoding: bytes, as: UTF8.self) }
                }
                return (head, reader.receive { $0.count > 500_000 }, reader)
            }
            #expect(counters.slowViewersDropped == 1)
            #expect(head.contains("multipart/x-mixed-replace; boundary=frame"))
            #expect(after.count > 500_000)
            #expect(String(decoding: after, as: UTF8.self).contains("Content-Length: 30000\r\n\r\n"))
            open = reader
        }
        #expect(shutdown < .seconds(5))
        withExtendedLifetime(open) {}
    }

    @Test("a connection without a complete request is closed")
    func slowRequest() async throws {
        var limits = WebLimits()
        limits.requestTimeout = .milliseconds(100)
        try await withServer(FakeCameras(), limits: limits) { port, _ in
            let received = try await onThread {
                let client = try RawClient(port: port)
                client.send("GET /status HTTP/1.1\r\nHost: te")
                return client.receive()
            }
            #expect(received == [])
        }
    }

    @Test("a port in use is named with what to do")
    func portInUse() async throws {
        let cameras = try FakeCameras()
        try await withTemporaryDirectory { folder in
            let store = try Store(path: folder.appending(path: "recordings.db").path)
            try await withServer(cameras, store: store) { port, _ in
                let second = WebServer(
                    configuration: WebConfiguration(address: "127.0.0.1", port: port), catalogue: cameras,
                    pictures: cameras, store: store, logger: Logger(label: "test"))
                let error = await #expect(throws: WebServerCannotListen.self) { try await second.run() }
                #expect(
                    error?.description
                        == "127.0.0.1:\(port) is already in use: stop the other program or set another port")
            }
        }
    }
}
