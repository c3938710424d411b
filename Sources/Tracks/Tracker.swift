package import Domain

/// Follows objects from picture to picture.
///
/// Feed it every analysed picture's detections in order; it holds no clock and does no I/O. A detection continues only
/// a track of its own class. After the first pictures it allocates nothing: all working buffers are kept, and a caller
/// that keeps a copy of `tracks` beyond the next update costs one copy of that array.
///
/// Work is bounded: at most `maximumDetections` detections and `maximumTracks` tracks are considered in a picture.
/// Detections with numbers that are not finite, with coordinates beyond ±1,000,000 px, without area, or below
/// `lowConfidence` are passed over.
package struct Tracker: Sendable {
    package let parameters: TrackerParameters
    /// Confirmed tracks seen in the latest picture; box and velocity are the filter's estimate.
    package private(set) var tracks: [Track] = []
    /// Tracks whose existence was settled by the latest picture. They are in `tracks` too.
    package private(set) var confirmedInLatestUpdate: [TrackID] = []
    /// Confirmed tracks given up in the latest update.
    package private(set) var endedInLatestUpdate: [TrackID] = []

    var objects: [TrackedObject] = []
    var candidates: [Candidate] = []
    var assignment = Assignment()
    var rows: [Int] = []
    var columns: [Int] = []
    private var order: [Int] = []
    private var idOfDetection: [TrackID?] = []
    private var latestTime: Double?

    package init(parameters: TrackerParameters = .init()) {
        self.parameters = parameters
    }

    /// The confirmed track that a detection of the latest picture belongs to.
    package func trackID(forDetection index: Int) -> TrackID? {
        idOfDetection.indices.contains(index) ? idOfDetection[index] : nil
    }

    /// Forgets every object without ending it: nothing is reported in `endedInLatestUpdate`.
    package mutating func reset() {
        objects.removeAll(keepingCapacity: true)
        tracks.removeAll(keepingCapacity: true)
        confirmedInLatestUpdate.removeAll(keepingCapacity: true)
        endedInLatestUpdate.removeAll(keepingCapacity: true)
        idOfDetection.removeAll(keepingCapacity: true)
        latestTime = nil
    }

    /// Takes in one picture.
    ///
    /// - Parameters:
    ///   - time: The picture's media time in seconds. The interval may vary; a time equal to or before the latest
    ///     counts as no time passed, and later times count from it.
    ///   - nextID: Asked once for each track that becomes confirmed.
    package mutating func update(_ detections: [Detection], at time: Double, nextID: () -> TrackID) {
        confirmedInLatestUpdate.removeAll(keepingCapacity: true)
        endedInLatestUpdate.removeAll(keepingCapacity: true)
        let seconds = elapsed(until: time)
        admit(detections)
        for index in objects.indices {
            objects[index].predict(seconds: seconds, parameters: parameters)
        }
        associate()
        endLostObjects()
        startObjects()
        publish(detectionCount: detections.count, nextID: nextID)
    }

    /// What the tracker holds between pictures, for the test that nothing grows.
    var bufferCapacities: [Int] {
        [
            tracks.capacity, objects.capacity, candidates.capacity, rows.capacity, columns.capacity, order.capacity,
            idOfDetection.capacity, confirmedInLatestUpdate.capacity, endedInLatestUpdate.capacity,
        ] + assignment.bufferCapacities
    }

    private mutating func elapsed(until time: Double) -> Float {
        guard time.isFinite else { return 0 }
        defer { latestTime = time }
        guard let latestTime, time > latestTime else { return 0 }
        return Float(min(time - latestTime, Double(Limits.intervalSeconds)))
    }

    /// Fills `candidates` with the usable detections, the most confident first, without duplicates.
    private mutating func admit(_ detections: [Detection]) {
        candidates.removeAll(keepingCapacity: true)
        order.removeAll(keepingCapacity: true)
        for index in detections.indices where isUsable(detections[index]) {
            order.append(index)
        }
        order.sortInPlace { left, right in
            let (a, b) = (detections[left].confidence, detections[right].confidence)
            return a == b ? left < right : a > b
        }
        for index in order.prefix(max(0, parameters.maximumDetections)) {
            let detection = detections[index]
            let isDuplicate = candidates.contains {
                $0.classIndex == detection.classIndex
                    && $0.box.intersectionOverUnion(with: detection.box) > parameters.duplicateOverlap
            }
            guard !isDuplicate else { continue }
            candidates.append(
                Candidate(
                    box: detection.box, confidence: min(detection.confidence, 1),
                    classIndex: detection.classIndex, source: index))
        }
    }

    private func isUsable(_ detection: Detection) -> Bool {
        let box = detection.box
        let limit = Limits.coordinate
        return detection.confidence >= parameters.lowConfidence && detection.confidence.isFinite && box.isFinite
            && box.x1 >= -limit && box.y1 >= -limit && box.x2 <= limit && box.y2 <= limit
            && box.width > 0 && box.height > 0
    }

    private mutating func endLostObjects() {
        var kept = 0
        for index in objects.indices {
            let object = objects[index]
            if isOver(object) {
                if let id = object.id { endedInLatestUpdate.append(id) }
                continue
            }
            if kept != index { objects[kept] = object }
            kept += 1
        }
        objects.removeLast(objects.count - kept)
    }

    private func isOver(_ object: TrackedObject) -> Bool {
        if !object.isEstablished(parameters) { return object.misses > parameters.tentativeMisses }
        return object.unseenSeconds > parameters.lostSeconds
    }

    private mutating func startObjects() {
        for index in candidates.indices {
            let candidate = candidates[index]
            guard !candidate.isTaken, candidate.confidence >= parameters.birthConfidence else { continue }
            guard objects.count < parameters.maximumTracks || makeRoom() else { return }
            objects.append(TrackedObject(candidate, parameters: parameters))
        }
    }

    /// Ends the object that has gone unseen the longest; false if all are in the picture.
    private mutating func makeRoom() -> Bool {
        var longest = -1
        for index in objects.indices where !objects[index].isMatched && objects[index].misses > 0 {
            if longest < 0 || objects[index].unseenSeconds > objects[longest].unseenSeconds { longest = index }
        }
        guard longest >= 0 else { return false }
        if let id = objects[longest].id { endedInLatestUpdate.append(id) }
        objects.remove(at: longest)
        return true
    }

    private mutating func publish(detectionCount: Int, nextID: () -> TrackID) {
        tracks.removeAll(keepingCapacity: true)
        idOfDetection.refill(with: nil, count: detectionCount)
        for index in objects.indices where objects[index].isMatched {
            if objects[index].id == nil, objects[index].isCertain, objects[index].isEstablished(parameters) {
                let id = nextID()
                objects[index].id = id
                confirmedInLatestUpdate.append(id)
            }
            guard let id = objects[index].id else { continue }
            let object = objects[index]
            if idOfDetection.indices.contains(object.source) { idOfDetection[object.source] = id }
            tracks.append(
                Track(
                    id: id, classIndex: object.classIndex, confidence: object.confidence, box: object.motion.box,
                    velocityX: object.motion.centreX.velocity, velocityY: object.motion.centreY.velocity))
        }
    }
}

enum Limits {
    /// Coordinates beyond are no picture's: their squares and products must stay finite.
    static let coordinate: Float = 1_000_000
    /// A longer interval counts as this one; every track is over by then.
    static let intervalSeconds: Float = 3600
}
