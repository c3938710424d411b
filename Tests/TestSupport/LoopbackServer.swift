private import Foundation

/// A TCP server on a free port of the loopback that says what it is told to, to one client after the other.
package final class LoopbackServer: @unchecked Sendable {
    // Safe: the descriptor is set once; only the thread accepts on it.
    private let descriptor: Int32
    package let port: Int

    /// - Parameter serve: given each client's descriptor, which is closed afterwards.
    private init(serve: @escaping @Sendable (Int32) -> Void) throws {
        (descriptor, port) = try listenOnLoopback()
        let descriptor = descriptor
        Thread.detachNewThread {
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { return }
                serve(client)
                close(client)
            }
        }
    }

    deinit {
        // Wakes the thread, which ends.
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    /// Answers everybody's first bytes with the same ones and hangs up.
    package convenience init(answering bytes: [UInt8]) throws {
        try self.init { client in
            // What was not read would turn the end of the connection into a reset.
            _ = receive(client)
            _ = send(bytes, to: client)
        }
    }

    /// Answers each request, and in between says something of its own.
    ///
    /// - Parameter answer: given the head of a request without its empty line, or nil when none came for a moment.
    package convenience init(answer: @escaping @Sendable (String?) -> [UInt8]) throws {
        try self.init { client in
            var text = ""
            while true {
                var bytes: [UInt8] = []
                if let end = text.range(of: "\r\n\r\n") {
                    bytes = answer(String(text[..<end.lowerBound]))
                    text.removeSubrange(..<end.upperBound)
                } else {
                    var poller = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
                    if poll(&poller, 1, 20) == 1 {
                        guard let more = receive(client) else { return }
                        text += String(decoding: more, as: UTF8.self)
                        continue
                    }
                    bytes = answer(nil)
                }
                guard bytes.isEmpty || send(bytes, to: client) else { return }
            }
        }
    }
}

/// nil at the end of the connection.
private func receive(_ client: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = recv(client, &bytes, bytes.count, 0)
    return count > 0 ? Array(bytes.prefix(count)) : nil
}

private func send(_ bytes: [UInt8], to client: Int32) -> Bool {
    #if os(Linux)
        let flags = Int32(MSG_NOSIGNAL)
    #else
        let flags: Int32 = 0
    #endif
    return send(client, bytes, bytes.count, flags) > 0
}
