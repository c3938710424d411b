import Foundation
import TestSupport
import Testing

@testable import Access

@Suite struct ServerCertificateTests {
    private static let day = 86_400.0
    private static let names = ["minipc", "minipc.local", "192.168.1.7", "fd00::7", "localhost", "127.0.0.1", "::1"]
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    /// What OpenSSL says about a certificate.
    private func openssl(_ files: TLSFiles, _ arguments: String...) async throws -> String {
        try await onThread {
            try Program.run(["openssl", "x509", "-in", files.certificatePath, "-noout"] + arguments)
        }
    }

    private func fingerprint(_ files: TLSFiles) async throws -> String {
        try await openssl(files, "-fingerprint", "-sha256")
    }

    private func withState(_ body: (StateFolder) async throws -> Void) async throws {
        try await withTemporaryDirectory { try await body(StateFolder(path: $0.appending(path: "state").path)) }
    }

    @Test func opensslReadsNamesDatesAndPurpose() async throws {
        try await withState { state in
            let (files, isNew) = try state.certificate(names: Self.names, now: now)
            #expect(isNew)
            let text = try await openssl(files, "-text")
            #expect(text.contains("ASN1 OID: prime256v1"))
            #expect(text.contains("Signature Algorithm: ecdsa-with-SHA256"))
            #expect(text.contains("Subject: CN = SpectraX") || text.contains("Subject: CN=SpectraX"))
            #expect(
                text.contains(
                    "DNS:minipc, DNS:minipc.local, IP Address:192.168.1.7, DNS:localhost, IP Address:127.0.0.1, "
                        + "IP Address:FD00:0:0:0:0:0:0:7, IP Address:0:0:0:0:0:0:0:1"))
            #expect(text.contains("CA:FALSE"))
            #expect(text.contains("TLS Web Server Authentication"))
            let end = try await openssl(files, "-enddate", "-dateopt", "iso_8601")
            #expect(end == "notAfter=2028-02-16 08:00:00Z\n")
            let key = try await onThread {
                try Program.run(["openssl", "pkey", "-in", files.keyPath, "-pubout"])
            }
            #expect(try await openssl(files, "-pubkey") == key)
        }
    }

    @Test(arguments: [
        "-verify_hostname minipc.local", "-verify_ip 127.0.0.1", "-verify_ip ::1", "-verify_ip 192.168.1.7",
    ])
    func whoTrustsItFindsItGood(_ name: String) async throws {
        try await withState { state in
            let files = try state.certificate(names: Self.names).files
            let answer = try await onThread {
                try Program.run(
                    ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", files.certificatePath]
                        + name.split(separator: " ").map(String.init) + [files.certificatePath])
            }
            #expect(answer == "\(files.certificatePath): OK\n")
        }
    }

    @Test func keyAndCertificateAreForTheirOwnerOnly() async throws {
        try await withState { state in
            let files = try state.certificate(names: Self.names, now: now).files
            for path in [files.certificatePath, files.keyPath] {
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(path)")
            }
            chmod(files.keyPath, 0o644)
            _ = try state.certificate(names: Self.names, now: now)
            let attributes = try FileManager.default.attributesOfItem(atPath: files.keyPath)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func itStaysUntilThirtyDaysBeforeItsEnd() async throws {
        try await withState { state in
            let files = try state.certificate(names: Self.names, now: now).files
            let first = try await fingerprint(files)
            for days in [0, 1, 200, 366.9] {
                #expect(try state.certificate(names: Self.names, now: now + days * Self.day).isNew == false, "\(days)")
            }
            #expect(try await fingerprint(files) == first)
            #expect(try state.certificate(names: Self.names, now: now + 367 * Self.day).isNew)
            #expect(try await fingerprint(files) != first)
            #expect(
                try await openssl(files, "-startdate", "-dateopt", "iso_8601") == "notBefore=2028-01-16 08:00:00Z\n")
            #expect(try state.certificate(names: Self.names, now: now + 400 * Self.day).isNew == false)
        }
    }

    @Test(arguments: ["certificate.pem", "key.pem"], ["deleted", "cut short", "another's"])
    func whatIsMissingOrDamagedIsMadeAnew(_ name: String, _ what: String) async throws {
        try await withState { state in
            let files = try state.certificate(names: Self.names, now: now).files
            let first = try await fingerprint(files)
            let path = state.file(name)
            switch what {
            case "deleted": unlink(path)
            case "cut short": truncate(path, 100)
            default:
                let other = StateFolder(path: state.path + "/other")
                _ = try other.certificate(names: Self.names, now: now)
                try Data(contentsOf: URL(filePath: other.file(name))).write(to: URL(filePath: path))
            }
            #expect(try state.certificate(names: Self.names, now: now).isNew)
            #expect(try await fingerprint(files) != first)
            #expect(try state.certificate(names: Self.names, now: now).isNew == false)
        }
    }

    @Test func newNamesComeIntoItAndOldOnesAndTheKeyStay() async throws {
        try await withState { state in
            let files = try state.certificate(names: Self.names, now: now).files
            let key = try String(contentsOfFile: files.keyPath, encoding: .utf8)
            let abroad = ["minipc", "10.0.0.5", "localhost", "127.0.0.1", "::1"]
            #expect(try state.certificate(names: abroad, now: now).isNew)
            #expect(try String(contentsOfFile: files.keyPath, encoding: .utf8) == key)
            let text = try await openssl(files, "-ext", "subjectAltName")
            #expect(text.contains("10.0.0.5") && text.contains("192.168.1.7"))
            #expect(try state.certificate(names: Self.names, now: now).isNew == false, "back home")
            #expect(try state.certificate(names: abroad + ["fd00::99"], now: now).isNew == false, "they change daily")
            // However often a computer moves.
            for network in 0..<100 { _ = try state.certificate(names: ["10.0.1.\(network)"], now: now) }
            let all = try await openssl(files, "-ext", "subjectAltName")
            #expect(all.components(separatedBy: "IP Address:").count <= 65)
            #expect(all.contains("10.0.1.99"))
        }
    }

    @Test func aClockThatWasNotSetYetChangesNothing() async throws {
        try await withState { state in
            _ = try state.certificate(names: Self.names, now: now)
            #expect(try state.certificate(names: Self.names, now: Date(timeIntervalSince1970: 60)).isNew == false)
            // One that was made by a wrong clock is replaced by the right one.
            #expect(try state.certificate(names: Self.names, now: now - 400 * Self.day).isNew)
        }
        try await withState { state in
            _ = try state.certificate(names: Self.names, now: Date(timeIntervalSince1970: 60))
            #expect(try state.certificate(names: Self.names, now: now).isNew)
        }
    }

    @Test func namesThatCannotStandInItAreLeftOut() async throws {
        try await withState { state in
            let files = try state.certificate(names: ["", "büro", "ok", "fe80::1%eth0"], now: now).files
            let text = try await openssl(files, "-ext", "subjectAltName")
            #expect(text.contains("DNS:ok") && !text.contains("fe80"))
        }
    }

    @Test func namesThatItCannotHoldAreNoReasonForAnother() async throws {
        let addresses = (1...100).map { "fd00::\($0)" }
        let networks = (1...100).map { "10.0.2.\($0)" }
        for names in [["büro"] + Self.names, addresses + Self.names, Self.names + networks] {
            try await withState { state in
                let files = try state.certificate(names: names, now: now).files
                #expect(try state.certificate(names: names, now: now).isNew == false)
                let text = try await openssl(files, "-ext", "subjectAltName")
                #expect(text.contains("DNS:localhost") && text.contains("IP Address:127.0.0.1"))
            }
        }
    }

    @Test func theNamesOfThisMachineAreComplete() {
        let names = HostNames.all()
        // Whatever a certificate leaves out, it is none of these.
        #expect(Set(["localhost", "127.0.0.1", "::1"]).isSubset(of: names.prefix(5)))
        #expect(!HostNames.addresses().contains { $0.hasPrefix("127.") || $0 == "::1" || $0.contains("%") })
    }
}
