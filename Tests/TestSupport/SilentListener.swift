private import Foundation

/// A TCP server on a free port of the loopback that accepts connections and never answers.
package final class SilentListener: @unchecked Sendable {
    // Safe: the descriptor is set once; the client's is used by one test.
    private let descriptor: Int32
    private var client: Int32 = -1
    package let port: Int

    package init() throws {
        (descriptor, port) = try listenOnLoopback()
    }

    deinit {
        close(descriptor)
        if client >= 0 { close(client) }
    }

    /// Whether somebody waits to be served.
    package var hasConnection: Bool {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&poller, 1, 0) == 1
    }

    /// Whether somebody has said something, and waits for an answer.
    package var hasHeard: Bool {
        if client < 0, hasConnection { client = accept(descriptor, nil, nil) }
        var poller = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
        return client >= 0 && poll(&poller, 1, 0) == 1
    }
}

package struct NoFreePort: Error {}

/// A port that was free a moment ago, for a peer that cannot choose one itself.
package func freePort() throws -> Int {
    let (descriptor, port) = try listenOnLoopback()
    close(descriptor)
    return port
}

/// Every TCP socket of the machine that listens and every bound UDP socket, as `address:port` in hexadecimal; nil where the
/// system does not tell.
///
/// - Parameter process: leaves out those of others.
package func listeningSockets(of process: Int32? = nil) -> [String]? {
    let own = process.map { number in
        let folder = "/proc/\(number)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return Set(names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") })
    }
    var sockets: [String] = []
    for (table, state) in [("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")] {
        guard let text = try? String(contentsOfFile: "/proc/net/\(table)", encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == state, own?.contains("socket:[\(fields[9])]") ?? true else { continue }
            sockets.append(String(fields[1]))
        }
    }
    return sockets
}

/// Whether somebody listens on a port, without connecting to it; true where the system does not tell.
package func isListened(port: Int) -> Bool {
    listeningSockets()?.contains { $0.hasSuffix(String(format: ":%04X", port)) } ?? true
}

package struct CannotConnect: Error {}

/// A blocking TCP connection to a port of the loopback; the caller closes it.
///
/// - Parameters:
///   - receiveBuffer: bytes that the system keeps for it.
///   - patienceSeconds: how long to wait for something to read.
package func connectOnLoopback(port: Int, receiveBuffer: Int32? = nil, patienceSeconds: Int) throws -> Int32 {
    #if os(Linux)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    if var size = receiveBuffer {
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    var limit = timeval(tv_sec: patienceSeconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard result == 0 else {
        close(descriptor)
        throw CannotConnect()
    }
    return descriptor
}

/// A listening TCP socket on a free port of the loopback; the caller closes it.
func listenOnLoopback() throws -> (descriptor: Int32, port: Int) {
    #if os(Linux)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, length) == 0 && listen(descriptor, 64) == 0
                && getsockname(descriptor, pointer, &length) == 0
        }
    }
    guard isBound else {
        close(descriptor)
        throw NoFreePort()
    }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
}
