/// What a model's outputs mean.
package enum Head: String, Hashable, Sendable, Codable, CaseIterable {
    /// `[1, 4+C, N]`: centre x, centre y, width, height in input pixels, class scores. YOLOv8, 9, 10 (raw), 11, 12.
    case yolov8
    /// `[1, K, 6]`: x1, y1, x2, y2 in input pixels, score, class. YOLOv10, YOLO26, exports with suppression.
    case endToEnd = "end-to-end"
    /// `[1, N, 5+C]`: as YOLOv8's rows with objectness before the class scores. YOLOv5, 6, 7 and darknet conversions.
    case yolov5
    /// `[1, N, 5+C]`, undecoded: xy = (raw + grid)·stride, wh = exp(raw)·stride; strides 8, 16, 32. Or decoded.
    case yolox
    /// Queries without suppression: boxes `[1, Q, 4]` (centre, 0...1) with class scores `[1, Q, C]`, both in one
    /// output, or labels, boxes and scores that the export decoded.
    case detr

    /// All of them, for messages.
    static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// Whether boxes of one object still overlap and must be thinned out.
    package var needsSuppression: Bool {
        switch self {
        case .yolov8, .yolov5, .yolox: true
        case .endToEnd, .detr: false
        }
    }
}

/// What decoding needs to know beside the outputs.
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
