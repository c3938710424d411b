import Domain

/// Completes tracks after the fact, for results that are written when the whole recording is known.
///
/// A track unseen for at most `maximumGap` pictures gets boxes on a straight line between the two sightings around them
/// (as the evaluation of ByteTrack, arXiv 2110.06864, and OC-SORT, arXiv 2203.14360, does). No track is extended beyond
/// its first and last sighting.
package struct TrackInterpolation: Sendable, Hashable {
    /// Pictures; 20 in both papers.
    package var maximumGap: Int
    /// A track with fewer sightings is left out; 1 keeps all.
    package var minimumSightings: Int

    package init(maximumGap: Int = 20, minimumSightings: Int = 1) {
        self.maximumGap = maximumGap
        self.minimumSightings = minimumSightings
    }

    /// Lines of any order in; lines ordered by frame, then id, out. A frame that has an id twice keeps the first.
    package func complete(_ lines: [MOTChallenge.Line]) -> [MOTChallenge.Line] {
        var byTrack: [Int64: [MOTChallenge.Line]] = [:]
        for line in lines { byTrack[line.id, default: []].append(line) }
        var result: [MOTChallenge.Line] = []
        for (_, sightings) in byTrack where sightings.count >= minimumSightings {
            var previous: MOTChallenge.Line?
            for sighting in sightings.sorted(by: { $0.frame < $1.frame }) {
                if let previous {
                    if previous.frame == sighting.frame { continue }
                    result.append(contentsOf: between(previous, sighting))
                }
                result.append(sighting)
                previous = sighting
            }
        }
        return result.sorted { ($0.frame, $0.id) < ($1.frame, $1.id) }
    }

    private func between(_ first: MOTChallenge.Line, _ second: MOTChallenge.Line) -> [MOTChallenge.Line] {
        let (distance, isBeyond) = second.frame.subtractingReportingOverflow(first.frame)
        guard !isBeyond, distance > 1, distance - 1 <= maximumGap else { return [] }
        return (1..<distance).map { step in
            MOTChallenge.Line(
                frame: first.frame + step, id: first.id,
                box: .between(first.box, second.box, share: Float(step) / Float(distance)),
                confidence: min(first.confidence, second.confidence))
        }
    }
}
