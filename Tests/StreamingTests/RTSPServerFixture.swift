import Access
import Cameras
import Domain
import Foundation
import Logging
import NIOCore
import Streaming
import TestSupport

extension Camera {
    /// Whether pictures come.
    var isRunning: Bool { if case .running = status.state { true } else { false } }
}

/// A streaming server on free ports of the loopback, with cameras that take what is published to them.
struct RunningServer: Sendable {
    let ports: RTSPServer.Ports
    let cameras: [Camera]
    let counters: StreamingCounts
    /// nil: everybody may do everything.
    let credentials: Credentials?
    /// For files of the test.
    let folder: URL

    static let publisher = Credentials.Account(username: "publisher", password: "publishes-24680")
    static let viewer = Credentials.Account(username: "viewer", password: "watches-13579")

    /// With the account in it, where the server asks for one.
    func url(_ path: String, isSecure: Bool = false, as account: Credentials.Account? = nil) -> String {
        let user = credentials == nil ? "" : account.map { "\($0.username):\($0.password)@" } ?? ""
        let port = isSecure ? ports.rtsps ?? 0 : ports.rtsp
        return "\(isSecure ? "rtsps" : "rtsp")://\(user)127.0.0.1:\(port)/\(path)"
    }
}

/// - Parameters:
///   - paths: of cameras without a source.
///   - sourced: of a camera that has one in the settings.
func withServer<Result: Sendable>(
    paths: [String] = ["video/a"], sourced: String? = nil, isLocked: Bool = false, isSecure: Bool = false,
    logger: Logger = quiet, configure: (inout RTSPConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (RunningServer) async throws -> Result
) async throws -> Result {
    var configuration = RTSPConfiguration()
    (configuration.port, configuration.securePort, configuration.rtpPort) = (0, 0, 0)
    // Nobody is taken for gone because the machine is busy; tests of these times set their own.
    (configuration.requestTimeout, configuration.publisherTimeout) = (.seconds(60), .seconds(60))
    configuration.slowReaderTimeout = .seconds(60)
    configure(&configuration)
    let settled = configuration
    var cameras = try paths.map { Camera(path: try StreamPath($0), source: nil) }
    if let sourced {
        cameras.append(
            Camera(path: try StreamPath(sourced), source: Source(try CameraURL("rtsp://127.0.0.1:9/none"))))
    }
    let (members, counters) = (cameras, StreamingCounts())
    let credentials =
        isLocked ? Credentials(publisher: RunningServer.publisher, viewer: RunningServer.viewer) : nil
    return try await withTemporaryDirectory { folder in
        let state = StateFolder(path: folder.appending(path: "state").path)
        let tls = isSecure ? try TLSIdentity(try state.certificate(names: ["127.0.0.1", "localhost"]).files) : nil
        let (started, starting) = AsyncThrowingStream<RTSPServer.Ports, any Error>.makeStream()
        let server = RTSPServer(
            configuration: settled, catalogue: StreamCatalogue(members),
            access: credentials.map { AccessControl($0) }, tls: tls, counters: counters,
            logger: logger,
            onRunning: { starting.yield($0) })
        let running = Task {
            do { try await server.run() } catch { starting.finish(throwing: error) }
        }
        do {
            var ports: RTSPServer.Ports?
            for try await found in started {
                ports = found
                break
            }
            guard let ports else { throw CancellationError() }
            let result = try await body(
                RunningServer(
                    ports: ports, cameras: members, counters: counters, credentials: credentials, folder: folder))
            running.cancel()
            await running.value
            return result
        } catch {
            running.cancel()
            await running.value
            throw error
        }
    }
}
