import Domain
import Tracks

/// The CLEAR MOT metrics (Bernardin and Stiefelhagen, 2008) and IDF1 (arXiv 1609.01775) at an IoU of 0.5. Results that
/// match only a box marked to be ignored are dropped first, as MOTChallenge does.
struct Score {
    var misses = 0, falsePositives = 0, switches = 0, truths = 0, hypotheses = 0, idtp = 0
    var mota: Double { 1 - Double(misses + falsePositives + switches) / Double(max(1, truths)) }
    var idf1: Double { 2 * Double(idtp) / Double(max(1, truths + hypotheses)) }

    init(truth: [MOTChallenge.Line], result: [MOTChallenge.Line], frames: ClosedRange<Int>) {
        let truthByFrame = Dictionary(grouping: truth, by: \.frame)
        let resultByFrame = Dictionary(grouping: result, by: \.frame)
        var last: [Int64: Int64] = [:]
        var overlaps: [Int64: [Int64: Int]] = [:]
        var assignment = Assignment()
        for frame in frames {
            let all = truthByFrame[frame] ?? []
            let active = all.filter { $0.confidence == 1 }
            let ignored = all.filter { $0.confidence != 1 }
            let kept = (resultByFrame[frame] ?? []).filter { line in
                !ignored.contains { $0.box.intersectionOverUnion(with: line.box) >= 0.5 }
                    || active.contains { $0.box.intersectionOverUnion(with: line.box) >= 0.5 }
            }
            truths += active.count
            hypotheses += kept.count
            var usedTruth = Set<Int>()
            var usedKept = Set<Int>()
            for (t, a) in active.enumerated() {
                for (k, h) in kept.enumerated() where a.box.intersectionOverUnion(with: h.box) >= 0.5 {
                    overlaps[a.id, default: [:]][h.id, default: 0] += 1
                    if last[a.id] == h.id, !usedKept.contains(k), !usedTruth.contains(t) {
                        usedTruth.insert(t)
                        usedKept.insert(k)
                    }
                }
            }
            assignment.begin(rows: active.count, columns: kept.count, limit: 1000)
            for (t, a) in active.enumerated() where !usedTruth.contains(t) {
                for (k, h) in kept.enumerated() where !usedKept.contains(k) {
                    let overlap = a.box.intersectionOverUnion(with: h.box)
                    if overlap >= 0.5 { assignment.setCost(1 - overlap, row: t, column: k) }
                }
            }
            assignment.solve()
            var matched = usedTruth.count
            for (t, a) in active.enumerated() {
                let k = assignment.columnOfRow[t]
                guard k >= 0 else { continue }
                matched += 1
                if let before = last[a.id], before != kept[k].id { switches += 1 }
                last[a.id] = kept[k].id
            }
            misses += active.count - matched
            falsePositives += kept.count - matched
        }
        let truthIDs = overlaps.keys.sorted()
        let resultIDs = Set(overlaps.values.flatMap(\.keys)).sorted()
        assignment.begin(rows: truthIDs.count, columns: resultIDs.count, limit: 0)
        for (r, t) in truthIDs.enumerated() {
            for (c, h) in resultIDs.enumerated() {
                if let n = overlaps[t]?[h] { assignment.setCost(-Float(n), row: r, column: c) }
            }
        }
        assignment.solve()
        for (r, t) in truthIDs.enumerated() where assignment.columnOfRow[r] >= 0 {
            idtp += overlaps[t]?[resultIDs[assignment.columnOfRow[r]]] ?? 0
        }
    }
}
