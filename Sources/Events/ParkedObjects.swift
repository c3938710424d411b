internal import Domain

/// The motionless objects of a camera, by place and class: so that a parked car whose track ends and begins anew is
/// no new arrival.
struct ParkedObjects: Sendable {
    /// Those not seen the longest make room.
    static let limit = 64

    private struct Place: Sendable {
        var classIndex: Int
        var box: PixelBox
        /// The track seen there last.
        var holder: TrackID
        var lastSeconds: Double
    }

    /// A place whose track was seen this recently belongs to it.
    private static let heldSeconds = 2.0

    private var places: [Place] = []

    var count: Int { places.count }

    /// Whether something of this class rests, or rested not long ago, where a new track begins.
    func contains(_ sighting: Sighting, at seconds: Double, _ rules: EventRules.Rest) -> Bool {
        place(of: sighting, at: seconds, rules) != nil
    }

    /// A motionless object is seen.
    mutating func keep(_ sighting: Sighting, anchor: PixelBox, at seconds: Double, _ rules: EventRules.Rest) {
        var resting = sighting
        resting.box = anchor
        if let index = places.firstIndex(where: { $0.holder == sighting.trackID })
            ?? place(of: resting, at: seconds, rules)
        {
            let isOthers = places[index].holder != sighting.trackID
            // Two tracks of one class at one place: the one that was there first keeps it.
            if isOthers, seconds - places[index].lastSeconds < Self.heldSeconds { return }
            places[index] = Place(
                classIndex: sighting.classIndex, box: anchor, holder: sighting.trackID, lastSeconds: seconds)
            return
        }
        if places.count >= Self.limit,
            let oldest = places.indices.min(by: { places[$0].lastSeconds < places[$1].lastSeconds })
        {
            places.remove(at: oldest)
        }
        places.append(
            Place(classIndex: sighting.classIndex, box: anchor, holder: sighting.trackID, lastSeconds: seconds))
    }

    /// The object has left its place.
    mutating func remove(holder: TrackID) {
        places.removeAll { $0.holder == holder }
    }

    mutating func forget(before seconds: Double) {
        places.removeAll { $0.lastSeconds < seconds }
    }

    private func place(of sighting: Sighting, at seconds: Double, _ rules: EventRules.Rest) -> Int? {
        let matches = places.indices.lazy
            .filter { places[$0].classIndex == sighting.classIndex }
            .map { (index: $0, overlap: places[$0].box.intersectionOverUnion(with: sighting.box)) }
            .filter { $0.overlap >= rules.parkedOverlap }
        return matches.max { $0.overlap < $1.overlap }?.index
    }
}
