import Foundation
import Testing

/// A WebSocket client that sends exactly the frames it is told to, right or wrong; to be used inside `onThread`, by one thread
/// at a time.
final class SocketClient: @unchecked Sendable {
    // Safe: used by one test on one thread at a time.
    enum Opcode: UInt8 {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA
    }

    struct Frame: Equatable {
        var opcode: UInt8
        var payload: [UInt8]

        var text: String { String(decoding: payload, as: UTF8.self) }
        /// The code of a close frame.
        var code: Int? { payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
    }

    /// The response to the handshake.
    let head: String
    private let client: RawClient
    private var buffer: [UInt8] = []
    /// Frames that came before the first pong.
    private var early: [Frame] = []

    init(port: Int, _ target: String, _ fields: String = "", receiveBuffer: Int32? = nil) throws {
        client = try RawClient(port: port, receiveBuffer: receiveBuffer)
        client.send(Self.handshake(target, fields))
        let end = Array("\r\n\r\n".utf8)
        let bytes = client.receive { $0.windows(of: end) != nil }
        let index = bytes.windows(of: end) ?? bytes.count
        head = String(decoding: bytes.prefix(index), as: UTF8.self)
        buffer = Array(bytes.dropFirst(index + 4))
        guard head.hasPrefix("HTTP/1.1 101 ") else { return }
        // The answer to the handshake comes a little before the server listens and tells.
        send(.ping, [0])
        while let frame = read(), frame.opcode != Opcode.pong.rawValue { early.append(frame) }
    }

    static func handshake(_ target: String, _ fields: String = "") -> String {
        "GET \(target) HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(fields)\r\n"
    }

    /// A frame as clients send it, masked, unless told otherwise.
    func send(_ opcode: Opcode, _ payload: [UInt8] = [], isLast: Bool = true, bits: UInt8 = 0, isMasked: Bool = true) {
        var bytes = [(isLast ? 0x80 : 0) | bits | opcode.rawValue]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ..<126: bytes.append(mask | UInt8(payload.count))
        case ...0xFFFF: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            bytes.append(mask | 127)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        if isMasked { bytes += key }
        bytes += payload.enumerated().map { isMasked ? $1 ^ key[$0 % 4] : $1 }
        client.send(bytes)
    }

    func send(raw bytes: [UInt8]) {
        client.send(bytes)
    }

    /// The next frame; nil when the connection ends.
    func receive() -> Frame? {
        early.isEmpty ? read() : early.removeFirst()
    }

    private func read() -> Frame? {
        while true {
            if let frame = next() { return frame }
            guard let more = client.receive(), !more.isEmpty else { return nil }
            buffer += more
        }
    }

    /// The next frame that is no ping.
    func receiveMessage() -> Frame? {
        while let frame = receive() {
            if frame.opcode != Opcode.ping.rawValue { return frame }
        }
        return nil
    }

    private func next() -> Frame? {
        guard buffer.count >= 2 else { return nil }
        var (size, start) = (Int(buffer[1] & 0x7F), 2)
        if size >= 126 {
            let width = size == 126 ? 2 : 8
            guard buffer.count >= 2 + width else { return nil }
            size = buffer[2..<(2 + width)].reduce(0) { $0 << 8 | Int($1) }
            start += width
        }
        guard buffer.count >= start + size else { return nil }
        defer { buffer.removeFirst(start + size) }
        return Frame(opcode: buffer[0] & 0x0F, payload: Array(buffer[start..<(start + size)]))
    }
}

extension [UInt8] {
    /// Where `other` begins in it.
    fileprivate func windows(of other: [UInt8]) -> Int? {
        guard count >= other.count else { return nil }
        return (0...(count - other.count)).first { Array(self[$0..<($0 + other.count)]) == other }
    }
}
