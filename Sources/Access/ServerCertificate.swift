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

    /// A self-signed certificate of this server: made at the first time, and anew before it ends or when names are missing.
    ///
    /// - Parameters:
    ///   - names: host names and addresses under which clients may know the server.
    ///   - now: of the wall clock.
    /// - Returns: the files, and whether they are new.
    package func certificate(names: [String], now: Date = Date()) throws -> (files: TLSFiles, isNew: Bool) {
        let files = TLSFiles(certificatePath: file(Self.certificateName), keyPath: file(Self.keyName))
        if let pem = try read(Self.certificateName), let key = try read(Self.keyName),
            let certificate = try? Certificate(pemEncoded: String(decoding: pem, as: UTF8.self)),
            let privateKey = try? Certificate.PrivateKey(pemEncoded: String(decoding: key, as: UTF8.self)),
            privateKey.publicKey == certificate.publicKey,
            certificate.notValidAfter.timeIntervalSince(now) > Self.renewalSeconds, certificate.notValidBefore <= now,
            Self.names(of: certificate).isSuperset(of: names)
        {
            return (files, false)
        }
        let key = P256.Signing.PrivateKey()
        let certificate = try Self.makeCertificate(names: names, key: Certificate.PrivateKey(key), now: now)
        // The certificate last: a key without its certificate is replaced at the next start.
        try write(Self.keyName, Data(key.pemRepresentation.utf8))
        try write(Self.certificateName, Data(try certificate.serializeAsPEM().pemString.utf8))
        return (files, true)
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

    private static func generalName(_ name: String) -> GeneralName? {
        if let address = addressBytes(name) { return .ipAddress(.init(contentBytes: address[...])) }
        return name.isEmpty || !name.allSatisfy({ $0.isASCII }) ? nil : .dnsName(name)
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

/// The names under which clients may reach this machine.
package enum HostNames {
    /// The host name, `localhost`, and the addresses of all interfaces that are up; those of one machine only come last.
    package static func all() -> [String] {
        let name = ProcessInfo.processInfo.hostName
        let own = name.isEmpty || name == "localhost" ? [] : [name]
        return own + addresses() + ["localhost", "127.0.0.1", "::1"]
    }

    /// Addresses in the local network, IPv4 first.
    package static func addresses() -> [String] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var four: [String] = []
        var six: [String] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, entry.ifa_flags & UInt32(IFF_UP) != 0,
                entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0
            else { continue }
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let family = Int32(address.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6 else { continue }
            let size = socklen_t(
                family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size)
            guard getnameinfo(address, size, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else {
                continue
            }
            let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // Addresses of one link only make sense with its name.
            if name.contains("%") || name.hasPrefix("fe80") { continue }
            if family == AF_INET { four.append(name) } else { six.append(name) }
        }
        return four + six
    }
}
