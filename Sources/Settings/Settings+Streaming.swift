extension Settings {
    /// The RTSP server: publishing to it, and reading from it.
    package struct Streaming: Equatable, Sendable {
        package var enabled = true
        /// 0: any free port.
        package var rtspPort = 8554
        /// 0: any free port.
        package var rtspsPort = 8322
        /// Of RTP over UDP; RTCP is on the next. 0: any free pair.
        package var rtpPort = 8000
        package var slowReaderTimeoutSeconds = 5.0
        package var anonymousRead = false
        package var allowsBasicWithoutTLS = false
        /// The first whose paths apply counts.
        package var rights: [Rights] = []

        /// Who may do what with the streams under some paths.
        package struct Rights: Equatable, Sendable {
            /// `*` stands for any characters.
            package var paths: [String] = []
            /// Of `allowedUsers`; empty: nobody.
            package var publish: [String] = []
            package var read: [String] = []

            static let allowedUsers = ["publisher", "viewer", "anyone"]
        }
    }
}

extension Settings.Streaming {
    mutating func read(_ section: inout SectionReader) {
        section.bool("enabled", into: &enabled)
        section.int("rtsp_port", into: &rtspPort, 0...65535)
        section.int("rtsps_port", into: &rtspsPort, 0...65535)
        section.int("rtp_port", into: &rtpPort, 0...65534)
        if rtpPort % 2 != 0 { section.fail("rtp_port", "\(rtpPort) is not even; RTCP is on the port behind it") }
        section.number("slow_reader_timeout_seconds", into: &slowReaderTimeoutSeconds, 1...60)
        section.bool("anonymous_read", into: &anonymousRead)
        section.bool("allow_basic_without_tls", into: &allowsBasicWithoutTLS)
        section.maps("rights") { item in
            var rights = Rights()
            item.strings("paths", into: &rights.paths)
            item.strings("publish", into: &rights.publish)
            item.strings("read", into: &rights.read)
            guard item.isGiven else { return }
            // Without it the rule would be left out, and with it what it forbids.
            if rights.paths.isEmpty { item.fail("paths", "it is needed, e.g. [\"video/*\"]") }
            for (key, users) in [("publish", rights.publish), ("read", rights.read)] {
                for (index, user) in users.enumerated() where !Rights.allowedUsers.contains(user) {
                    item.fail(
                        "\(key)[\(index)]",
                        "\(shownText(user)) is not one of \(Rights.allowedUsers.joined(separator: ", "))")
                }
            }
            self.rights.append(rights)
        }
    }

    /// Two servers cannot listen on one port. RTP has the ports of UDP for itself.
    func checkPorts(web: Int, secure: Bool, _ log: ReadingLog) {
        guard enabled else { return }
        let ports =
            [("detection.port", web), ("streaming.rtsp_port", rtspPort)]
            + (secure ? [("streaming.rtsps_port", rtspsPort)] : [])
        for (index, (path, port)) in ports.enumerated() where port != 0 {
            for (other, taken) in ports[..<index] where taken == port {
                // At the one that the file sets.
                let (at, with) = log.positions[path] == nil ? (other, path) : (path, other)
                log.error(log.positions[at] ?? .start, at, "\(port) is the port of \(with) as well")
            }
        }
    }

    /// The ports under the names of the Python version: they set the same.
    mutating func take(
        formerPort: Int, _ former: String, into port: WritableKeyPath<Self, Int>, _ key: String, _ log: ReadingLog
    ) {
        let formerPath = "advanced.mediamtx.\(former)"
        guard let position = log.positions[formerPath] else { return }
        if log.positions["streaming.\(key)"] != nil, self[keyPath: port] != formerPort {
            log.error(
                position, formerPath,
                "\(formerPort) is not the \(self[keyPath: port]) of streaming.\(key), which is its new name; leave one out"
            )
        } else {
            self[keyPath: port] = formerPort
            log.warn(position, formerPath, "its new name is streaming.\(key)")
        }
    }
}
