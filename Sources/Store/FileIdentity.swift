private import Foundation

/// Which file it is, whatever it is called.
struct FileIdentity: Hashable {
    private let device: UInt64
    private let number: UInt64

    /// - Returns: nil when there is none at `path`.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        number = UInt64(truncatingIfNeeded: status.st_ino)
    }

    /// Whether `path` is a folder at which a volume is mounted.
    static func isMountPoint(_ path: String) -> Bool {
        guard let itself = FileIdentity(path), let parent = FileIdentity(path + "/..") else { return false }
        // Above the root there is the root.
        return itself.device != parent.device || itself == parent
    }
}
