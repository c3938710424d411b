package import Access
import NIOCore
import NIOSSL
import Plumbing

/// The server's certificate and key for new connections; may be exchanged while it runs.
package final class TLSIdentity: Sendable {
    private struct Current {
        let context: NIOSSLContext
        let chain: [NIOSSLCertificate]
    }

    /// How long a peer may take to answer the end of a connection; one that sleeps never does.
    private static let shutdownTimeout = TimeAmount.seconds(1)

    private let current: Locked<Current>

    /// Reads both files; blocks on the disk.
    ///
    /// - Throws: `NIOSSLError` when they cannot be read or do not belong together.
    package init(_ files: TLSFiles) throws {
        current = Locked(try Self.read(files))
    }

    /// Reads them again, or others, for connections from now on.
    ///
    /// - Returns: whether the certificate is another one.
    package func replace(_ files: TLSFiles) throws -> Bool {
        let fresh = try Self.read(files)
        return current.withLock { current in
            defer { current = fresh }
            return current.chain != fresh.chain
        }
    }

    func makeHandler() -> NIOSSLServerHandler {
        NIOSSLServerHandler(context: current.withLock { $0.context })
    }

    private static func read(_ files: TLSFiles) throws -> Current {
        let chain = try NIOSSLCertificate.fromPEMFile(files.certificatePath)
        let key = try NIOSSLPrivateKey(file: files.keyPath, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.shutdownTimeout = shutdownTimeout
        return Current(context: try NIOSSLContext(configuration: configuration), chain: chain)
    }
}
