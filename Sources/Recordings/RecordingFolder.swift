private import Foundation

/// The folder that clips go to, with a guard against writing into the bare mount point of a volume that is not there.
///
/// A small file in it, `.spectrax-folder`, tells it apart. A folder without that file is taken for the same, emptied or
/// made anew, when it is on the same device as at the start; otherwise its volume is not mounted.
///
/// As long as this lives, no other process records into it.
package final class RecordingFolder: Sendable {
    static let markName = ".spectrax-folder"

    package let path: String
    private let mark: String
    private let device: UInt64
    private let lock: FolderLock

    /// Makes the folder where there is none. Blocks.
    ///
    /// - Throws: `RecordingError` that names it.
    package init(path: String) throws(RecordingError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw RecordingError(.folder, subject: path, reason: "cannot be created: \(error.localizedDescription)")
        }
        lock = try FolderLock(path)
        guard let device = Self.device(of: path) else { throw Self.failure(path, errno) }
        self.device = device
        let markFile = "\(path)/\(Self.markName)"
        if let found = try Self.read(markFile) {
            mark = found
        } else {
            mark = UUID().uuidString.lowercased()
            try DiskFile.replace(markFile, with: Array((mark + "\n").utf8))
        }
    }

    /// Makes sure that it is the folder that it was at the start.
    package func check() throws(RecordingError) {
        let markFile = file(Self.markName)
        if let found = try Self.read(markFile) {
            guard found == mark else {
                throw RecordingError(.folder, subject: path, reason: "another recordings folder is mounted there")
            }
            return
        }
        guard let now = Self.device(of: path) else { throw Self.failure(path, errno) }
        guard now == device else {
            throw RecordingError(.folder, subject: path, reason: "its volume is not mounted")
        }
        try DiskFile.replace(markFile, with: Array((mark + "\n").utf8))
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func synchronize() throws(RecordingError) {
        try DiskFile.synchronize(path)
    }

    /// Names of all files in it.
    func names() throws(RecordingError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw RecordingError(.folder, subject: path, reason: "cannot be listed: \(error.localizedDescription)")
        }
    }

    /// - Returns: nil when there is no such file.
    private static func read(_ path: String) throws(RecordingError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw DiskFile.failure("cannot be read", path)
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = Foundation.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw DiskFile.failure("cannot be read", path) }
        return String(decoding: bytes.prefix(count), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func device(of path: String) -> UInt64? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        return UInt64(truncatingIfNeeded: info.st_dev)
    }

    private static func failure(_ path: String, _ number: Int32) -> RecordingError {
        RecordingError(.folder, subject: path, reason: "is gone: \(String(cString: strerror(number))) (\(number))")
    }
}
