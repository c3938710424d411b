private import Foundation

/// An open file of a recording. Who has it open goes on reading it when the recording is deleted.
///
/// Calls block on the disk; they may come from any thread, several at once.
package final class OpenRecordingFile: Sendable {
    package let bytes: Int64
    /// Of the last change of its content, in microseconds since 1970 (UTC).
    package let modifiedMicroseconds: Int64
    private let descriptor: Int32

    /// - Parameter descriptor: of a regular file; closed with this object.
    fileprivate init?(owning descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            close(descriptor)
            return nil
        }
        #if canImport(Darwin)
            let modified = status.st_mtimespec
        #else
            let modified = status.st_mtim
        #endif
        self.descriptor = descriptor
        bytes = Int64(status.st_size)
        modifiedMicroseconds = Int64(modified.tv_sec) * 1_000_000 + Int64(modified.tv_nsec) / 1000
    }

    deinit { close(descriptor) }

    /// Fills `buffer` with the bytes from `offset` on.
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
}

extension Store {
    /// Opens one of a recording's files: its clip or one of its thumbnails.
    ///
    /// Never follows a symbolic link out of the recordings folder, and never opens anything but a regular file.
    ///
    /// - Parameter fileName: last path component.
    /// - Returns: nil when the recording has no such file, or the file is not there.
    package func open(_ fileName: String, of recording: Recording) -> OpenRecordingFile? {
        let paths = [recording.filePath, recording.thumbnailPath, recording.cleanThumbnailPath].compactMap { $0 }
        guard let path = paths.first(where: { ($0 as NSString).lastPathComponent == fileName }) else { return nil }
        let place = (path as NSString).deletingLastPathComponent
        guard let folder = RecordingFolder(place, followsLinks: place == self.folder),
            let descriptor = folder.openFile(fileName)
        else { return nil }
        return OpenRecordingFile(owning: descriptor)
    }
}
