private import Foundation

/// Keeps other processes from recording into a folder: two recorders would take each other's growing clips for torn ones.
///
/// Some network file systems have no locks; there it is the user's own affair.
package final class FolderLock: Sendable {
    private static let tries = 10

    private let descriptor: Int32

    /// Blocks for up to a second, in which a server that is ending may let go.
    ///
    /// - Throws: `RecordingError` when another process has it.
    init(_ path: String) throws(RecordingError) {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DiskFile.failure("cannot be opened", path) }
        for _ in 1...Self.tries {
            guard flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
            usleep(100_000)
        }
        throw RecordingError(
            .folder, subject: path,
            reason: "another server records into it; each needs a recording.recordings_dir of its own")
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Whether a process records into the folder now.
    package static func isHeld(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}
