internal import Events

/// When a camera's clips begin, are split and end: a state machine over media time. No I/O, no clock.
///
/// Events come later than their packets; the pre-roll makes up for that. The recorder reports back what came of each step.
struct ClipSchedule: Sendable {
    enum Step: Hashable, Sendable {
        /// Leave the packet to the pre-roll.
        case skip
        /// Write the packet into the open clip.
        case write
        /// Close the clip; the packet is not part of it.
        case close
        /// Close the clip and begin the next with this packet.
        case split
        /// Begin a clip with what the pre-roll holds from here on.
        case open(fromSeconds: Double)
    }

    /// What the events ask for.
    private struct Wish: Sendable {
        var fromSeconds: Double
        /// Known once the events are over.
        var untilSeconds: Double?
    }

    /// When no analysis has said anything for so long after the time that an open clip would have ended, it ends.
    static let silenceSeconds = 30.0

    private let maximumSeconds: Double
    private let postBufferSeconds: Double
    private let preBufferSeconds: Double
    private var wish: Wish?
    private var clipStart: Double?
    private var lastSight = -Double.infinity
    private var latest = -Double.infinity
    /// When a clip was ended because the analysis fell silent while events lasted; nil otherwise.
    private var silentSince: Double?
    private var backoff = RetryBackoff()

    init(rules: EventRules, maximumSeconds: Double) {
        self.maximumSeconds = max(1, maximumSeconds)
        postBufferSeconds = rules.postBufferSeconds
        preBufferSeconds = rules.preBufferSeconds
    }

    var isOpen: Bool { clipStart != nil }

    /// Takes in an action of the camera's events.
    ///
    /// - Parameter now: a monotonic clock, in seconds.
    mutating func act(on action: EventAction, now: Double) -> Step {
        switch action {
        case .openClip(let seconds):
            silentSince = nil
            lastSight = max(lastSight, latest)
            wish = Wish(fromSeconds: seconds)
            return tryToOpen(now: now)
        case .began(let event), .updated(let event):
            lastSight = max(lastSight, event.lastSeconds)
            guard let since = silentSince else { return .skip }
            silentSince = nil
            wish = Wish(fromSeconds: max(event.lastSeconds - preBufferSeconds, since))
            return tryToOpen(now: now)
        case .ended:
            return .skip
        case .closeClip(let seconds):
            silentSince = nil
            guard clipStart != nil else {
                wish = nil
                return .skip
            }
            wish?.untilSeconds = seconds
            return seconds <= latest ? close() : .skip
        }
    }

    /// Takes in a packet.
    ///
    /// - Parameter seconds: its decode time on the camera's timeline.
    mutating func take(isVideo: Bool, isKeyFrame: Bool, at seconds: Double, now: Double) -> Step {
        guard isVideo else { return clipStart == nil ? .skip : .write }
        latest = seconds
        guard let start = clipStart else { return wish == nil || !isKeyFrame ? .skip : tryToOpen(now: now) }
        if let until = wish?.untilSeconds, seconds >= until { return close() }
        if seconds > lastSight + postBufferSeconds + Self.silenceSeconds {
            silentSince = seconds
            return close()
        }
        return isKeyFrame && seconds - start >= maximumSeconds ? .split : .write
    }

    /// A clip is open.
    mutating func opened(atSeconds seconds: Double) {
        clipStart = seconds
        backoff.succeeded()
    }

    /// A clip could not be opened or went wrong: tried again later, from where it was safe on the disk.
    mutating func failed(safeUntilSeconds seconds: Double?, now: Double) {
        clipStart = nil
        backoff.failed(now: now)
        if let seconds, let from = wish?.fromSeconds { wish?.fromSeconds = max(from, seconds) }
        if let until = wish?.untilSeconds, until <= latest { wish = nil }
    }

    /// The source is gone, or the recorder stops: the clip is over.
    mutating func sourceEnded() -> Step {
        defer {
            wish = nil
            silentSince = nil
        }
        return clipStart == nil ? .skip : close()
    }

    private func tryToOpen(now: Double) -> Step {
        guard clipStart == nil, let wish, backoff.allows(now: now) else { return .skip }
        return .open(fromSeconds: wish.fromSeconds)
    }

    private mutating func close() -> Step {
        clipStart = nil
        wish = nil
        backoff.reset()
        return .close
    }
}

/// How long to leave a disk alone that failed: 1 s, then twice as long each time, up to 30 s.
struct RetryBackoff: Sendable {
    private var seconds = 0.0
    private var notBefore = -Double.infinity

    func allows(now: Double) -> Bool { now >= notBefore }

    mutating func failed(now: Double) {
        seconds = min(max(1, seconds * 2), 30)
        notBefore = now + seconds
    }

    mutating func succeeded() {
        notBefore = -.infinity
    }

    /// Things have gone well for a while.
    mutating func reset() {
        seconds = 0
    }
}
