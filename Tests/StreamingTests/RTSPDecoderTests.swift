import NIOCore
import Streaming
import Testing

/// Requests and packets as they come off a connection, in pieces of any size.
struct RTSPDecoderTests {
    private static let stream: [UInt8] = {
        let announce =
            "ANNOUNCE rtsp://h/video/a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: \(RTSPPeer.description.utf8.count)\r\n\r\n"
            + RTSPPeer.description
        let others =
            "\r\nOPTIONS * RTSP/1.0\nCSeq: 2\n\nRTSP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc\r\n"
            + "SET_PARAMETER /video/a RTSP/1.0\r\nCSeq: 3\r\nContent-Length: 4\r\n\r\n$\r\n\r"
        let packet: [UInt8] = [0x24, 1, 0, 3, 0x24, 0x0a, 0x0d]
        return packet + Array(announce.utf8) + packet + packet + Array(others.utf8) + packet
    }()

    private static func items(_ pieces: [ArraySlice<UInt8>]) throws -> (items: [RTSPDecoder.Item], heads: Int) {
        var decoder = RTSPDecoder()
        var items: [RTSPDecoder.Item] = []
        for piece in pieces {
            decoder.append(ByteBuffer(bytes: piece))
            while let item = try decoder.next() { items.append(item) }
        }
        #expect(decoder.waitingBytes == 0)
        return (items, decoder.headCount)
    }

    @Test("However the bytes are cut, the same comes out, and every head is taken apart once")
    func splits() throws {
        let bytes = Self.stream
        let whole = try Self.items([bytes[...]])
        #expect(whole.items.count == 7 && whole.heads == 4)
        let requests = whole.items.compactMap { if case .request(let request) = $0 { request } else { nil } }
        #expect(requests.map(\.method) == ["ANNOUNCE", "OPTIONS", "SET_PARAMETER"])
        #expect(
            requests.first?.body == Array(RTSPPeer.description.utf8) && requests.last?.body == Array("$\r\n\r".utf8))
        for cut in bytes.indices {
            let halves = try Self.items([bytes[..<cut], bytes[cut...]])
            #expect(halves == whole, "cut at \(cut)")
        }
        for size in 1..<40 {
            let pieces = stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
            #expect(try Self.items(pieces) == whole, "pieces of \(size)")
        }
    }

    @Test("What is no request is known by its head, before its body")
    func badHead() throws {
        for head in ["OPTIONS RTSP/1.0", "GET / HTTP/1.1", "OPTIONS * RTSP/2.0"] {
            var decoder = RTSPDecoder()
            decoder.append(ByteBuffer(string: "\(head)\r\nContent-Length: 9\r\n\r\n"))
            #expect(throws: RTSPSyntaxError.self) { try decoder.next() }
        }
    }

    @Test("A request that is not to be taken yet stays, with what is behind it; what is in front of it goes")
    func heldBack() throws {
        var decoder = RTSPDecoder()
        let packet: [UInt8] = [0x24, 1, 0, 1, 9]
        let options = Array("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".utf8)
        decoder.append(ByteBuffer(bytes: packet + options + packet))
        #expect(try decoder.next(takesRequests: false) == .frame(channel: 1, ByteBuffer(bytes: [9])))
        #expect(try decoder.next(takesRequests: false) == nil)
        #expect(decoder.isHeldBack && decoder.waitingBytes == options.count + packet.count)
        guard case .request = try decoder.next() else {
            Issue.record("no request")
            return
        }
        #expect(try decoder.next(takesRequests: false) == .frame(channel: 1, ByteBuffer(bytes: [9])))
        #expect(try decoder.next() == nil && !decoder.isHeldBack)
    }
}
