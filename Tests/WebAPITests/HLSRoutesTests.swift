import Domain
import Foundation
import NIOCore
import Plumbing
import TestSupport
import Testing

@testable import WebAPI

/// `/hls/` with a camera that the test plays.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct HLSRoutesTests {
    /// Answers with what it was asked for.
    private struct FakeHLS: LiveHLS {
        func bytes(of resource: HLSResource, from path: StreamPath) async throws(HLSRefusal) -> [ByteBuffer] {
            if path.rawValue == "video/backyard" { throw .unavailable(reason: "it is connecting") }
            if case .file("gone.m4s") = resource { throw .notFound }
            if case .mediaPlaylist(.some(1000), _) = resource { throw .tooFarAhead }
            return [ByteBuffer(string: "\(path) "), ByteBuffer(string: "\(resource)")]
        }
    }

    private static func get(_ target: String) async throws -> String {
        let cameras = try FakeCameras(["video/front-door", "video/backyard", "yard"])
        let answer = Locked("")
        try await withServer(cameras, hls: FakeHLS()) { port, _ in
            let text = try await exchange(port, "GET", target, "")
            answer.withLock { $0 = text }
        }
        return answer.withLock { $0 }
    }

    @Test(
        "addresses stand for playlists and files, with any number of slashes in the camera's path",
        arguments: [
            ("/hls/video/front-door/index.m3u8", "video/front-door multivariantPlaylist"),
            ("/hls/video%2Ffront-door/index.m3u8", "video/front-door multivariantPlaylist"),
            ("/hls/yard/index.m3u8?_HLS_msn=3", "yard multivariantPlaylist"),
            ("/hls/yard/media.m3u8", "yard mediaPlaylist(segment: nil, part: nil)"),
            (
                "/hls/yard/media.m3u8?_HLS_msn=7&_HLS_part=2",
                "yard mediaPlaylist(segment: Optional(7), part: Optional(2))"
            ),
            ("/hls/yard/media.m3u8?_HLS_msn=7&_HLS_skip=YES", "yard mediaPlaylist(segment: Optional(7), part: nil)"),
            ("/hls/video/front-door/a-part-1-2.m4s", "video/front-door file(\"a-part-1-2.m4s\")"),
        ])
    func addresses(target: String, answer: String) async throws {
        let response = try await Self.get(target)
        #expect(response.hasPrefix("HTTP/1.1 200 "))
        #expect(bodyOf(response) == answer)
        let isPlaylist = target.contains("m3u8")
        #expect(response.contains("Content-Type: \(isPlaylist ? "application/vnd.apple.mpegurl" : "video/mp4")\r\n"))
        #expect(response.contains("Cache-Control: \(isPlaylist ? "no-cache" : "private, max-age=60")\r\n"))
        #expect(response.contains("Access-Control-Allow-Origin: *\r\n"))
    }

    @Test(
        "what cannot be answered says why",
        arguments: [
            ("/hls/video/backyard/index.m3u8", 503, "camera video/backyard cannot be played: it is connecting"),
            ("/hls/none/index.m3u8", 404, "no camera has the path"),
            ("/hls/a/b/c/d/index.m3u8", 404, "no camera has the path"),
            ("/hls/../../etc/index.m3u8", 404, "no camera has the path"),
            ("/hls/index.m3u8", 404, "there is nothing at"), ("/hls/yard/", 404, "there is nothing at"),
            ("/hls/yard/gone.m4s", 404, "load the playlist"),
            ("/hls/yard/media.m3u8?_HLS_msn=1000", 400, "load it without _HLS_msn"),
            ("/hls/yard/media.m3u8?_HLS_part=1", 400, "_HLS_part is of no use without _HLS_msn"),
            ("/hls/yard/media.m3u8?_HLS_msn=-1", 400, "_HLS_msn takes"),
            ("/hls/yard/media.m3u8?_HLS_msn=99999999999999999999", 400, "_HLS_msn takes"),
            ("/hls/yard/media.m3u8?msn=1", 400, "there is no parameter"),
        ])
    func refusals(target: String, status: Int, message: String) async throws {
        let response = try await Self.get(target)
        #expect(response.hasPrefix("HTTP/1.1 \(status) "), "\(response.prefix(40))")
        #expect(bodyOf(response).contains(message), "\(bodyOf(response))")
    }
}
