import Domain
import FFmpeg
import Foundation
import Plumbing
import TestSupport
import Testing

@testable import Cameras

@Suite struct RTSPClientTests {
    /// A camera that gives a nonce with each refusal: "nonce 1" to DESCRIBE, and then with what it refuses while it plays.
    private final class Camera: Sendable {
        private struct State {
            var challenges = 0
            var isPlaying = false
            var signsOfLife: [String] = []
        }

        private let state = Locked(State())
        private let accepts: @Sendable (_ nonce: String) -> Bool

        /// - Parameter accepts: whether a sign of life with this nonce is.
        init(accepts: @escaping @Sendable (_ nonce: String) -> Bool) { self.accepts = accepts }

        /// Nonces of the signs of life that came.
        var signsOfLife: [String] { state.withLock { $0.signsOfLife } }

        func answer(_ request: String?) -> [UInt8] {
            let frame = state.withLock { $0.isPlaying } ? Array("$\u{0}\u{0}\u{4}abcd".utf8) : []
            guard let request else { return frame }
            let lines = request.components(separatedBy: "\r\n")
            let nonce = request.firstMatch(of: /nonce="([^"]*)"/).map { String($0.1) }
            var headers = [lines.first { $0.hasPrefix("CSeq:") } ?? ""]
            var (status, body) = ("200 OK", "")
            switch lines[0].prefix(while: { $0 != " " }) {
            case "OPTIONS": headers.append("Public: DESCRIBE, SETUP, PLAY, GET_PARAMETER")
            case "DESCRIBE" where nonce == nil: status = "401 Unauthorized"
            case "DESCRIBE": body = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=0\r\n"
            case "SETUP": headers.append("Session: 1234;timeout=2")
            case "PLAY": state.withLock { $0.isPlaying = true }
            case "GET_PARAMETER":
                state.withLock { $0.signsOfLife.append(nonce ?? "") }
                if !accepts(nonce ?? "") { status = "401 Unauthorized" }
            default: break
            }
            if status.hasPrefix("401") {
                let number = state.withLock { state in
                    state.challenges += 1
                    return state.challenges
                }
                headers.append(#"WWW-Authenticate: Digest realm="camera", nonce="nonce \#(number)", stale=true"#)
            }
            headers.append("Content-Length: \(body.utf8.count)")
            return Array((["RTSP/1.0 \(status)"] + headers + ["", body]).joined(separator: "\r\n").utf8) + frame
        }
    }

    /// Plays until so many signs of life have come.
    private static func nonces(_ count: Int, of camera: Camera) async throws -> [String] {
        let listener = try LoopbackServer { camera.answer($0) }
        return try await onThread {
            let interrupt = Interrupt()
            let client = try RTSPClient(
                try CameraURL("rtsp://admin:secret@127.0.0.1:\(listener.port)/live"), interrupt: interrupt,
                timeoutSeconds: 20, isWatched: { true })
            let deadline = ContinuousClock.now + .seconds(30)
            let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1500, alignment: 1)
            defer { room.deallocate() }
            while camera.signsOfLife.count < count, ContinuousClock.now < deadline {
                #expect(try client.nextPacket(into: room) == 4)
            }
            return camera.signsOfLife
        }
    }

    @Test func aSignOfLifeWithAnOldNonceIsRepeatedWithTheNewOne() async throws {
        let camera = Camera { $0 == "nonce 2" }
        #expect(try await Self.nonces(3, of: camera) == ["nonce 1", "nonce 2", "nonce 2"])
    }

    @Test func aCameraThatRefusesEverySignOfLifeIsNotAskedForEver() async throws {
        let camera = Camera { _ in false }
        // What it gives with the refusal of a repetition is not taken up before the next time.
        #expect(try await Self.nonces(4, of: camera) == ["nonce 1", "nonce 2", "nonce 2", "nonce 4"])
    }
}
