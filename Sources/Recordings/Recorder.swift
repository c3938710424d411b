package import Cameras
package import Domain
package import Events
private import FFmpeg
private import Foundation
package import Frames
package import Logging
internal import Plumbing

/// Records one camera's events, on a thread of its own: keeps the pre-roll, and writes a clip while events last.
///
/// Feed it the tracks of every analysed picture (`observe`); packets it takes from the camera's hub. A disk that is slow or
/// fails holds up nobody: packets wait in a bounded queue, and beyond it are lost up to the next key frame and counted.
package final class Recorder: Sendable {
    package struct Configuration: Sendable {
        package var camera: ClipCamera
        package var rules: EventRules
        /// A clip longer than this is split at the next key frame.
        package var maximumClipSeconds = 300.0
        /// How long the analysis of a picture may take to arrive; the pre-roll reaches so much further back.
        package var analysisDelaySeconds = 2.0
        /// Payload of the pre-roll at most.
        package var preRollBytes = 64 << 20

        package init(camera: ClipCamera, rules: EventRules) {
            self.camera = camera
            self.rules = rules
        }

        var preRollLimit: PreRoll.Limit {
            PreRoll.Limit(
                seconds: rules.preBufferSeconds + rules.minimumDurationSeconds + analysisDelaySeconds,
                bytes: preRollBytes)
        }
    }

    package enum State: Sendable, Hashable {
        case idle
        case recording(fileName: String)
        /// A clip is wanted and cannot be written; tried again with back-off.
        case failing(reason: String)
    }

    /// What a user wants to know of it.
    package struct Status: Sendable, Hashable {
        package var state = State.idle
        /// Clips begun since the start.
        package var clips = 0
        /// How often writing failed.
        package var failures = 0
        /// Packets lost because the disk was slower than the camera.
        package var droppedPackets = 0
        /// Packets that MP4 would not take.
        package var refusedPackets = 0
        package var preRollSeconds = 0.0
        package var preRollBytes = 0
        /// How often the pre-roll was cut short by its bound in bytes.
        package var preRollShortenings = 0
        /// Event actions lost because the disk stood still for very long.
        package var droppedActions = 0
        /// What is left out of the clips, e.g. sound that MP4 does not hold; nil when nothing is.
        package var note: String?
    }

    /// What comes from the detector's thread and waits for the recorder's.
    struct Inbox: Sendable {
        static let limit = 5000

        var events: CameraEvents
        var actions: [EventAction] = []
        /// The best picture since the recorder looked last.
        var picture: ClipContents.Picture?
        /// Everything up to this moment has been analysed.
        var analysedSeconds = -Double.infinity
        var dropped = 0
        var classes = ClassList([])
    }

    /// How often the recorder looks for packets: rarely, as waking up for each would cost more than writing it.
    private static let roundSeconds = 0.25
    private static let queueLimit = PacketSubscription.Limit(packets: 4000, bytes: 32 << 20)

    package let camera: Camera
    package let configuration: Configuration
    let finisher: ClipFinisher
    let logger: Logger
    let inbox: Locked<Inbox>
    private let current = Locked(Status())
    private let stopSignal = StopSignal()
    private let thread = Locked<WorkerThread?>(nil)
    private let onAction: (@Sendable (EventAction) -> Void)?

    /// - Parameter onAction: told of every event action, on the thread that calls `observe`, or the recorder's when the source
    ///   ends; must return at once.
    package init(
        camera: Camera, configuration: Configuration, finisher: ClipFinisher, logger: Logger,
        onAction: (@Sendable (EventAction) -> Void)? = nil
    ) {
        self.camera = camera
        self.configuration = configuration
        self.finisher = finisher
        self.onAction = onAction
        var logger = logger
        logger[metadataKey: "camera"] = "\(configuration.camera.path)"
        self.logger = logger
        inbox = Locked(Inbox(events: CameraEvents(rules: configuration.rules)))
    }

    package var status: Status { current.withLock { $0 } }

    /// Event actions that wait for the recorder, and how many may.
    package var waitingActions: (count: Int, limit: Int) { (inbox.withLock { $0.actions.count }, Inbox.limit) }

    /// The model is loaded: what its class numbers mean, and which make events; nil for all.
    package func use(classes: ClassList, admitted: Set<Int>? = nil) {
        inbox.withLock { inbox in
            inbox.classes = classes
            inbox.events.admit(classes: admitted)
        }
    }

    /// Takes in the confirmed tracks of one analysed picture. Returns at once; for one thread at a time.
    package func observe(_ tracks: [Track], of frame: CameraFrame) {
        let seconds = frame.time.seconds
        let actions = inbox.withLock { inbox in
            let actions = inbox.events.observe(
                tracks.map { Sighting($0) }, at: seconds, pictureWidth: frame.frame.width,
                pictureHeight: frame.frame.height)
            inbox.add(actions)
            inbox.analysedSeconds = max(inbox.analysedSeconds, seconds)
            for action in actions { inbox.keep(frame, for: action) }
            return actions
        }
        tell(actions)
    }

    /// Starts the thread.
    package func start() {
        let thread = WorkerThread(name: "rec-\(configuration.camera.path.lastSegment)") { self.run() }
        self.thread.withLock { $0 = thread }
    }

    /// Ends the thread after it has closed the open clip; returns at once.
    package func stop() {
        stopSignal.raise()
    }

    /// Waits for the thread after `stop`; blocks.
    package func join(seconds: Double) -> Bool {
        thread.withLock { $0 }?.join(seconds: seconds) ?? true
    }

    func update(_ change: (inout Status) -> Void) {
        current.withLock { change(&$0) }
    }

    /// The source is gone: ends the events.
    func endEvents() {
        let actions = inbox.withLock { inbox in
            let actions = inbox.events.sourceEnded()
            inbox.add(actions)
            return actions
        }
        tell(actions)
    }

    private func tell(_ actions: [EventAction]) {
        guard let onAction else { return }
        for action in actions { onAction(action) }
    }

    private func run() {
        let subscription = camera.hub.subscribe(
            for: .recorder, limit: Self.queueLimit, includesAudio: true, isLive: false)
        defer { subscription.cancel() }
        let recording = Recording(of: self)
        while !stopSignal.wait(seconds: Self.roundSeconds) {
            recording.round(subscription)
        }
        recording.round(subscription)
        recording.end()
    }
}

extension Recorder.Inbox {
    mutating func add(_ new: [EventAction]) {
        for action in new {
            guard actions.count < Self.limit else {
                dropped += 1
                continue
            }
            // Nobody misses a sight when there are that many; a clip's beginning and end they would.
            if case .updated = action, actions.count >= Self.limit / 2 {
                dropped += 1
                continue
            }
            actions.append(action)
        }
    }

    mutating func keep(_ frame: CameraFrame, for action: EventAction) {
        let event: Event
        switch action {
        case .began(let begun): event = begun
        case .updated(let seen): event = seen
        case .ended, .openClip, .closeClip: return
        }
        let moment = event.latest
        guard moment.seconds == frame.time.seconds, picture.map({ moment.quality > $0.moment.quality }) ?? true else {
            return
        }
        picture = ClipContents.Picture(moment: moment, frame: frame)
    }
}
