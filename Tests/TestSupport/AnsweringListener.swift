private import Foundation

/// A TCP server on a free port of the loopback that answers each request of the first client, and in between says something of its own.
package final class AnsweringListener: @unchecked Sendable {
    // Safe: the descriptor is set once; only the thread accepts on it.
    private let descriptor: Int32
    package let port: Int

    #if os(Linux)
        private static let flags = Int32(MSG_NOSIGNAL)
    #else
        private static let flags: Int32 = 0
    #endif

    /// - Parameter answer: given the head of a request without its empty line, or nil when none came for a moment.
    package init(answer: @escaping @Sendable (String?) -> [UInt8]) throws {
        (descriptor, port) = try listenOnLoopback()
        let descriptor = descriptor
        Thread.detachNewThread {
            let client = accept(descriptor, nil, nil)
            guard client >= 0 else { return }
            defer { close(client) }
            var text = ""
            while true {
                var bytes: [UInt8] = []
                if let end = text.range(of: "\r\n\r\n") {
                    bytes = answer(String(text[..<end.lowerBound]))
                    text.removeSubrange(..<end.upperBound)
                } else {
                    var poller = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
                    if poll(&poller, 1, 20) == 1 {
                        var room = [UInt8](repeating: 0, count: 4096)
                        let count = recv(client, &room, room.count, 0)
                        guard count > 0 else { return }
                        text += String(decoding: room.prefix(count), as: UTF8.self)
                        continue
                    }
                    bytes = answer(nil)
                }
                guard bytes.isEmpty || send(client, bytes, bytes.count, Self.flags) > 0 else { return }
            }
        }
    }

    deinit {
        // Wakes the thread, if nobody came.
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }
}
