internal import Cameras
private import Domain
package import NIOCore
internal import Plumbing

/// One camera as low-latency HLS (RFC 8216bis): what its playlists and files are now.
///
/// The first request starts it, with the current GOP, so that there is something at once; half a minute without requests
/// ends it. Everything is in memory.
package final class HLSStream: Sendable {
    /// What stands in the way of an answer.
    package enum Failure: Error, Hashable, Sendable {
        /// The camera gives no video now, or none that HLS has; the reason is for the user.
        case unavailable(reason: String)
        /// A player waits for what is too far away, and would wait for long: it is out of step.
        case tooFarAhead
        /// The name of a file that there is not, or no longer.
        case notFound
    }

    private static let mediaName = "media.m3u8"
    /// How long a request waits for what is to come.
    private static let waitTime = Duration.seconds(10)
    /// After so long without the camera there is no playlist of it any more.
    private static let staleTime = Duration.seconds(10)

    private let fragments: LiveFragments
    private let patience: Duration
    private let state = Locked(State())

    /// - Parameters:
    ///   - fragments: the camera's video, with its sound.
    ///   - patience: it ends after so long without a request.
    package init(_ fragments: LiveFragments, patience: Duration = .seconds(30)) {
        self.fragments = fragments
        self.patience = patience
    }

    /// Whether anything is kept of the camera now.
    package var isRunning: Bool { state.withLock { $0.isRunning } }
    /// Bytes of video and sound that are kept.
    package var byteCount: Int { state.withLock { $0.window.segments.reduce(0) { $0 + $1.byteCount } } }

    /// The playlist to begin with; the other one is `media.m3u8` beside it.
    package func multivariantPlaylist() async throws(Failure) -> String {
        try await answer { window, _ in window.multivariantPlaylist(mediaName: Self.mediaName) }
    }

    /// The playlist of segments and parts, once there is a whole segment: older players give up on a playlist without one.
    ///
    /// - Parameter position: waits until it is there (blocking playlist reload).
    package func mediaPlaylist(having position: HLSPosition? = nil) async throws(Failure) -> String {
        try await answer { (window, session) throws(Failure) in
            if let position, position.segment > window.nextPosition.segment + 1 { throw .tooFarAhead }
            guard window.hasWholeSegment, position.map({ window.has($0) }) ?? true else { return nil }
            return window.mediaPlaylist(session: session)
        }
    }

    /// A header, segment or part that a playlist names, in pieces. Waits for the part that the playlist hints at.
    package func file(_ text: String) async throws(Failure) -> [ByteBuffer] {
        guard isRunning else { throw .notFound }
        return try await answer { (window, session) throws(Failure) in
            guard let name = HLSName(text, session: session) else { throw .notFound }
            if let bytes = window[name] { return bytes }
            let next = window.nextPosition
            guard name == .part(segment: next.segment, index: next.part ?? 0) else { throw .notFound }
            return nil
        }
    }

    /// Waits until `body` makes something of the window and the session's name.
    private func answer<Answer: Sendable>(
        _ body: (HLSWindow, String) throws(Failure) -> Answer?
    ) async throws(Failure) -> Answer {
        start()
        defer { state.withLock { $0.answered() } }
        let end = ContinuousClock.now + Self.waitTime
        while true {
            let (window, session, changes) = state.withLock { ($0.window, $0.session, $0.changes) }
            if let reason = absence(with: window) { throw .unavailable(reason: reason) }
            if let answer = try body(window, session) { return answer }
            guard ContinuousClock.now < end, !Task.isCancelled else {
                throw .unavailable(reason: fragments.camera.status.reason ?? "no picture has come in time")
            }
            await change(after: changes, until: end)
        }
    }

    /// Why there is nothing to play; nil when there is, or will be soon.
    private func absence(with window: HLSWindow) -> String? {
        let reason = state.withLock { state in
            let isStale = state.ended.map { ContinuousClock.now - $0.since > Self.staleTime } ?? false
            return state.unplayable ?? (isStale ? state.ended?.reason : nil)
        }
        let camera = fragments.camera
        // One that is connected on demand is connected for the player.
        guard reason == nil, window.segments.isEmpty, camera.source?.isOnDemand != true else { return reason }
        return camera.status.reason
    }
}

/// Starting, ending and waiting.
extension HLSStream {
    fileprivate struct State {
        var window = HLSWindow()
        /// Names the files of one run: players and caches may still hold those of another.
        var session = ""
        var isRunning = false
        /// nil until it is known what there was at the start.
        var watch: LiveFragments.Watch?
        /// What came until then.
        var early: [VideoPiece] = []
        /// Requests that are being answered.
        var asking = 0
        /// When the last of them was.
        var lastAsked = ContinuousClock.now
        var unplayable: String?
        /// Since when the camera is gone, and why.
        var ended: (since: ContinuousClock.Instant, reason: String)?
        /// Counts changes.
        var changes = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextTicket = 0
    }

    private func start() {
        let isNew = state.withLock { state in
            state.asking += 1
            guard !state.isRunning else { return false }
            state.begin()
            return true
        }
        guard isNew else { return }
        let watch = fragments.watch { [weak self] in self?.take($0) }
        let waiting = state.withLock { state in
            defer { state.early = [] }
            state.watch = watch
            return (watch.pieces + state.early).flatMap { state.take($0) }
        }
        for continuation in waiting { continuation.resume() }
        Task { await closeWhenIdle() }
    }

    private func closeWhenIdle() async {
        while true {
            let (left, watch): (Duration, LiveFragments.Watch?) = state.withLock { state in
                let left = (state.asking == 0 ? state.lastAsked : .now) + patience - .now
                guard state.asking == 0, left <= .zero else { return (max(left, .milliseconds(10)), nil) }
                state.isRunning = false
                state.window = HLSWindow()
                return (.zero, state.watch)
            }
            guard left == .zero else {
                try? await Task.sleep(for: left)
                continue
            }
            if let watch { fragments.leave(watch) }
            return
        }
    }

    private func take(_ piece: VideoPiece) {
        let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
            guard state.watch == nil else { return state.take(piece) }
            state.early.append(piece)
            return []
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when there have been more changes than `changes`, or at `end`.
    private func change(after changes: Int, until end: ContinuousClock.Instant) async {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLock { state in
                    guard state.changes == changes, !Task.isCancelled else { return false }
                    state.waiting[ticket] = continuation
                    return true
                }
                guard isWaiting else { return continuation.resume() }
                Task {
                    try? await Task.sleep(until: end)
                    wake(ticket)
                }
            }
        } onCancel: {
            wake(ticket)
        }
    }

    private func wake(_ ticket: Int) {
        state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
    }
}

extension HLSStream.State {
    mutating func begin() {
        window = HLSWindow()
        session = String(UInt64.random(in: .min ... .max), radix: 36)
        isRunning = true
        (watch, unplayable, ended) = (nil, nil, nil)
    }

    mutating func answered() {
        asking -= 1
        lastAsked = .now
    }

    /// - Returns: those who wait for what has changed by it.
    mutating func take(_ piece: VideoPiece) -> [CheckedContinuation<Void, Never>] {
        let before = window.nextPosition
        window.take(piece)
        switch piece {
        case .header: (unplayable, ended) = (nil, nil)
        case .fragment: if window.nextPosition == before { return [] }
        case .ended(let reason): ended = (.now, reason)
        case .unplayable(let codec): unplayable = "HLS has no \(codec)"
        }
        changes += 1
        defer { waiting = [:] }
        return Array(waiting.values)
    }
}
