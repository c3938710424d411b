import Foundation
import TestSupport
import Testing

@testable import Access

@Suite struct StateFolderTests {
    private func permissions(_ path: String) -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int) ?? -1
    }

    @Test func passwordsAreMadeAtTheFirstStartAndNowhereTheSame() throws {
        let all = (0..<50).map { _ in Credentials.random() }
        let passwords = all.flatMap { [$0.publisher.password, $0.viewer.password] }
        #expect(Set(passwords).count == 100)
        #expect(passwords.allSatisfy { $0.count >= 24 })
        #expect(passwords.joined().allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) && !"0O1lI".contains($0) })
        #expect(Set(passwords.joined()).count > 50, "the whole alphabet is used")
        #expect(all.allSatisfy { $0.publisher.username == "publisher" && $0.viewer.username == "viewer" })
    }

    @Test func credentialsStayAndAreForTheirOwnerOnly() async throws {
        try await withTemporaryDirectory { folder in
            let state = StateFolder(path: folder.appending(path: "a/state").path)
            let first = try state.credentials()
            #expect(try state.credentials() == first)
            #expect(permissions(state.path) == 0o700)
            #expect(permissions(state.file("credentials.json")) == 0o600)
            let text = try String(contentsOfFile: state.file("credentials.json"), encoding: .utf8)
            #expect(text.contains(first.publisher.password) && text.contains(first.viewer.password))
            let version = state.credentialsVersion()
            let second = try state.resetCredentials()
            #expect(second.publisher.password != first.publisher.password)
            #expect(second.viewer.password != first.viewer.password)
            #expect(try state.credentials() == second)
            #expect(state.credentialsVersion() != version)
            #expect(permissions(state.file("credentials.json")) == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: state.path) == ["credentials.json"])
        }
    }

    @Test func firstStartsAtTheSameTimeAgree() async throws {
        try await withTemporaryDirectory { folder in
            for round in 0..<10 {
                let state = StateFolder(path: folder.appending(path: "\(round)").path)
                let all = try await withThrowingTaskGroup(of: Credentials.self) { group in
                    for _ in 0..<8 { group.addTask { try await onThread { try state.credentials() } } }
                    return try await group.reduce(into: Set()) { $0.insert($1) }
                }
                #expect(all.count == 1)
            }
        }
    }

    @Test(arguments: [
        "", "{", "null", "[]", "{}", #"{"publisher": {"username": "publisher", "password": "long-enough"}}"#,
        #"{"publisher":{"username":"a","password":"long-enough"},"viewer":{"username":"a","password":"long-enough"}}"#,
        #"{"publisher":{"username":"a","password":"short"},"viewer":{"username":"b","password":"long-enough"}}"#,
        #"{"publisher":{"username":"","password":"long-enough"},"viewer":{"username":"b","password":"long-enough"}}"#,
        #"{"publisher":{"username":"a:b","password":"long-enough"},"viewer":{"username":"b","password":"long-enough"}}"#,
        "\u{0}\u{1}\u{2}",
    ])
    func aDamagedFileIsAnErrorAndStays(_ text: String) async throws {
        try await withTemporaryDirectory { folder in
            let state = StateFolder(path: folder.path)
            try Data(text.utf8).write(to: folder.appending(path: "credentials.json"))
            let error = #expect(throws: AccessError.self) { try state.credentials() }
            #expect(
                error?.description.hasPrefix("\(folder.path)/credentials.json: it is not what this program") == true)
            #expect(error?.description.contains("spectrax credentials reset") == true)
            #expect(try Data(contentsOf: folder.appending(path: "credentials.json")) == Data(text.utf8))
            _ = try state.resetCredentials()
            _ = try state.credentials()
        }
    }

    @Test func permissionsThatAreTooWideAreMended() async throws {
        try await withTemporaryDirectory { folder in
            let state = StateFolder(path: folder.appending(path: "state").path)
            let first = try state.credentials()
            chmod(state.file("credentials.json"), 0o644)
            #expect(try state.credentials() == first)
            #expect(permissions(state.file("credentials.json")) == 0o600)
            chmod(state.path, 0o777)
            _ = try state.resetCredentials()
            #expect(permissions(state.path) == 0o700)
        }
    }

    @Test func aFolderWithOtherThingsIsLeftAsItIs() async throws {
        try await withTemporaryDirectory { folder in
            let state = StateFolder(path: folder.path)
            try Data().write(to: folder.appending(path: "something of somebody else"))
            chmod(folder.path, 0o755)
            _ = try state.credentials()
            #expect(permissions(folder.path) == 0o755)
            #expect(permissions(state.file("credentials.json")) == 0o600)
            chmod(folder.path, 0o1777)
            let error = #expect(throws: AccessError.self) { try state.resetCredentials() }
            #expect(
                error?.description
                    == "\(folder.path): others can write there; security.state_dir needs a directory of its own")
            #expect(permissions(folder.path) == 0o1777)
        }
    }

    @Test func onlyPlainFilesAreRead() async throws {
        try await withTemporaryDirectory { folder in
            let state = StateFolder(path: folder.path)
            let path = state.file("credentials.json")
            _ = try state.credentials()
            try FileManager.default.moveItem(atPath: path, toPath: folder.path + "/elsewhere")
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "elsewhere")
            #expect(throws: AccessError(subject: path, reason: "it is a symbolic link")) { try state.credentials() }
            unlink(path)
            #expect(mkfifo(path, 0o600) == 0)
            #expect(throws: AccessError(subject: path, reason: "it is not a plain file")) { try state.credentials() }
            unlink(path)
            mkdir(path, 0o755)
            #expect(throws: AccessError(subject: path, reason: "it is not a plain file")) { try state.credentials() }
            #expect(permissions(path) == 0o755)
        }
    }

    @Test func whatAKilledWriterLeftIsNoObstacle() async throws {
        try await withTemporaryDirectory { folder in
            let state = StateFolder(path: folder.path)
            try Data("{".utf8).write(to: folder.appending(path: ".credentials.json.new"))
            let first = try state.credentials()
            #expect(try state.credentials() == first)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["credentials.json"])
        }
    }

    @Test func aFolderThatCannotBeMadeIsNamed() async throws {
        try await withTemporaryDirectory { folder in
            try Data().write(to: folder.appending(path: "file"))
            let path = folder.path + "/file/state"
            let error = #expect(throws: AccessError.self) { try StateFolder(path: path).credentials() }
            #expect(error?.description.hasPrefix(path) == true)
        }
    }

    /// `sudo spectrax credentials reset` for a server that runs as another user.
    @Test(.enabled(if: geteuid() == 0)) func theAdministratorsFilesBelongToTheFoldersOwner() async throws {
        try await withTemporaryDirectory { folder in
            chown(folder.path, 4321, 4321)
            let state = StateFolder(path: folder.path)
            _ = try state.resetCredentials()
            let attributes = try FileManager.default.attributesOfItem(atPath: state.file("credentials.json"))
            #expect(attributes[.ownerAccountID] as? Int == 4321)
        }
    }
}
