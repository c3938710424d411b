internal import Events
internal import Frames

/// What was seen in one clip.
struct ClipContents: Sendable {
    /// Objects listed at most; the least certain are left out.
    static let objectLimit = 256

    /// One track.
    struct Seen: Sendable {
        var best: Event.Moment
        var firstSeconds: Double
        var lastSeconds: Double
    }

    /// The picture to show for the clip.
    struct Picture: Sendable {
        var moment: Event.Moment
        var frame: CameraFrame
    }

    private(set) var seen: [Int64: Seen] = [:]
    /// The best sight of all, whether or not its picture was at hand.
    private(set) var best: Event.Moment?
    private(set) var picture: Picture?
    /// Counts changes worth writing down.
    private(set) var revision = 0

    mutating func note(_ moment: Event.Moment) {
        let id = moment.sighting.trackID
        if best.map({ moment.quality > $0.quality }) ?? true { best = moment }
        guard var object = seen[id] else {
            makeRoom()
            seen[id] = Seen(best: moment, firstSeconds: moment.seconds, lastSeconds: moment.seconds)
            revision += 1
            return
        }
        if moment.sighting.confidence > object.best.sighting.confidence {
            object.best = moment
            revision += 1
        }
        object.firstSeconds = min(object.firstSeconds, moment.seconds)
        object.lastSeconds = max(object.lastSeconds, moment.seconds)
        seen[id] = object
    }

    /// Keeps the picture when it is better than the one so far.
    mutating func offer(_ candidate: Picture) {
        guard picture.map({ candidate.moment.quality > $0.moment.quality }) ?? true else { return }
        picture = candidate
    }

    private mutating func makeRoom() {
        guard seen.count >= Self.objectLimit,
            let least = seen.min(by: { $0.value.best.sighting.confidence < $1.value.best.sighting.confidence })
        else { return }
        seen[least.key] = nil
    }
}
