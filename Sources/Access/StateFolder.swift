internal import Foundation
private import Plumbing

/// The folder of what the server keeps secret: credentials and the key of its certificate. For its owner only.
package struct StateFolder: Sendable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// The credentials of this server; new ones at the first time.
    ///
    /// - Throws: `AccessError` for a file that cannot be read or makes no sense: it is never replaced by itself, as every
    ///   phone and player would be locked out.
    package func credentials() throws(AccessError) -> Credentials {
        if let credentials = try storedCredentials() { return credentials }
        let lock = try lock()
        defer { close(lock) }
        // Another process may have been first.
        if let credentials = try storedCredentials() { return credentials }
        return try makeCredentials()
    }

    /// Makes new credentials in place of those there are.
    package func resetCredentials() throws(AccessError) -> Credentials {
        let lock = try lock()
        defer { close(lock) }
        return try makeCredentials()
    }

    private func storedCredentials() throws(AccessError) -> Credentials? {
        guard let bytes = try read(Self.credentialsName) else { return nil }
        guard let credentials = try? JSONDecoder().decode(Credentials.self, from: bytes),
            [credentials.publisher, credentials.viewer].allSatisfy(\.isUsable),
            credentials.publisher.username != credentials.viewer.username
        else {
            throw AccessError(
                subject: file(Self.credentialsName),
                reason: "it is not what this program has written; mend it, or make new credentials with: "
                    + "spectrax credentials reset")
        }
        return credentials
    }

    private func makeCredentials() throws(AccessError) -> Credentials {
        let credentials = Credentials.random()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let bytes = try? encoder.encode(credentials) else {
            throw AccessError(subject: file(Self.credentialsName), reason: "they cannot be encoded")
        }
        try write(Self.credentialsName, bytes + Data("\n".utf8))
        return credentials
    }

    /// Changes whenever somebody writes the credentials; nil when they are not there.
    package func credentialsVersion() -> String? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: file(Self.credentialsName)),
            let changed = attributes[.modificationDate] as? Date
        else { return nil }
        // Each writing makes a new file, so one within the same tick of the clock shows as well.
        return "\(attributes[.systemFileNumber] ?? 0) \(changed.timeIntervalSince1970)"
    }

    static let credentialsName = "credentials.json"

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// - Returns: nil when there is no such file.
    func read(_ name: String) throws(AccessError) -> Data? {
        let path = file(name)
        // Not blocking: it may be a pipe.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            if errno == ELOOP { throw AccessError(subject: path, reason: "it is a symbolic link") }
            throw AccessError(subject: path, number: errno)
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard let status = FileStatus(descriptor: descriptor), status.isPlainFile else {
            throw AccessError(subject: path, reason: "it is not a plain file")
        }
        // Somebody may have copied it here with the usual permissions.
        if status.permissions & 0o077 != 0 {
            fchmod(descriptor, 0o600)
            guard let repaired = FileStatus(descriptor: descriptor), repaired.permissions & 0o077 == 0 else {
                throw AccessError(subject: path, reason: "others can read it, and that cannot be changed; chmod 600 it")
            }
        }
        do {
            return try handle.read(upToCount: 1 << 20) ?? Data()
        } catch {
            throw AccessError(subject: path, reason: "it cannot be read: \(error.localizedDescription)")
        }
    }

    /// Writes a file for its owner only: whole or not at all, also when the power goes. Needs the lock.
    func write(_ name: String, _ bytes: Data) throws(AccessError) {
        let fresh = file(Self.freshName(name))
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw AccessError(subject: fresh, number: errno) }
        // The administrator may do it for a server that runs as another user.
        if geteuid() == 0, let folder = FileStatus(path: path) { _ = fchown(descriptor, folder.owner, folder.group) }
        let written = bytes.withUnsafeBytes { buffer in
            var position = 0
            while position < buffer.count {
                let count = writeBytes(
                    descriptor, buffer.baseAddress.map { $0 + position }, buffer.count - position)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                position += count
            }
            return fsync(descriptor) == 0
        }
        let reason = errno
        close(descriptor)
        guard written, rename(fresh, file(name)) == 0 else {
            let number = written ? errno : reason
            unlink(fresh)
            throw AccessError(subject: file(name), number: number)
        }
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    /// Makes the folder, and keeps other processes from writing there until the descriptor that it returns is closed. Blocks for
    /// as long as they write.
    func lock() throws(AccessError) -> Int32 {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw AccessError(subject: path, reason: "the folder cannot be made: \(error.localizedDescription)")
        }
        try closeToOthers()
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw AccessError(subject: path, number: errno) }
        // Some network file systems have no locks; then two first starts at once are the user's own affair.
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        return descriptor
    }

    /// A folder of our own becomes one for its owner only. One that holds other things as well keeps its permissions, and is
    /// refused where others could exchange our files.
    private func closeToOthers() throws(AccessError) {
        guard let status = FileStatus(path: path), status.permissions & 0o077 != 0 else { return }
        let names = [Self.credentialsName, Self.certificateName, Self.keyName]
        let ours = Set(names + names.map(Self.freshName))
        let present = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? ["?"]
        if ours.isSuperset(of: present), chmod(path, 0o700) == 0 { return }
        if status.permissions & 0o022 != 0 {
            throw AccessError(
                subject: path, reason: "others can write there; security.state_dir needs a directory of its own")
        }
    }

    private static func freshName(_ name: String) -> String { ".\(name).new" }
}

extension Credentials.Account {
    fileprivate var isUsable: Bool {
        !username.isEmpty && !username.contains(where: { $0 == ":" || $0 == "\"" || $0.isNewline })
            && password.count >= 8
            && !password.contains(where: \.isNewline)
    }
}

/// `StateFolder.write` hides the system's.
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
