import Domain
import Testing

struct CameraURLTests {
    @Test(arguments: [
        "rtsp://cam/a", "rtsps://u:p@cam:322/a?x=1", "rtmp://cam/a", "srt://cam:9000?streamid=a", "http://cam",
        "HTTPS://cam/",
        "rtsp://[fe80::1]:554/a", "file:///a/b.mp4", "file:a/b.mp4", "file:../a.mp4", "device:///dev/video0",
    ])
    func accepts(_ text: String) throws { #expect(try CameraURL(text).text == text) }

    @Test(arguments: [
        "", "-i", "exec:rm", "ftp://a", "cam/a", "rtsp:", "rtsp://", "rtsp:///a", "rtsp://u:p@", "rtsp://u:p@/a",
        "rtsp://:554/",
        "rtsp://cam:0/", "rtsp://cam:70000/", "rtsp://cam:٣/", "rtsp://[::1/a", "rtsp://[x]/", "rtsp://[::1]x/",
        "rtsp://-cam/",
        "rtsp://cam/\n-i", "rtsp://cam/\u{0}", "rtsp://cam/a b", "file:", "file:///", "file://host/a", "file:-i",
        "file:a%0Ab",
        "file:a%2", "file:a%FF", "device:///etc/passwd", "device:///dev/../etc/passwd",
        "rtsp://" + String(repeating: "a", count: 3000),
    ])
    func refuses(_ text: String) { #expect(throws: InvalidCameraURL.self) { try CameraURL(text) } }

    @Test(arguments: [
        "rtsp://user:hunter2@cam/a", "rtsp://hunter2@cam/a", "http://cam/a?token=hunter2&b=1", "http://cam/a?hunter2",
        "rtsp://u:p@hunter2@cam/a", "rtsp://u@x/hunter2@cam/a", "rtsp://u@x?hunter2@cam/a", "http://cam/#key=hunter2",
    ])
    func neverPrintsSecrets(_ text: String) throws {
        let url = try CameraURL(text)
        var dumped = ""
        dump(url, to: &dumped)
        for shown in [url.redacted, "\(url)", String(reflecting: url), "\(Optional(url) as Any)", dumped] {
            #expect(!shown.contains("hunter2"))
            #expect(shown.contains("cam"))
        }
    }

    @Test func redactsInPlace() throws {
        #expect(try CameraURL("rtsp://u:p@host:1/a?token=x&b=2").redacted == "rtsp://***@host:1/a?token=***&b=***")
    }

    @Test func decodesPaths() throws {
        #expect(try CameraURL("file:///a%20b.mp4").filePath == "/a b.mp4")
        #expect(try CameraURL("file:a/b").filePath == "a/b")
        #expect(try CameraURL("rtsp://cam/a").filePath == nil)
    }
}

struct DomainValueTests {
    @Test(arguments: ["a", "video/front-door", "a.b/~c:1"])
    func streamPathAccepts(_ text: String) throws { #expect(try StreamPath(text).rawValue == text) }

    @Test(arguments: ["", "/a", "a/", "a//b", "a/../b", ".", "a b", "ä", "a\n", String(repeating: "a", count: 256)])
    func streamPathRefuses(_ text: String) { #expect(throws: InvalidStreamPath.self) { try StreamPath(text) } }

    @Test func mediaTimeComparesAcrossClocks() {
        #expect(MediaTime(ticks: 90_000, clockRate: 90_000) < MediaTime(ticks: 1_000_001, clockRate: 1_000_000))
        #expect(MediaTime(ticks: .min, clockRate: 1) < MediaTime(ticks: .max, clockRate: .max))
        #expect(MediaTime(seconds: .nan) == .zero)
    }

    @Test func boxOverlap() {
        let box = PixelBox(x1: 0, y1: 0, x2: 2, y2: 2)
        #expect(box.intersectionOverUnion(with: box) == 1)
        #expect(box.intersectionOverUnion(with: PixelBox(x1: 2, y1: 0, x2: 4, y2: 2)) == 0)
        #expect(PixelBox(x1: 3, y1: 0, x2: 1, y2: 2).area == 0)
    }
}
