package import Domain
import Plumbing

/// What the web server counts.
package final class WebCounters: Sendable {
    /// Answered requests.
    struct Requests: Sendable {
        struct Key: Hashable {
            /// The template of the route; `none` where there is none.
            let route: String
            let method: String
            let status: Int
        }

        var counts: [Key: Int] = [:]
        var durations = Histogram(bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5])
    }

    /// Of all viewers of live video together.
    struct Video: Sendable {
        var viewers = 0
        /// What waited for each when it was sent something the last time.
        var waitingBytes = 0
        /// Pictures left out for viewers that were too slow.
        var skippedFragments = 0
    }

    private struct State: Sendable {
        var viewers: [StreamPath: Int] = [:]
        var slowViewersDropped = 0
        var webSockets = 0
        var video = Video()
        var requests = Requests()
    }

    private let state = Locked(State())

    package init() {}

    /// Viewers of MJPEG and live video now; a path without viewers is absent.
    package var viewers: [StreamPath: Int] { state.withLock { $0.viewers } }

    /// Connections closed since start because their peer did not read.
    package var slowViewersDropped: Int { state.withLock { $0.slowViewersDropped } }

    var requests: Requests { state.withLock { $0.requests } }

    func answered(_ key: Requests.Key, after duration: Duration) {
        let (seconds, attoseconds) = duration.components
        state.withLock { state in
            state.requests.counts[key, default: 0] += 1
            state.requests.durations.add(Double(seconds) + Double(attoseconds) / 1e18)
        }
    }

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

    var video: Video { state.withLock { $0.video } }

    func add(_ counter: WritableKeyPath<Video, Int>, _ amount: Int = 1) {
        state.withLock { $0.video[keyPath: counter] += amount }
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
