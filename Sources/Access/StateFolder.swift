internal import Foundation

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
        if let bytes = try read(Self.credentialsName) {
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
        return try resetCredentials()
    }

    /// Makes new credentials in place of those there are.
    package func resetCredentials() throws(AccessError) -> Credentials {
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
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw AccessError(subject: path, number: errno)
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        // Somebody may have copied it here with the usual permissions.
        if fchmod(descriptor, 0o600) != 0, Self.permissions(of: path) & 0o077 != 0 {
            throw AccessError(subject: path, reason: "others can read it, and that cannot be changed; chmod 600 it")
        }
        guard let bytes = try? handle.read(upToCount: 1 << 20) else { return Data() }
        return bytes
    }

    /// Writes a file for its owner only: whole or not at all, also when the power goes.
    func write(_ name: String, _ bytes: Data) throws(AccessError) {
        try makeFolder()
        let fresh = file(".\(name).new")
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw AccessError(subject: fresh, number: errno) }
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

    private func makeFolder() throws(AccessError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw AccessError(subject: path, reason: "the folder cannot be made: \(error.localizedDescription)")
        }
        if Self.permissions(of: path) & 0o077 != 0 { chmod(path, 0o700) }
    }

    /// All of them where they cannot be told.
    private static func permissions(of path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.posixPermissions] as? Int ?? 0o777
    }
}

extension Credentials.Account {
    fileprivate var isUsable: Bool {
        !username.isEmpty && !username.contains(where: { $0 == ":" || $0 == "\"" || $0.isNewline })
            && password.count >= 8
            && !password.contains(where: \.isNewline)
    }
}

/// Why credentials or certificates cannot be had.
package struct AccessError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file that it is about.
    package let subject: String
    package let reason: String

    init(subject: String, reason: String) {
        self.subject = subject
        self.reason = reason
    }

    init(subject: String, number: Int32) {
        self.init(subject: subject, reason: String(cString: strerror(number)))
    }

    package var description: String { "\(subject): \(reason)" }
}

/// `StateFolder.write` hides the system's.
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
