private import Foundation

/// How many files and connections the process may have open at a time.
package enum OpenFiles {
    /// More than all bounds of connections together; some libraries walk through all that there could be.
    private static let most: rlim_t = 65_536

    #if os(Linux)
        private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        private static let resource = RLIMIT_NOFILE
    #endif

    /// Raises the limit as far as the system lets it be raised. Systems begin with 1,024, for the sake of old programs:
    /// fewer than the connections that are taken, and clips and the database need some too.
    ///
    /// - Returns: the limit of now.
    package static func raiseLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 1024 }
        var raised = limit
        raised.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, most))
        if setrlimit(resource, &raised) == 0 { limit = raised }
        return Int(clamping: limit.rlim_cur)
    }
}
