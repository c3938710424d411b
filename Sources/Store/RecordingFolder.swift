private import Foundation

/// An open folder of recordings, whose files are reached by name: never outside it, never through a symbolic link.
struct RecordingFolder: ~Copyable {
    /// What became of a file that was to be removed.
    enum Removal: Hashable {
        case removed
        /// There was none.
        case absent
        /// There is something of that name, but no regular file. It was left alone.
        case notAFile
        /// The system refused; `errno` and its text.
        case failed(Int32, String)
    }

    struct File: Hashable {
        let bytes: Int64
        /// Of the last change of its content.
        let modifiedMicroseconds: Int64
    }

    private let descriptor: Int32

    /// - Parameters:
    ///   - path: absolute.
    ///   - followsLinks: whether the way to the folder may lead through symbolic links: for the folder that the user has
    ///     named, not for one that a row names.
    /// - Returns: nil when it is not there or not to be reached this way; `errno` tells why.
    init?(_ path: String, followsLinks: Bool) {
        if followsLinks {
            descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        } else {
            descriptor = Self.walk(path)
        }
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    private static func walk(_ path: String) -> Int32 {
        guard path.hasPrefix("/") else {
            errno = EINVAL
            return -1
        }
        var current = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for component in path.split(separator: "/") where current >= 0 {
            guard isPlainName(String(component)) else {
                close(current)
                errno = EINVAL
                return -1
            }
            let next = openat(current, String(component), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            let reason = errno
            close(current)
            errno = reason
            current = next
        }
        return current
    }

    /// Whether `name` can only mean an entry of the folder itself.
    static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }

    /// The regular file of that name; nil when there is none.
    func file(_ name: String) -> File? {
        guard Self.isPlainName(name) else { return nil }
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFREG
        else { return nil }
        #if canImport(Darwin)
            let modified = status.st_mtimespec
        #else
            let modified = status.st_mtim
        #endif
        return File(
            bytes: Int64(status.st_size),
            modifiedMicroseconds: Int64(modified.tv_sec) * 1_000_000 + Int64(modified.tv_nsec) / 1000)
    }

    /// Opens the regular file of that name for reading.
    ///
    /// - Returns: its descriptor, the caller's to close; nil when there is none, or something else of that name.
    func openFile(_ name: String) -> Int32? {
        guard Self.isPlainName(name) else { return nil }
        // Without blocking: a named pipe would wait for its writer.
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        var status = stat()
        guard file >= 0 else { return nil }
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            return nil
        }
        return file
    }

    /// Whether there is anything of that name.
    func holds(_ name: String) -> Bool {
        var status = stat()
        return Self.isPlainName(name) && fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// Removes the name; who has the file open keeps reading it.
    func remove(_ name: String) -> Removal {
        guard Self.isPlainName(name) else { return .notAFile }
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return Self.failure() }
        guard status.st_mode & S_IFMT == S_IFREG else { return .notAFile }
        return unlinkat(descriptor, name, 0) == 0 ? .removed : Self.failure()
    }

    private static func failure() -> Removal {
        let code = errno
        return code == ENOENT ? .absent : .failed(code, String(cString: strerror(code)))
    }

    /// Names of all entries but `.` and `..`, in no order.
    func names() -> [String] {
        // The stream takes over the descriptor that it is given, and its place in the folder.
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { return [] }
        guard let stream = fdopendir(copy) else {
            close(copy)
            return []
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
