private import Foundation

/// Small things about files that Foundation says less clearly or not at all. All block; messages name file and reason.
enum DiskFile {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Removes a file; one that is not there is fine.
    static func remove(_ path: String) throws(RecordingError) {
        guard unlink(path) != 0, errno != ENOENT else { return }
        throw failure("cannot be removed", path)
    }

    static func rename(_ path: String, to target: String) throws(RecordingError) {
        guard Foundation.rename(path, target) != 0 else { return }
        throw failure("cannot be renamed to \((target as NSString).lastPathComponent)", path)
    }

    static func size(_ path: String) throws(RecordingError) -> Int64 {
        var info = stat()
        guard stat(path, &info) == 0 else { throw failure("cannot be looked at", path) }
        return Int64(info.st_size)
    }

    static func truncate(_ path: String, to size: Int64) throws(RecordingError) {
        guard Foundation.truncate(path, off_t(size)) != 0 else { return }
        throw failure("cannot be shortened", path)
    }

    /// Waits until a file, or a folder's list of files, is on the disk.
    static func synchronize(_ path: String) throws(RecordingError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot be opened", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) != 0 else { return }
        throw failure("cannot be synchronised", path)
    }

    /// Replaces a file as a whole: readers, and a crash, see the old one or the new one.
    ///
    /// - Parameter isSynchronized: whether to wait until the new one is on the disk before it takes the place.
    static func replace(_ path: String, with bytes: [UInt8], isSynchronized: Bool = true) throws(RecordingError) {
        let temporary = path + ".tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("cannot be created", temporary) }
        var number = bytes.withUnsafeBytes { write($0, to: descriptor) }
        if number == 0, isSynchronized, fsync(descriptor) != 0 { number = errno }
        close(descriptor)
        guard number == 0 else {
            unlink(temporary)
            throw failure("cannot be written", temporary, number)
        }
        try rename(temporary, to: path)
    }

    /// Writes all of it.
    ///
    /// - Returns: 0, or the `errno` value of what went wrong.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = rest.dropFirst(written)
        }
        return 0
    }

    static func failure(_ what: String, _ path: String, _ number: Int32 = errno) -> RecordingError {
        RecordingError(.file, subject: path, reason: "\(what): \(String(cString: strerror(number))) (\(number))")
    }
}
