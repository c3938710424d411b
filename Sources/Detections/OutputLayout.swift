/// Which outputs of a model hold what. Found out once, when the model is loaded.
package struct OutputLayout: Hashable, Sendable {
    /// How candidates lie in the outputs; the numbers are indexes of outputs.
    package enum Arrangement: Hashable, Sendable {
        /// `[1, channels, N]`, a column a candidate.
        case columns(Int)
        /// `[1, N, channels]`, a row a candidate.
        case rows(Int)
        /// `[N, 7]`: number of the picture, corners, class, score. Exports of YOLOv6 and 7 with suppression.
        case numberedRows(Int)
        /// Corners and score `[1, K, 5]` with labels `[1, K]`. MMDetection.
        case scoredCorners(boxes: Int, labels: Int)
        /// Labels `[1, K]`, corners in input pixels `[1, K, 4]`, scores `[1, K]`. RT-DETR's and D-FINE's own exports.
        case labelled(labels: Int, boxes: Int, scores: Int)
        /// Boxes `[1, Q, 4]` with scores `[1, Q, C]` that still need `activation`.
        case queries(boxes: Int, scores: Int)
        /// `[1, Q, 4+C]`: box and probabilities. RT-DETR of Ultralytics.
        case queryRows(Int)
        /// `[1, Q, 6]`: box, score, class. RT-DETR of later versions of Ultralytics.
        case rankedQueryRows(Int)
    }

    /// What makes probabilities of the scores of queries.
    package enum Activation: String, Hashable, Sendable, CaseIterable {
        case sigmoid
        /// The last class stands for nothing.
        case softmax
        case none
    }

    package let head: Head
    package let arrangement: Arrangement
    package let activation: Activation
    /// How many classes the shapes are for; nil where they do not say.
    package let classCount: Int?
    /// Whether more numbers may follow those that the head has.
    let allowsExtras: Bool

    /// Finds the outputs that a head needs.
    ///
    /// - Throws: `ModelError` that says what shapes were found and which the head needs.
    package init(head: Head, facts: ModelFacts) throws(ModelError) {
        self.head = head
        allowsExtras = facts.metadata.allowsExtras
        switch head {
        case .yolov8:
            (arrangement, classCount) = try Self.yolov8(facts)
            activation = .none
        case .yolov5, .yolox:
            let (index, shape) = try facts.mainOutput(for: head, expected: "[1, N, 5+C]")
            let expected = facts.classCount.map { "\(5 + $0) numbers a row for \($0) classes" }
            guard shape.count == 2, facts.classCount.map({ shape[1] == 5 + $0 }) ?? (shape[1] > 5) else {
                throw facts.mismatch(head, expected ?? "[1, N, 5+C]")
            }
            if head == .yolox, shape[0] != facts.positions.standardCount {
                throw facts.mismatch(head, "\(facts.positions.standardCount) rows, one a cell of the three grids")
            }
            (arrangement, classCount, activation) = (.rows(index), shape[1] - 5, .none)
        case .endToEnd:
            (arrangement, classCount, activation) = (try Self.endToEnd(facts), nil, .none)
        case .detr:
            (arrangement, classCount, activation) = try Self.queries(facts)
        }
        guard classCount.map({ (1...Self.maximumClasses).contains($0) }) ?? true else {
            throw facts.mismatch(head, "1...\(Self.maximumClasses) classes")
        }
    }

    private static let maximumClasses = 10_000

    /// Whether scores still need `activation`.
    var hasRawScores: Bool { if case .queries = arrangement { true } else { false } }

    /// Indexes of the outputs, in the order in which `decode` takes them.
    package var outputIndexes: [Int] {
        switch arrangement {
        case .columns(let index), .rows(let index), .numberedRows(let index), .queryRows(let index),
            .rankedQueryRows(let index):
            [index]
        case .scoredCorners(let boxes, let labels): [boxes, labels]
        case .labelled(let labels, let boxes, let scores): [labels, boxes, scores]
        case .queries(let boxes, let scores): [boxes, scores]
        }
    }

    private static func yolov8(_ facts: ModelFacts) throws(ModelError) -> (Arrangement, Int) {
        let (index, shape) = try facts.mainOutput(for: .yolov8, expected: "[1, 4+C, N]")
        guard shape.count == 2 else { throw facts.mismatch(.yolov8, "[1, 4+C, N]") }
        let (first, last) = (facts.holds(shape[0], extra: 4), facts.holds(shape[1], extra: 4))
        let isColumns =
            if first, last {
                facts.positions.fits(shape[1], perCell: 1)
                    || (!facts.positions.fits(shape[0], perCell: 1) && shape[0] <= shape[1])
            } else {
                first
            }
        guard first || last else {
            let expected = facts.classCount.map { "[1, \(4 + $0), N] for \($0) classes" }
            throw facts.mismatch(.yolov8, expected ?? "[1, 4+C, N]")
        }
        let count = facts.classCount ?? (isColumns ? shape[0] : shape[1]) - 4
        return (isColumns ? .columns(index) : .rows(index), count)
    }

    private static func endToEnd(_ facts: ModelFacts) throws(ModelError) -> Arrangement {
        if let (boxes, labels) = facts.scoredCorners { return .scoredCorners(boxes: boxes, labels: labels) }
        let expected = "[1, K, 6] or [K, 7]"
        let (index, shape) = try facts.mainOutput(for: .endToEnd, expected: expected)
        if facts.outputs[index].shape.count == 2, shape[1] == 7 { return .numberedRows(index) }
        guard shape.count == 2, shape[1] == 6 || (shape[1] > 6 && facts.metadata.allowsExtras) else {
            throw facts.mismatch(.endToEnd, expected)
        }
        return .rows(index)
    }

    private static func queries(_ facts: ModelFacts) throws(ModelError) -> (Arrangement, Int?, Activation) {
        if let (labels, boxes, scores) = facts.labelled {
            return (.labelled(labels: labels, boxes: boxes, scores: scores), nil, .none)
        }
        if let (boxes, scores) = facts.queries {
            let columns = facts.outputs[scores].shape[2]
            let activation = facts.activation ?? facts.likelyActivation(of: facts.outputs[scores])
            // Softmax has a class for nothing; with sigmoid one more than told is RF-DETR's background.
            let count = activation == .softmax ? columns - 1 : columns
            let isOneMore = activation == .sigmoid && facts.classCount == count - 1
            return (.queries(boxes: boxes, scores: scores), isOneMore ? count - 1 : count, activation)
        }
        let expected = "boxes [1, Q, 4] with scores [1, Q, C], or one output [1, Q, 4+C]"
        let (index, shape) = try facts.mainOutput(for: .detr, expected: expected)
        guard shape.count == 2, shape[1] > 4 else { throw facts.mismatch(.detr, expected) }
        if shape[1] == 6, facts.metadata.headClass != nil || (facts.classCount ?? 0) != 2 {
            return (.rankedQueryRows(index), nil, .none)
        }
        guard facts.classCount.map({ shape[1] == 4 + $0 }) ?? true else { throw facts.mismatch(.detr, expected) }
        return (.queryRows(index), shape[1] - 4, .none)
    }
}
