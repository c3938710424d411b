private import Foundation

/// What an RTSP URL asks for.
package struct RTSPAddress: Sendable, Hashable {
    /// Behind the host, without slashes at its ends and without the query; decoded.
    package let path: String
    /// Behind the last slash of the query: some put the control of a media there, as they hang it on to the whole URL.
    package let controlInQuery: String?

    /// Takes absolute URLs and bare paths. nil for what is neither.
    package init?(_ uri: String) {
        guard uri.utf8.count <= 2048 else { return nil }
        var rest = Substring(uri)
        if let scheme = rest.range(of: "://") {
            guard ["rtsp", "rtsps", "rtspu"].contains(rest[..<scheme.lowerBound].lowercased()) else { return nil }
            rest = rest[scheme.upperBound...].drop { $0 != "/" && $0 != "?" }
        } else if !rest.hasPrefix("/") && rest != "*" {
            return nil
        }
        let bare = rest.prefix { $0 != "?" && $0 != "#" }
        guard let decoded = String(bare).removingPercentEncoding else { return nil }
        let query = rest[bare.endIndex...]
        controlInQuery = query.lastIndex(of: "/").map { String(query[query.index(after: $0)...]) }
        path = String(
            decoded.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
    }

    /// What stands behind another path and a slash; empty for the path itself, nil for what is not under it.
    package func suffix(behind other: String) -> String? {
        if path == other { return "" }
        guard path.hasPrefix(other + "/") else { return nil }
        return String(path.dropFirst(other.count + 1))
    }

    /// The URL of a stream that the controls of its media are put behind: without the query, and without a slash at its end.
    static func base(_ uri: String) -> String {
        let bare = uri.prefix { $0 != "?" && $0 != "#" }
        return String(bare.hasSuffix("/") ? bare.dropLast() : bare)
    }
}
