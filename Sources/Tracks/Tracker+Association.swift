import Domain

extension Tracker {
    /// One round of association: who may meet whom, and what similarity it takes.
    private enum Round {
        /// Confident detections with every established track, by predicted box and direction.
        case first
        /// Unsure detections with the established tracks that were seen in the picture before (ByteTrack, arXiv
        /// 2110.06864).
        case second
        /// What is left of the confident detections with the place where a track was last seen (OC-SORT's recovery).
        case recovery
        /// What is left of the confident detections with tracks that are not established yet.
        case tentative
    }

    mutating func associate() {
        run(.first)
        run(.second)
        run(.recovery)
        run(.tentative)
    }

    private mutating func run(_ round: Round) {
        rows.removeAll(keepingCapacity: true)
        columns.removeAll(keepingCapacity: true)
        for index in objects.indices where takesPart(objects[index], in: round) { rows.append(index) }
        guard !rows.isEmpty else { return }
        for index in candidates.indices where takesPart(candidates[index], in: round) { columns.append(index) }
        guard !columns.isEmpty else { return }
        assignment.begin(rows: rows.count, columns: columns.count, limit: 1 - leastSimilarity(in: round))
        for row in rows.indices {
            for column in columns.indices {
                let (object, candidate) = (rows[row], columns[column])
                guard objects[object].classIndex == candidates[candidate].classIndex else { continue }
                let cost = cost(of: object, with: candidate, in: round)
                assignment.setCost(cost, row: row, column: column)
            }
        }
        assignment.solve()
        for row in rows.indices {
            let column = assignment.columnOfRow[row]
            guard column >= 0 else { continue }
            candidates[columns[column]].isTaken = true
            objects[rows[row]].observe(candidates[columns[column]], parameters: parameters)
        }
    }

    private func takesPart(_ object: TrackedObject, in round: Round) -> Bool {
        guard !object.isMatched else { return false }
        let isEstablished = object.isEstablished(parameters)
        return switch round {
        case .first, .recovery: isEstablished
        case .second: isEstablished && object.misses == 1
        case .tentative: !isEstablished
        }
    }

    private func takesPart(_ candidate: Candidate, in round: Round) -> Bool {
        guard !candidate.isTaken else { return false }
        let isHigh = candidate.confidence >= parameters.highConfidence
        return round == .second ? !isHigh : isHigh
    }

    private func leastSimilarity(in round: Round) -> Float {
        switch round {
        case .first: parameters.firstSimilarity
        case .second: parameters.secondSimilarity
        case .recovery: parameters.recoverySimilarity
        case .tentative: parameters.tentativeSimilarity
        }
    }

    private func cost(of objectIndex: Int, with candidateIndex: Int, in round: Round) -> Float {
        let object = objects[objectIndex]
        let candidate = candidates[candidateIndex]
        let expected = round == .recovery ? object.lastBox : object.motion.box
        let buffer = round == .second ? 0 : parameters.boxBuffer
        var similarity = expected.grown(by: buffer).intersectionOverUnion(with: candidate.box.grown(by: buffer))
        guard similarity > 0 else { return .infinity }
        let heights = min(expected.height, candidate.box.height) / max(expected.height, candidate.box.height)
        similarity *= 1 - parameters.heightWeight * (1 - heights)
        guard similarity > leastSimilarity(in: round) else { return .infinity }
        var cost = 1 - similarity
        if round == .first {
            if object.misses > 1 { cost += parameters.unseenPenalty }
            cost -= parameters.directionWeight * agreement(of: object, with: candidate) * candidate.confidence
            cost -= parameters.confidenceWeight * similarity * (candidate.confidence - 1)
        }
        // What passed the gate stays a pair that may be made, however little speaks for it.
        return min(cost, assignment.limit - 1e-4)
    }

    /// How well the way from a track's last place to a detection agrees with its velocity there: the cosine, -1...1,
    /// and nearer to 0 the shorter the way or the expected way is against the object.
    private func agreement(of object: TrackedObject, with candidate: Candidate) -> Float {
        let dx = (candidate.box.x1 + candidate.box.x2 - object.lastBox.x1 - object.lastBox.x2) / 2
        let dy = (candidate.box.y1 + candidate.box.y2 - object.lastBox.y1 - object.lastBox.y2) / 2
        let vx = object.observedMotion.centreX.velocity * object.unseenSeconds
        let vy = object.observedMotion.centreY.velocity * object.unseenSeconds
        let scale = parameters.measurementNoise * (object.lastBox.width + object.lastBox.height)
        let floor = scale * scale
        let lengths = ((dx * dx + dy * dy + floor) * (vx * vx + vy * vy + floor)).squareRoot()
        return lengths > 0 ? (dx * vx + dy * vy) / lengths : 0
    }
}
