package import Access
import NIOSSL
import Plumbing

/// The server's certificate and key for new connections; may be exchanged while it runs.
package final class TLSIdentity: Sendable {
    private let context: Locked<NIOSSLContext>

    /// Reads both files; blocks on the disk.
    ///
    /// - Throws: `NIOSSLError` when they cannot be read or do not belong together.
    package init(_ files: TLSFiles) throws {
        context = Locked(try Self.context(files))
    }

    /// Takes other files for connections from now on.
    package func replace(_ files: TLSFiles) throws {
        let fresh = try Self.context(files)
        context.withLock { $0 = fresh }
    }

    func makeHandler() -> NIOSSLServerHandler {
        NIOSSLServerHandler(context: context.withLock { $0 })
    }

    private static func context(_ files: TLSFiles) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(files.certificatePath).map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = try NIOSSLPrivateKey(file: files.keyPath, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        return try NIOSSLContext(configuration: configuration)
    }
}
