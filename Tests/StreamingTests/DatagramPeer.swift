import Foundation
import Glibc

/// A UDP socket on the loopback.
final class DatagramPeer: Sendable {
    private let descriptor: Int32
    let port: Int

    private init?(port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = Self.address(port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        self.descriptor = descriptor
        self.port = Int(UInt16(bigEndian: address.sin_port))
        guard isBound else { return nil }
    }

    deinit { close(descriptor) }

    /// Two on an even port and the next, for RTP and RTCP.
    static func pair() throws -> (rtp: DatagramPeer, rtcp: DatagramPeer) {
        for _ in 0..<100 {
            if let rtp = DatagramPeer(port: 0), rtp.port % 2 == 0, let rtcp = DatagramPeer(port: rtp.port + 1) {
                return (rtp, rtcp)
            }
        }
        throw CocoaError(.featureUnsupported)
    }

    func send(_ bytes: [UInt8], to port: Int) {
        let address = Self.address(port)
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = sendto(descriptor, bytes, bytes.count, 0, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }
}
