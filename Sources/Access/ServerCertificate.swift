private import Crypto
package import Foundation
private import SwiftASN1
private import X509

/// The certificate and private key that TLS uses, as PEM files.
package struct TLSFiles: Hashable, Sendable {
    package var certificatePath: String
    package var keyPath: String

    package init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }
}

extension StateFolder {
    static let certificateName = "certificate.pem"
    static let keyName = "key.pem"
    private static let lifetimeSeconds = 397 * 86_400.0
    /// A new one is made this long before the old one ends.
    private static let renewalSeconds = 30 * 86_400.0
    private static let maximumNames = 64
    /// A clock that shows less was not set yet, as at the start of a small computer without a battery: 2025-01-01.
    private static let earliestTime = Date(timeIntervalSince1970: 1_735_689_600)

    /// A self-signed certificate of this server: made at the first time, and anew before it ends or when names are missing.
    ///
    /// Clients may have been told to trust it, so it stays where it can: IPv6 addresses alone are no reason for a new one (many
    /// change every day), and for further names the old key goes on.
    ///
    /// - Parameters:
    ///   - names: host names and addresses under which clients may know the server.
    ///   - now: of the wall clock.
    /// - Returns: the files, and whether they are new.
    package func certificate(names: [String], now: Date = Date()) throws -> (files: TLSFiles, isNew: Bool) {
        let lock = try lock()
        defer { close(lock) }
        let files = TLSFiles(certificatePath: file(Self.certificateName), keyPath: file(Self.keyName))
        var names = Self.certified(names)
        var key = P256.Signing.PrivateKey()
        if let (certificate, present) = try storedCertificate(), !Self.isEnding(certificate, now) {
            let known = Self.names(of: certificate)
            if names.allSatisfy({ $0.contains(":") || known.contains($0) }) { return (files, false) }
            // A computer that goes from one network to another and back needs no third certificate.
            names = Self.certified(names + known.subtracting(names).sorted())
            key = present
        }
        let certificate = try Self.makeCertificate(names: names, key: Certificate.PrivateKey(key), now: now)
        // The certificate last: a key without its certificate is replaced at the next start.
        try write(Self.keyName, Data(key.pemRepresentation.utf8))
        try write(Self.certificateName, Data(try certificate.serializeAsPEM().pemString.utf8))
        return (files, true)
    }

    /// nil when there is none, or it is damaged.
    private func storedCertificate() throws -> (Certificate, P256.Signing.PrivateKey)? {
        guard let pem = try read(Self.certificateName), let key = try read(Self.keyName),
            let certificate = try? Certificate(pemEncoded: String(decoding: pem, as: UTF8.self)),
            let privateKey = try? P256.Signing.PrivateKey(pemRepresentation: String(decoding: key, as: UTF8.self)),
            Certificate.PublicKey(privateKey.publicKey) == certificate.publicKey
        else { return nil }
        return (certificate, privateKey)
    }

    private static func isEnding(_ certificate: Certificate, _ now: Date) -> Bool {
        guard now >= earliestTime else { return false }
        return certificate.notValidAfter.timeIntervalSince(now) <= renewalSeconds || certificate.notValidBefore > now
    }

    private static func makeCertificate(names: [String], key: Certificate.PrivateKey, now: Date) throws -> Certificate {
        let subject = try DistinguishedName { CommonName("SpectraX") }
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            // A client's clock may be a little behind.
            notValidBefore: now.addingTimeInterval(-86_400), notValidAfter: now.addingTimeInterval(lifetimeSeconds),
            issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(names.compactMap(generalName))
            }, issuerPrivateKey: key)
    }

    /// Those names that a certificate can hold, as many as it gets; IPv6 addresses, of which there may be many, last.
    private static func certified(_ names: [String]) -> [String] {
        let usable = names.filter { generalName($0) != nil }
        return Array((usable.filter { !$0.contains(":") } + usable.filter { $0.contains(":") }).prefix(maximumNames))
    }

    private static func generalName(_ name: String) -> GeneralName? {
        if let address = addressBytes(name) { return .ipAddress(.init(contentBytes: address[...])) }
        return name.isEmpty || !name.allSatisfy({ $0.isASCII && $0 != ":" }) ? nil : .dnsName(name)
    }

    private static func addressBytes(_ text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
        var six = in6_addr()
        if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: six) { Array($0) } }
        return nil
    }

    private static func names(of certificate: Certificate) -> Set<String> {
        guard let names = try? certificate.extensions.subjectAlternativeNames else { return [] }
        return Set(
            names.compactMap { name in
                switch name {
                case .dnsName(let name): name
                case .ipAddress(let address): addressText(Array(address.bytes))
                default: nil
                }
            })
    }

    private static func addressText(_ bytes: [UInt8]) -> String? {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard bytes.count == 4 || bytes.count == 16,
            inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil
        else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
