package import Domain
import Plumbing

/// What the web server counts.
package final class WebCounters: Sendable {
    private struct State: Sendable {
        var viewers: [StreamPath: Int] = [:]
        var slowViewersDropped = 0
        var webSockets = 0
        var skippedFragments = 0
    }

    private let state = Locked(State())

    package init() {}

    /// Viewers of MJPEG and live video now; a path without viewers is absent.
    package var viewers: [StreamPath: Int] { state.withLock { $0.viewers } }

    /// Connections closed since start because their peer did not read.
    package var slowViewersDropped: Int { state.withLock { $0.slowViewersDropped } }

    func viewerCame(_ path: StreamPath) {
        state.withLock { $0.viewers[path, default: 0] += 1 }
    }

    func viewerLeft(_ path: StreamPath) {
        state.withLock { state in
            let left = (state.viewers[path] ?? 0) - 1
            state.viewers[path] = left > 0 ? left : nil
        }
    }

    /// WebSockets that are open now.
    package var webSockets: Int { state.withLock { $0.webSockets } }

    /// Pictures of live video that viewers were too slow for.
    package var skippedFragments: Int { state.withLock { $0.skippedFragments } }

    func skipped(_ fragments: Int) {
        state.withLock { $0.skippedFragments += fragments }
    }

    func webSocketOpened() {
        state.withLock { $0.webSockets += 1 }
    }

    func webSocketClosed() {
        state.withLock { $0.webSockets -= 1 }
    }

    func slowViewerDropped() {
        state.withLock { $0.slowViewersDropped += 1 }
    }
}
