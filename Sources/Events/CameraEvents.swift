private import Domain

/// Turns one camera's tracks into events, and events into clips. A state machine: no I/O, no clock.
///
/// * An object becomes an event with its first sight that counts (`EventRules`), or once such sights span the minimum
///   duration. It ends `postBufferSeconds` after the last.
/// * The first event opens a clip, the end of the last closes it: events that overlap share one.
/// * Sights of an object that has not moved for `stationarySeconds` do not count: a car that parks ends its event. When it
///   moves again they do.
/// * What is there when a connection begins, or where something motionless was before, is no arrival: it counts once
///   it moves.
///
/// Feed it every analysed picture in order. A picture slightly older than the latest is passed over; a greater step back
/// ends everything and begins anew.
package struct CameraEvents: Sendable {
    /// Objects followed at most; further ones are passed over.
    static let objectLimit = 512
    /// A step back in time of more than this is a new beginning.
    static let maximumStepBackSeconds = 1.0
    /// A track unseen for so long is forgotten; trackers have given it up before.
    static let unseenSeconds = 30.0

    package private(set) var rules: EventRules
    /// Whether a clip is open.
    package private(set) var isRecording = false
    private var objects: [TrackID: FollowedObject] = [:]
    private var parked = ParkedObjects()
    private var sessionStart: Double?
    private var latestSeconds: Double?

    package init(rules: EventRules) {
        self.rules = rules
    }

    /// Events that last.
    package var eventCount: Int { objects.values.count { $0.event != nil } }
    var parkedCount: Int { parked.count }
    var objectCount: Int { objects.count }

    /// From now on only these class numbers count; nil for all.
    package mutating func admit(classes: Set<Int>?) {
        rules.classes = classes
    }

    /// Takes in one analysed picture.
    ///
    /// - Parameters:
    ///   - sightings: all confirmed tracks seen in it, also those that will not count.
    ///   - seconds: the picture's time on the camera's media timeline.
    ///   - pictureWidth, pictureHeight: of the analysed picture, in pixels.
    package mutating func observe(
        _ sightings: [Sighting], at seconds: Double, pictureWidth: Int, pictureHeight: Int
    ) -> [EventAction] {
        guard seconds.isFinite else { return [] }
        var actions: [EventAction] = []
        if let latest = latestSeconds, seconds < latest {
            if latest - seconds <= Self.maximumStepBackSeconds { return [] }
            actions = sourceEnded()
            parked = ParkedObjects()
        }
        latestSeconds = seconds
        let start = sessionStart ?? seconds
        sessionStart = start
        for sighting in sightings where sighting.isUsable {
            let moment = Event.Moment(
                sighting: sighting, seconds: seconds, pictureWidth: pictureWidth, pictureHeight: pictureHeight)
            let isStartUp = seconds - start < rules.rest.startUpSeconds
            guard let action = follow(moment, isStartUp: isStartUp) else { continue }
            if case .began(let event) = action, !isRecording {
                isRecording = true
                actions.append(.openClip(fromSeconds: event.startSeconds - rules.preBufferSeconds))
            }
            actions.append(action)
        }
        actions += endEvents(at: seconds)
        forget(at: seconds)
        return actions
    }

    /// The connection is over: all events end with their last sights, and the clip with the latest picture. What is seen
    /// next was there before.
    package mutating func sourceEnded() -> [EventAction] {
        let end = latestSeconds ?? 0
        var actions = endEvents { _ in true }
        if isRecording {
            isRecording = false
            actions.append(.closeClip(atSeconds: end))
        }
        objects.removeAll()
        sessionStart = nil
        latestSeconds = nil
        return actions
    }

    /// - Returns: what to tell of a sight; nil when it does not count.
    private mutating func follow(_ moment: Event.Moment, isStartUp: Bool) -> EventAction? {
        let (sighting, seconds) = (moment.sighting, moment.seconds)
        guard var object = objects[sighting.trackID] ?? begin(sighting, at: seconds, isStartUp: isStartUp) else {
            return nil
        }
        object.lastSeconds = seconds
        if object.rest.observe(sighting.box, at: seconds, rules.rest) {
            object.hasArrived = true
            parked.remove(holder: sighting.trackID)
        }
        let isStationary = object.rest.isStationary(at: seconds, rules.rest)
        if isStationary || !object.hasArrived {
            parked.keep(sighting, anchor: object.rest.anchor, at: seconds, rules.rest)
        }
        var action: EventAction?
        if object.hasArrived, !isStationary, rules.admits(sighting) { action = object.count(moment, rules) }
        objects[sighting.trackID] = object
        return action
    }

    private func begin(_ sighting: Sighting, at seconds: Double, isStartUp: Bool) -> FollowedObject? {
        guard objects.count < Self.objectLimit else { return nil }
        let wasThere = isStartUp || parked.contains(sighting, at: seconds, rules.rest)
        return FollowedObject(sighting, at: seconds, hasArrived: !wasThere)
    }

    private mutating func endEvents(at seconds: Double) -> [EventAction] {
        let post = rules.postBufferSeconds
        var actions = endEvents { seconds - $0.lastSeconds >= post && $0.lastSeconds < seconds }
        guard isRecording, eventCount == 0 else { return actions }
        isRecording = false
        let last = actions.reduce(-Double.infinity) { last, action in
            if case .ended(let event) = action { max(last, event.lastSeconds) } else { last }
        }
        actions.append(.closeClip(atSeconds: min(last.isFinite ? last + rules.postBufferSeconds : seconds, seconds)))
        return actions
    }

    /// Ends the events that `isOver`, in the order of their last sights.
    private mutating func endEvents(where isOver: (Event) -> Bool) -> [EventAction] {
        var over: [Event] = []
        for (id, object) in objects {
            guard let event = object.event, isOver(event) else { continue }
            over.append(event)
            objects[id]?.event = nil
        }
        over.sort { ($0.lastSeconds, $0.trackID) < ($1.lastSeconds, $1.trackID) }
        return over.map { .ended($0) }
    }

    private mutating func forget(at seconds: Double) {
        let limit = max(Self.unseenSeconds, rules.postBufferSeconds)
        objects = objects.filter { seconds - $0.value.lastSeconds <= limit || $0.value.event != nil }
        parked.forget(before: seconds - rules.rest.parkedMemorySeconds)
    }
}
