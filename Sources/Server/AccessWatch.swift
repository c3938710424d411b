internal import Access
internal import Logging
internal import Plumbing
internal import ServiceLifecycle
internal import Streaming

/// Takes over credentials that `spectrax credentials reset` has written, renews the server's own certificate in time, and takes
/// over the user's when it was renewed.
struct AccessWatch: Service {
    private static let credentialsInterval = Duration.seconds(2)
    private static let certificateInterval = Duration.seconds(3600)

    let folder: StateFolder
    let access: AccessControl
    /// nil where streams are not offered over TLS.
    let tls: TLSIdentity?
    /// nil when the certificate is the server's own.
    let usersFiles: TLSFiles?
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let clock = ContinuousClock()
            // They may have been changed since the start read them.
            var version: String?
            var nextCertificate = clock.now + Self.certificateInterval
            while (try? await Task.sleep(for: Self.credentialsInterval)) != nil {
                let latest = await onWorker("access") { folder.credentialsVersion() }
                // A file that is gone changes nothing: new credentials are made at the next start.
                if let latest, latest != version {
                    version = latest
                    await onWorker("access") { takeCredentials() }
                }
                if clock.now >= nextCertificate {
                    nextCertificate = clock.now + Self.certificateInterval
                    await onWorker("access") { renewCertificate() }
                }
            }
        }
    }

    private func takeCredentials() {
        do {
            guard access.replace(try folder.credentials()) else { return }
            logger.info("the credentials were changed; whoever streams has to show the new ones")
        } catch {
            logger.error("the changed credentials cannot be used, the old ones go on", metadata: ["reason": "\(error)"])
        }
    }

    private func renewCertificate() {
        guard let tls else { return }
        do {
            let files = try usersFiles ?? folder.certificate(names: HostNames.all()).files
            guard try tls.replace(files) else { return }
            logger.info("the certificate was renewed", metadata: ["file": "\(files.certificatePath)"])
        } catch {
            logger.error("the certificate cannot be renewed", metadata: ["reason": "\(error)"])
        }
    }
}
