/// What a model's outputs mean.
package enum Head: String, Hashable, Sendable, Codable, CaseIterable {
    /// `[1, 4+C, N]`: centre x, centre y, width, height in input pixels, class scores. YOLOv8, 9, 10 (raw), 11, 12.
    case yolov8
    /// `[1, K, 6]`: x1, y1, x2, y2 in input pixels, score, class. YOLOv10, YOLO26, exports with suppression.
    case endToEnd = "end-to-end"
    /// `[1, N, 5+C]`: as YOLOv8's rows with objectness before the class scores. YOLOv5, 7 and darknet conversions.
    case yolov5
    /// `[1, N, 5+C]`, undecoded: xy = (raw + grid)·stride, wh = exp(raw)·stride; strides 8, 16, 32.
    case yolox
    /// Queries without suppression: `[1, Q, C]` logits with `[1, Q, 4]` boxes (centre, 0...1), or labels, boxes, scores.
    case detr

    /// Finds the head from the shapes; nil dimension -1 allowed.
    ///
    /// - Throws: `ModelError` that says what shapes were found and which are understood.
    package static func recognise(outputs: [TensorDescription], inputWidth: Int, inputHeight: Int, file: String)
        throws(ModelError) -> Head
    {
        let names = Set(outputs.map { $0.name.lowercased() })
        if outputs.count >= 2, names.contains("labels") && names.contains("boxes") && names.contains("scores") {
            return .detr
        }
        if outputs.count >= 2, outputs.contains(where: { $0.shape.count == 3 && $0.shape[2] == 4 }) { return .detr }
        if let shape = outputs.first?.shape, shape.count == 3, shape[0] == 1 || shape[0] == -1 {
            let cells = gridCells(width: inputWidth, height: inputHeight)
            if shape[2] == 6, shape[1] <= 1000 { return .endToEnd }
            if shape[2] > 5, shape[1] == cells { return .yolox }
            if shape[2] > 5, shape[1] % 3 == 0, shape[1] > shape[2] { return .yolov5 }
            if shape[1] > 4, shape[2] > shape[1] || shape[2] == -1 { return .yolov8 }
        }
        throw ModelError(
            file,
            "its outputs \(outputs.map(\.text).joined(separator: ", ")) are of no known head; "
                + "understood are [1, 4+C, N], [1, K, 6], [1, N, 5+C], and labels/boxes/scores; a manifest can name one of "
                + allCases.map(\.rawValue).joined(separator: ", "))
    }

    /// Cells of all three grids.
    static func gridCells(width: Int, height: Int) -> Int {
        [8, 16, 32].reduce(0) { $0 + (width / $1) * (height / $1) }
    }

    /// Whether boxes of one object still overlap and must be thinned out.
    package var needsSuppression: Bool {
        switch self {
        case .yolov8, .yolov5, .yolox: true
        case .endToEnd, .detr: false
        }
    }
}

/// What a head needs to know of the input.
package struct HeadContext: Sendable {
    package var inputWidth: Int
    package var inputHeight: Int
    package var classCount: Int
    /// Candidates below are left out.
    package var minimumConfidence: Float
    package var file: String

    package init(inputWidth: Int, inputHeight: Int, classCount: Int, minimumConfidence: Float, file: String) {
        self.inputWidth = inputWidth
        self.inputHeight = inputHeight
        self.classCount = classCount
        self.minimumConfidence = minimumConfidence
        self.file = file
    }

    func mismatch(_ shape: [Int], _ expected: String) -> ModelError {
        ModelError(file, "the output is \(shape), expected \(expected)")
    }

    var notFinite: ModelError {
        ModelError(file, "the output holds NaN or infinite numbers")
    }
}
