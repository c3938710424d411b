private import Foundation

/// The names under which clients may reach this machine.
package enum HostNames {
    /// The host name, also in the domain `local`, what only this machine has (`localhost` and its addresses), and the
    /// addresses of all interfaces that are up.
    package static func all() -> [String] {
        let name = ProcessInfo.processInfo.hostName
        let own = name.isEmpty || name == "localhost" ? [] : [name]
        // Under which phones find it without a name server.
        let announced = own.filter { !$0.contains(".") }.map { "\($0).local" }
        return own + announced + ["localhost", "127.0.0.1", "::1"] + addresses()
    }

    /// Addresses in the local network, IPv4 first.
    package static func addresses() -> [String] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var four: [String] = []
        var six: [String] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, entry.ifa_flags & UInt32(IFF_UP) != 0,
                entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0
            else { continue }
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let family = Int32(address.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6 else { continue }
            let size = socklen_t(
                family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size)
            guard getnameinfo(address, size, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else {
                continue
            }
            let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // Addresses of one link only make sense with its name.
            if name.contains("%") || name.hasPrefix("fe80") { continue }
            if family == AF_INET { four.append(name) } else { six.append(name) }
        }
        return four + six
    }
}
