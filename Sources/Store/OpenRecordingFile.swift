private import CCachedRead
private import Foundation
internal import GRDB
private import Plumbing

/// An open file of a recording. Who has it open goes on reading it when the recording is deleted.
///
/// Calls may come from any thread, several at once.
package final class OpenRecordingFile: Sendable {
    package let bytes: Int64
    /// Of the last change of its content, in microseconds since 1970 (UTC).
    package let modifiedMicroseconds: Int64
    private let descriptor: Int32

    /// - Parameter descriptor: of a regular file; closed with this object.
    fileprivate init?(owning descriptor: Int32) {
        guard let facts = Self.facts(descriptor) else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        bytes = facts.bytes
        modifiedMicroseconds = facts.modifiedMicroseconds
    }

    /// Whether it is still in its folder, as it was when it was opened. Does not wait for the disk.
    var isCurrent: Bool {
        guard let facts = Self.facts(descriptor) else { return false }
        return facts.isInFolder && facts.bytes == bytes && facts.modifiedMicroseconds == modifiedMicroseconds
    }

    private static func facts(_ descriptor: Int32) -> (bytes: Int64, modifiedMicroseconds: Int64, isInFolder: Bool)? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        #if canImport(Darwin)
            let modified = status.st_mtimespec
        #else
            let modified = status.st_mtim
        #endif
        return (
            Int64(status.st_size), Int64(modified.tv_sec) * 1_000_000 + Int64(modified.tv_nsec) / 1000,
            status.st_nlink > 0
        )
    }

    deinit { close(descriptor) }

    /// Fills `buffer` with the bytes from `offset` on; blocks on the disk.
    ///
    /// - Returns: whether there were enough of them, and the disk gave them.
    package func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(filled))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            filled += count
        }
        return true
    }

    /// Fills `buffer` like `read(at:into:)`, but never waits for the disk.
    ///
    /// - Returns: false when the system does not have all of the bytes in memory, or does not tell.
    package func readCached(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        spx_read_cached(descriptor, buffer.baseAddress, buffer.count, offset) == buffer.count
    }
}

extension Store {
    /// A file that was opened a moment ago, as players ask for one part of a clip after another; never blocks.
    ///
    /// - Returns: nil when `openFile` has to be asked.
    package func recentlyOpenedFile(_ fileName: String) -> OpenRecordingFile? {
        openFiles.find(fileName).flatMap { $0.isCurrent ? $0 : nil }
    }

    /// Opens a file of a retained recording: its clip or one of its thumbnails. Blocks on the disk.
    ///
    /// Thumbnails are found when they are named after their clip: `NAME_thumb.jpg` and `NAME_clean.jpg` of `NAME.mp4`. Never
    /// follows a symbolic link out of the recordings folder, and never opens anything but a regular file.
    ///
    /// - Parameter fileName: last path component.
    /// - Returns: nil when no recording has such a file, or the file is not there.
    package func openFile(_ fileName: String) throws -> OpenRecordingFile? {
        let epoch = openFiles.epoch
        let named: String? = try read("look up \(fileName)") { db in
            let rows = try Row.fetchCursor(
                db.cachedStatement(
                    sql: """
                        SELECT folder, file_name, thumbnail_name, clean_thumbnail_name FROM clips
                        WHERE file_name = ? AND retained = 1 ORDER BY folder LIMIT 1
                        """), arguments: [RecordingFile.clipName(of: fileName)])
            guard let row = try rows.next(), (1...3).contains(where: { (row[$0] as String?) == fileName }) else {
                return nil
            }
            return row[0]
        }
        guard let named, let open = RecordingFolder(named.isEmpty ? folder : named, followsLinks: named.isEmpty),
            let descriptor = open.openFile(fileName), let file = OpenRecordingFile(owning: descriptor)
        else { return nil }
        openFiles.keep(file, as: fileName, since: epoch)
        return file
    }
}
