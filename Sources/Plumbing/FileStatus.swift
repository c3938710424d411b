private import Foundation

/// What the system knows about a file.
package struct FileStatus: Hashable, Sendable {
    /// Neither a folder nor a pipe, device or socket.
    package let isPlainFile: Bool
    /// The nine bits of owner, group and others.
    package let permissions: Int
    package let owner: UInt32
    package let group: UInt32

    /// nil when it cannot be told.
    package init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Follows symbolic links. nil when it cannot be told.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        isPlainFile = status.st_mode & S_IFMT == S_IFREG
        permissions = Int(status.st_mode & 0o777)
        owner = status.st_uid
        group = status.st_gid
    }
}
