import Domain
import FFmpeg
import Foundation
import Glibc
import NIOCore
import Streaming
import TestSupport
import Testing

/// A blocking RTSP client that sends exactly what it is told; to be used inside `onThread`, by one thread at a time.
final class RTSPPeer: @unchecked Sendable {
    // Safe: see above.

    struct Response: Sendable {
        var status: Int
        var headers: [String: String]
        var body: String

        var session: String? { headers["session"]?.split(separator: ";").first.map(String.init) }
    }

    struct Silence: Error {}

    private let descriptor: Int32
    private let port: Int
    private var buffer: [UInt8] = []
    private var number = 0
    /// Interleaved packets that came before responses.
    private(set) var frames: [(channel: UInt8, packet: [UInt8])] = []

    /// - Parameter receiveBuffer: bytes that the system keeps for it.
    init(port: Int, receiveBuffer: Int32? = nil) throws {
        self.port = port
        descriptor = try connectOnLoopback(port: port, receiveBuffer: receiveBuffer, patienceSeconds: 20)
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    // MARK: Bytes

    /// - Returns: whether all of it was taken within two seconds.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                Glibc.send(descriptor, all.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Whether the server closes it within twenty seconds; what comes before that is passed over.
    func isClosed() -> Bool {
        while true {
            var bytes = [UInt8](repeating: 0, count: 65536)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count == 0 { return true }
            if count < 0 { return errno != EAGAIN }
        }
    }

    private func fill(_ count: Int) throws {
        while buffer.count < count {
            var bytes = [UInt8](repeating: 0, count: 65536)
            let received = recv(descriptor, &bytes, bytes.count, 0)
            guard received > 0 else { throw Silence() }
            buffer += bytes.prefix(received)
        }
    }

    // MARK: Requests

    func uri(_ path: String) -> String { "rtsp://127.0.0.1:\(port)/\(path)" }

    /// - Parameter headers: whole lines.
    func request(_ method: String, _ path: String, _ headers: [String] = [], body: String = "") throws -> Response {
        number += 1
        var lines = ["\(method) \(uri(path)) RTSP/1.0", "CSeq: \(number)"] + headers
        if !body.isEmpty { lines += ["Content-Type: application/sdp", "Content-Length: \(body.utf8.count)"] }
        send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        return try response()
    }

    func response() throws -> Response {
        while true {
            try fill(4)
            guard buffer[0] != UInt8(ascii: "$") else {
                frames.append(try frame())
                continue
            }
            var end: Int?
            while end == nil {
                end = buffer.indices.first { buffer[$0...].starts(with: Array("\r\n\r\n".utf8)) }
                if end == nil { try fill(buffer.count + 1) }
            }
            let lines = String(decoding: buffer[..<(end ?? 0)], as: UTF8.self).components(separatedBy: "\r\n")
            buffer.removeFirst((end ?? 0) + 4)
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                let pair = line.split(separator: ":", maxSplits: 1)
                if pair.count == 2 {
                    headers[pair[0].lowercased()] = pair[1].trimmingCharacters(in: .whitespaces)
                }
            }
            let length = Int(headers["content-length"] ?? "0") ?? 0
            try fill(length)
            let body = String(decoding: buffer.prefix(length), as: UTF8.self)
            buffer.removeFirst(length)
            return Response(status: Int(lines[0].split(separator: " ")[1]) ?? 0, headers: headers, body: body)
        }
    }

    /// The next interleaved packet.
    func nextFrame() throws -> (channel: UInt8, packet: [UInt8]) {
        if !frames.isEmpty { return frames.removeFirst() }
        return try frame()
    }

    private func frame() throws -> (channel: UInt8, packet: [UInt8]) {
        try fill(4)
        try #require(buffer[0] == UInt8(ascii: "$"))
        let length = Int(buffer[2]) << 8 | Int(buffer[3])
        try fill(4 + length)
        defer { buffer.removeFirst(4 + length) }
        return (buffer[1], Array(buffer[4..<(4 + length)]))
    }

    // MARK: Sessions

    static let description = """
        v=0\r
        o=- 0 0 IN IP4 127.0.0.1\r
        s=test\r
        t=0 0\r
        m=video 0 RTP/AVP 96\r
        a=rtpmap:96 H264/90000\r
        a=control:streamid=0\r

        """

    /// Video and sound, by their controls.
    static func twoMedia(_ video: String, _ sound: String) -> String {
        """
        v=0\r
        o=- 0 0 IN IP4 127.0.0.1\r
        s=test\r
        t=0 0\r
        m=video 0 RTP/AVP 96\r
        a=rtpmap:96 H264/90000\r
        a=control:\(video)\r
        m=audio 0 RTP/AVP 8\r
        a=control:\(sound)\r

        """
    }

    static let interleaved = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"

    /// ANNOUNCE, SETUP and RECORD.
    func publish(_ path: String, description: String = description) throws {
        try #require(try request("ANNOUNCE", path, body: description).status == 200)
        let setUp = try request("SETUP", "\(path)/streamid=0", ["\(Self.interleaved);mode=record"])
        try #require(setUp.status == 200)
        let session = try #require(setUp.session)
        try #require(try request("RECORD", path, ["Session: \(session)"]).status == 200)
    }

    /// SETUP and PLAY.
    func play(_ path: String) throws -> Response {
        let setUp = try request("SETUP", "\(path)/trackID=0", [Self.interleaved])
        try #require(setUp.status == 200)
        return try request("PLAY", path, ["Session: \(try #require(setUp.session))"])
    }
}

/// A file's pictures as `$` frames on channel 0, one element a picture.
func interleavedPictures(of file: URL) throws -> [[UInt8]] {
    let recorded = try Rtp.Recorded(file)
    var packetizer = try #require(Packetizer(recorded.stream, track: 0))
    return recorded.packets.map { packet in
        let time = UInt32(truncatingIfNeeded: Int64((packet.decodeTime?.seconds ?? 0) * 90_000))
        let batch = packet.withBytes { packetizer.packetize($0, isKeyFrame: packet.isKeyFrame, timestamp: time) }
        return Array(batch.framed.readableBytesView)
    }
}
