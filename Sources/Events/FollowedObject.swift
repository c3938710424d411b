internal import Domain

/// What is known of one track of a camera.
struct FollowedObject: Sendable {
    var rest: RestTracker
    var lastSeconds: Double
    /// Whether it came into the picture or moved in it while we looked. What was there before makes no event.
    var hasArrived: Bool
    /// The sights that counted since the first of this approach, before it is an event.
    var candidate: Event?
    var event: Event?

    init(_ sighting: Sighting, at seconds: Double, hasArrived: Bool) {
        rest = RestTracker(at: sighting.box, seconds: seconds)
        lastSeconds = seconds
        self.hasArrived = hasArrived
    }

    /// Takes in a sight that counts.
    ///
    /// - Returns: what to tell of it; nil while it is too short for an event.
    mutating func count(_ moment: Event.Moment, _ rules: EventRules) -> EventAction? {
        if var current = event {
            current.add(moment)
            event = current
            return .updated(current)
        }
        var approach = candidate ?? Event(first: moment)
        // After a break as long as the post-buffer it is another approach.
        if moment.seconds - approach.lastSeconds > max(rules.postBufferSeconds, 1) { approach = Event(first: moment) }
        if candidate != nil { approach.add(moment) }
        guard approach.lastSeconds - approach.startSeconds >= rules.minimumDurationSeconds else {
            candidate = approach
            return nil
        }
        candidate = nil
        event = approach
        return .began(approach)
    }
}
