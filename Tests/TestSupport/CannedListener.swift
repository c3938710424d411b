private import Foundation

/// A TCP server on a free port of the loopback that answers everybody's first bytes with the same ones and hangs up.
package final class CannedListener: @unchecked Sendable {
    // Safe: the descriptor is set once; only the thread accepts on it.
    private let descriptor: Int32
    package let port: Int

    #if os(Linux)
        private static let flags = Int32(MSG_NOSIGNAL)
    #else
        private static let flags: Int32 = 0
    #endif

    package init(answering bytes: [UInt8]) throws {
        (descriptor, port) = try listenOnLoopback()
        let descriptor = descriptor
        Thread.detachNewThread {
            var request = [UInt8](repeating: 0, count: 4096)
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { return }
                // What was not read would turn the end of the connection into a reset.
                _ = recv(client, &request, request.count, 0)
                _ = send(client, bytes, bytes.count, Self.flags)
                close(client)
            }
        }
    }

    deinit {
        // Wakes the thread, which ends.
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }
}
