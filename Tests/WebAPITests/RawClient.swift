import Foundation
import Glibc
import TestSupport
import Testing

/// A blocking TCP client that sends exactly the given bytes; to be used inside `onThread`.
final class RawClient: Sendable {
    private let descriptor: Int32

    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = try connectOnLoopback(port: port, receiveBuffer: receiveBuffer, patienceSeconds: 60)
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Some bytes; empty when the peer closed or reset, nil after a minute of silence.
    func receive() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count < 0 { return errno == EAGAIN ? nil : [] }
        return Array(bytes.prefix(count))
    }

    func receive(until isEnough: ([UInt8]) -> Bool) -> [UInt8] {
        var all: [UInt8] = []
        while !isEnough(all), let more = receive(), !more.isEmpty { all += more }
        return all
    }
}

/// One request on a connection of its own; the whole response as text.
func exchange(_ port: Int, _ method: String, _ target: String, _ fields: String = "") async throws -> String {
    try await onThread {
        let client = try RawClient(port: port)
        client.send("\(method) \(target) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\(fields)\r\n")
        return String(decoding: client.receive { _ in false }, as: UTF8.self)
    }
}

func bodyOf(_ response: String) -> String {
    response.range(of: "\r\n\r\n").map { String(response[$0.upperBound...]) } ?? ""
}
