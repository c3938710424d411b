import NIOCore

/// Frames as a server sends them: unmasked, unfragmented (RFC 6455, section 5.2). So the same bytes go to every client.
enum WebSocketBytes {
    enum Opcode: UInt8 {
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA
    }

    static func frame(_ opcode: Opcode, _ payload: ByteBuffer) -> ByteBuffer {
        var buffer = head(opcode, payload.readableBytes, room: payload.readableBytes)
        buffer.writeImmutableBuffer(payload)
        return buffer
    }

    /// What stands in front of a payload.
    ///
    /// - Parameter room: bytes to leave for it.
    static func head(_ opcode: Opcode, _ size: Int, room: Int = 0) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: room + 10)
        buffer.writeInteger(0x80 | opcode.rawValue)
        switch size {
        case ..<126: buffer.writeInteger(UInt8(size))
        case ...0xFFFF:
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(size))
        default:
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(size))
        }
        return buffer
    }

    /// - Parameter reason: cut to what fits into a control frame.
    static func close(_ code: UInt16?, _ reason: String = "") -> ByteBuffer {
        var payload = ByteBuffer()
        if let code {
            payload.writeInteger(code)
            var text = reason
            while text.utf8.count > 123 { text.removeLast() }
            payload.writeString(text)
        }
        return frame(.close, payload)
    }
}

/// Why a WebSocket is closed (RFC 6455, section 7.4.1).
struct WebSocketClosure: Error, Equatable {
    let code: UInt16
    let reason: String

    static let goingAway = WebSocketClosure(code: 1001, reason: "the server shuts down")
    static let tooLarge = WebSocketClosure(code: 1009, reason: "the message is too large")
    static let notUTF8 = WebSocketClosure(code: 1007, reason: "the text is not UTF-8")

    static func violation(_ reason: String) -> WebSocketClosure { WebSocketClosure(code: 1002, reason: reason) }

    /// Whether a peer may send this code.
    static func isValid(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
