import NIOCore
import NIOWebSocket

/// Puts a client's frames together to messages, within a bound. No I/O.
struct MessageAssembly {
    enum Message: Equatable {
        case text(String)
        case binary(ByteBuffer)
        case ping(ByteBuffer)
        case pong
        /// With the code and reason of the client; nil when it gives none.
        case close(WebSocketClosure?)
    }

    let maximumBytes: Int
    private var isText: Bool?
    private var payload = ByteBuffer()

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// - Returns: the message that the frame completes, if it does.
    mutating func take(_ frame: WebSocketFrame) throws(WebSocketClosure) -> Message? {
        guard frame.maskKey != nil else { throw .violation("frames of a client must be masked") }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else { throw .violation("no extension was agreed on") }
        var data = frame.unmaskedData
        switch frame.opcode {
        case .text, .binary:
            guard isText == nil else { throw .violation("a message began before the former one ended") }
            isText = frame.opcode == .text
            return try add(&data, isLast: frame.fin)
        case .continuation:
            guard isText != nil else { throw .violation("a continuation of nothing") }
            return try add(&data, isLast: frame.fin)
        case .ping: return .ping(data)
        case .pong: return .pong
        case .connectionClose: return .close(try Self.closure(&data))
        default: throw .violation("an unknown opcode")
        }
    }

    private mutating func add(_ data: inout ByteBuffer, isLast: Bool) throws(WebSocketClosure) -> Message? {
        guard payload.readableBytes + data.readableBytes <= maximumBytes else { throw .tooLarge }
        payload.writeBuffer(&data)
        guard isLast else { return nil }
        let (whole, isText) = (payload, isText)
        payload = ByteBuffer()
        self.isText = nil
        guard isText == true else { return .binary(whole) }
        guard let text = String(validating: whole.readableBytesView, as: UTF8.self) else { throw .notUTF8 }
        return .text(text)
    }

    private static func closure(_ data: inout ByteBuffer) throws(WebSocketClosure) -> WebSocketClosure? {
        guard data.readableBytes > 0 else { return nil }
        guard let code = data.readInteger(as: UInt16.self), WebSocketClosure.isValid(code) else {
            throw .violation("a close frame with a wrong code")
        }
        guard let reason = String(validating: data.readableBytesView, as: UTF8.self) else { throw .notUTF8 }
        return WebSocketClosure(code: code, reason: reason)
    }
}
