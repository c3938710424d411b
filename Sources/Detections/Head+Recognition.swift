extension Head {
    /// Finds the head from what exporters declare: metadata, then names, then shapes, then, where shapes of two heads are
    /// alike, from what comes out for a grey picture.
    ///
    /// - Throws: `ModelError` that says what shapes were found and which are understood, or which heads it may be.
    package static func recognise(_ facts: ModelFacts) throws(ModelError) -> Head {
        guard facts.metadata.hasBoxes else {
            throw ModelError(
                facts.file, "its task is \(facts.metadata.task ?? "another"), expected detect, segment or pose")
        }
        if facts.metadata.headClass == "RTDETRDecoder" || facts.labelled != nil { return .detr }
        if facts.metadata.isEndToEnd || facts.scoredCorners != nil { return .endToEnd }
        if let (boxes, _) = facts.queries {
            // As many boxes as cells are not queries, but a head that is not known.
            guard facts.outputs[boxes].shape[1] != facts.positions.standardCount else { throw unknown(facts) }
            return .detr
        }
        guard let (index, shape) = facts.mainOutput, shape.count == 2 else { throw unknown(facts) }
        guard facts.outputs[index].shape.count == 3 else {
            if shape[1] == 6 || shape[1] == 7 { return .endToEnd }
            throw unknown(facts)
        }
        if shape[1] == 6, try isEndToEnd(facts, index, rows: shape[0]) { return .endToEnd }
        if let head = try fromPositions(facts, index, shape) { return head }
        if let head = try fromClasses(facts, index, shape) { return head }
        throw unknown(facts)
    }

    /// Rows of six are most often corners, score and class; with one class they may be YOLOX's or YOLOv5's, with two
    /// YOLOv8's.
    private static func isEndToEnd(_ facts: ModelFacts, _ index: Int, rows: Int) throws(ModelError) -> Bool {
        if let count = facts.classCount, count > 2 { return true }
        let isGrid = facts.positions.fits(rows, perCell: 1) || facts.positions.fits(rows, perCell: 3)
        guard isGrid || rows > maximumQueries || facts.classCount == 2 else { return true }
        return try facts.sample(of: index).rows(of: 6).allSatisfy { row in
            row[4] <= 1.01 && row[5] == row[5].rounded() && row[2] >= row[0] && row[3] >= row[1]
        }
    }

    /// The number of cells says which dimension counts candidates, and whether there are anchors.
    private static func fromPositions(_ facts: ModelFacts, _ index: Int, _ shape: [Int]) throws(ModelError) -> Head? {
        if facts.positions.fits(shape[1], perCell: 1), facts.holds(shape[0], extra: 4) { return .yolov8 }
        if facts.positions.fits(shape[0], perCell: 3), holdsObjectness(facts, shape[1]) { return .yolov5 }
        guard facts.positions.fits(shape[0], perCell: 1) else { return nil }
        let isRows = facts.holds(shape[1], extra: 4) && (facts.classCount != nil || shape[1] == 4 + coco)
        if isRows { return .yolov8 }
        guard holdsObjectness(facts, shape[1]) else { return nil }
        guard shape[0] == facts.positions.standardCount else { return .yolov5 }
        let rows = try facts.sample(of: index).rows(of: shape[1])
        if !rows.contains(where: { max($0[2], $0[3]) > maximumLogarithm }) { return .yolox }
        // YOLOv6 keeps a column for objectness, and fills it with ones.
        if rows.allSatisfy({ $0[4] == 1 }) { return .yolov5 }
        if facts.classCount != nil || shape[1] == 5 + coco { return .yolox }
        throw ambiguous(facts, [.yolox, .yolov5, .yolov8])
    }

    /// The number of classes, told or COCO's, says which dimension holds them.
    private static func fromClasses(_ facts: ModelFacts, _ index: Int, _ shape: [Int]) throws(ModelError) -> Head? {
        let classes = facts.classCount ?? coco
        let isColumns = shape[0] == 4 + classes || (facts.metadata.allowsExtras && shape[0] > 4 + classes)
        let (isRows, hasObjectness) = (shape[1] == 4 + classes, shape[1] == 5 + classes)
        if isColumns, hasObjectness { throw ambiguous(facts, [.yolov8, .yolov5]) }
        if isColumns { return .yolov8 }
        if hasObjectness { return .yolov5 }
        if isRows || (facts.classCount == nil && shape[1] > 4 && shape[1] <= shape[0]) {
            if shape[0] <= maximumQueries, try facts.sample(of: index).rows(of: shape[1]).allSatisfy(isQuery) {
                return .detr
            }
            if isRows { return .yolov8 }
        }
        guard facts.classCount == nil else { return nil }
        // Only one head has its candidates in columns, and nearly all that have them in rows have objectness.
        if shape[0] > 4, shape[0] < shape[1] { return .yolov8 }
        return shape[1] > 5 && shape[0] > 0 ? .yolov5 : nil
    }

    private static let coco = 80
    private static let maximumQueries = 1000

    private static func holdsObjectness(_ facts: ModelFacts, _ columns: Int) -> Bool {
        facts.classCount.map { columns == 5 + $0 } ?? (columns > 5)
    }

    /// Whether a row's box is in shares of the input.
    private static func isQuery(_ row: [Float]) -> Bool {
        row.prefix(4).allSatisfy { (-0.5...1.5).contains($0) }
    }

    private static func ambiguous(_ facts: ModelFacts, _ heads: [Head]) -> ModelError {
        ModelError(
            facts.file,
            "its outputs \(facts.outputsText) may be of the heads \(heads.map(\.rawValue).joined(separator: ", ")): "
                + "name the right one in \(ModelManifest.file(besideModel: facts.file)), "
                + "as {\"head\": \"\(heads.first?.rawValue ?? "")\"}")
    }

    private static func unknown(_ facts: ModelFacts) -> ModelError {
        let classes = facts.classCount.map { " with \($0) classes" } ?? ""
        return ModelError(
            facts.file,
            "its outputs \(facts.outputsText) are of no known head\(classes); understood are [1, 4+C, N], [1, K, 6], "
                + "[1, N, 5+C], boxes [1, Q, 4] with scores [1, Q, C], and labels/boxes/scores; a manifest can name one of "
                + list)
    }
}

extension TensorSample {
    /// Its rows of `columns` numbers.
    fileprivate func rows(of columns: Int) -> [[Float]] {
        guard columns > 0 else { return [] }
        return stride(from: 0, to: values.count - columns + 1, by: columns).map { Array(values[$0..<($0 + columns)]) }
    }
}
