internal import FFmpeg
private import Foundation
private import Plumbing

/// The file of a clip that grows. Writing is for one thread; `synchronize` may come from another.
final class PartFile: MuxerOutput, @unchecked Sendable {
    // Safe: the descriptor is behind the lock, the count belongs to the writing thread.
    let path: String
    private let descriptor: Locked<Int32?>
    private(set) var byteCount: Int64 = 0

    /// Creates it; fails when there is one.
    ///
    /// - Returns: nil when a file of this name exists.
    init?(path: String) throws(RecordingError) {
        self.path = path
        let opened = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        if opened < 0, errno == EEXIST { return nil }
        guard opened >= 0 else { throw DiskFile.failure("cannot be created", path) }
        descriptor = Locked(opened)
    }

    deinit { closeFile() }

    func write(_ bytes: UnsafeRawBufferPointer) throws(MuxerOutputError) {
        guard let descriptor = descriptor.withLock({ $0 }) else { throw MuxerOutputError(number: EBADF) }
        let number = DiskFile.write(bytes, to: descriptor)
        guard number == 0 else { throw MuxerOutputError(number: number) }
        byteCount += Int64(bytes.count)
    }

    /// Whether it still has a name: somebody may have removed it.
    var isLinked: Bool {
        guard let descriptor = descriptor.withLock({ $0 }) else { return false }
        var info = stat()
        return fstat(descriptor, &info) == 0 && info.st_nlink > 0
    }

    /// Waits until all that was written is on the disk. Once closed it does nothing.
    func synchronize() {
        // A descriptor of its own: the file may be closed meanwhile.
        let copy = descriptor.withLock { $0.map { dup($0) } ?? -1 }
        guard copy >= 0 else { return }
        #if os(Linux)
            fdatasync(copy)
        #else
            fsync(copy)
        #endif
        close(copy)
    }

    func closeFile() {
        descriptor.withLock { descriptor in
            if let opened = descriptor { close(opened) }
            descriptor = nil
        }
    }
}
