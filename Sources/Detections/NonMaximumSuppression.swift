package import Domain

/// Keeps the best of boxes that show the same object: greedy, by falling confidence, classes apart.
package enum NonMaximumSuppression {
    /// How many candidates are looked at, the most confident ones.
    package static let maximumCandidates = 3000
    /// How many detections a picture may have.
    package static let maximumDetections = 300

    /// - Parameter threshold: intersection over union above which the less confident box goes.
    package static func apply(to candidates: [Detection], threshold: Float) -> [Detection] {
        let sorted = candidates.sorted { $0.confidence > $1.confidence }.prefix(maximumCandidates)
        var kept: [Detection] = []
        for candidate in sorted {
            let isNew = !kept.contains {
                $0.classIndex == candidate.classIndex && $0.box.intersectionOverUnion(with: candidate.box) > threshold
            }
            guard isNew else { continue }
            kept.append(candidate)
            if kept.count == maximumDetections { break }
        }
        return kept
    }

    /// The most confident of detections that do not overlap, as many as a picture may have.
    package static func best(of detections: [Detection]) -> [Detection] {
        Array(detections.sorted { $0.confidence > $1.confidence }.prefix(maximumDetections))
    }
}
