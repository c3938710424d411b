package import Domain
private import Foundation

extension Head {
    /// Decodes a head of one output into boxes in input pixels.
    ///
    /// - Throws: `ModelError` for a shape that does not fit, or numbers that are none.
    package func decode(_ values: UnsafeBufferPointer<Float>, shape: [Int], context: HeadContext)
        throws(ModelError) -> [Detection]
    {
        guard shape.count == 3, shape[0] == 1, values.count == shape[1] * shape[2] else {
            throw context.mismatch(shape, "three dimensions, the first 1")
        }
        switch self {
        case .yolov8: return try decodeYOLOv8(values, rows: shape[1], columns: shape[2], context)
        case .endToEnd: return try decodeEndToEnd(values, count: shape[1], columns: shape[2], context)
        case .yolov5, .yolox: return try decodeObjectness(values, count: shape[1], columns: shape[2], context)
        case .detr: throw ModelError(context.file, "a query head has more than one output")
        }
    }

    private func decodeYOLOv8(_ values: UnsafeBufferPointer<Float>, rows: Int, columns: Int, _ context: HeadContext)
        throws(ModelError) -> [Detection]
    {
        // [1, 4+C, N], or the same transposed.
        let isTransposed = columns == 4 + context.classCount && rows != columns
        let (channels, count) = isTransposed ? (columns, rows) : (rows, columns)
        guard channels == 4 + context.classCount else {
            throw context.mismatch(
                [1, rows, columns], "[1, \(4 + context.classCount), N] for \(context.classCount) classes")
        }
        let (channelStep, itemStep) = isTransposed ? (1, channels) : (count, 1)
        var found: [Detection] = []
        for item in 0..<count {
            let base = item * itemStep
            var best = -Float.infinity
            var bestClass = 0
            for index in 0..<context.classCount {
                let score = values[base + (4 + index) * channelStep]
                if score > best {
                    best = score
                    bestClass = index
                } else if score.isNaN {
                    throw context.notFinite
                }
            }
            guard best >= context.minimumConfidence else { continue }
            found.append(
                try detection(
                    centreX: values[base], centreY: values[base + channelStep], width: values[base + 2 * channelStep],
                    height: values[base + 3 * channelStep], score: best, classIndex: bestClass, context))
        }
        return found
    }

    private func decodeEndToEnd(_ values: UnsafeBufferPointer<Float>, count: Int, columns: Int, _ context: HeadContext)
        throws(ModelError) -> [Detection]
    {
        guard columns == 6 else { throw context.mismatch([1, count, columns], "[1, K, 6]") }
        var found: [Detection] = []
        for item in 0..<count {
            let row = UnsafeBufferPointer(rebasing: values[(item * 6)..<(item * 6 + 6)])
            guard row.allSatisfy(\.isFinite) else { throw context.notFinite }
            let index = Int(min(max(row[5], -1), 1e6))
            guard row[4] >= context.minimumConfidence, index >= 0, index < context.classCount else { continue }
            found.append(
                Detection(
                    classIndex: index, confidence: min(row[4], 1),
                    box: PixelBox(x1: row[0], y1: row[1], x2: row[2], y2: row[3])))
        }
        return found
    }

    private func decodeObjectness(
        _ values: UnsafeBufferPointer<Float>, count: Int, columns: Int, _ context: HeadContext
    ) throws(ModelError) -> [Detection] {
        guard columns == 5 + context.classCount else {
            throw context.mismatch(
                [1, count, columns], "[1, N, \(5 + context.classCount)] for \(context.classCount) classes")
        }
        var cells = GridCells(width: context.inputWidth, height: context.inputHeight)
        if self == .yolox, count != cells.count {
            throw context.mismatch(
                [1, count, columns], "[1, \(cells.count), \(columns)]: one row a cell of the three grids")
        }
        var found: [Detection] = []
        for item in 0..<count {
            let cell = self == .yolox ? cells.next() : (x: 0, y: 0, stride: 1)
            let row = UnsafeBufferPointer(rebasing: values[(item * columns)..<((item + 1) * columns)])
            let objectness = row[4]
            if objectness.isNaN { throw context.notFinite }
            guard objectness >= context.minimumConfidence else { continue }
            var best = -Float.infinity
            var bestClass = 0
            for index in 0..<context.classCount {
                let score = row[5 + index]
                if score.isNaN { throw context.notFinite }
                if score > best {
                    best = score
                    bestClass = index
                }
            }
            guard best * objectness >= context.minimumConfidence else { continue }
            let isRaw = self == .yolox
            let stride = Float(cell.stride)
            found.append(
                try detection(
                    centreX: isRaw ? (row[0] + Float(cell.x)) * stride : row[0],
                    centreY: isRaw ? (row[1] + Float(cell.y)) * stride : row[1],
                    width: isRaw ? exp(row[2]) * stride : row[2], height: isRaw ? exp(row[3]) * stride : row[3],
                    score: best * objectness, classIndex: bestClass, context))
        }
        return found
    }

    /// Decodes boxes `[1, Q, 4]` (centre form, 0...1) with logits `[1, Q, C]`: score = sigmoid, best class of each query.
    package static func decodeQueries(
        boxes: UnsafeBufferPointer<Float>, logits: UnsafeBufferPointer<Float>, context: HeadContext
    ) throws(ModelError) -> [Detection] {
        let queries = boxes.count / 4
        guard queries > 0, logits.count % queries == 0, logits.count / queries >= context.classCount else {
            throw ModelError(
                context.file,
                "\(boxes.count) box values do not fit \(logits.count) scores of \(context.classCount) classes")
        }
        let columns = logits.count / queries
        let (width, height) = (Float(context.inputWidth), Float(context.inputHeight))
        var found: [Detection] = []
        for query in 0..<queries {
            var best = -Float.infinity
            var bestClass = 0
            for index in 0..<context.classCount {
                let logit = logits[query * columns + index]
                if logit.isNaN { throw context.notFinite }
                if logit > best {
                    best = logit
                    bestClass = index
                }
            }
            let score = 1 / (1 + exp(-best))
            guard score >= context.minimumConfidence else { continue }
            let row = query * 4
            found.append(
                try Head.detr.detection(
                    centreX: boxes[row] * width, centreY: boxes[row + 1] * height, width: boxes[row + 2] * width,
                    height: boxes[row + 3] * height, score: score, classIndex: bestClass, context))
        }
        return found
    }

    /// Reads labels, boxes (corners, in input pixels) and scores of an export that decodes by itself.
    package static func decodeLabelled(
        labels: UnsafeBufferPointer<Float>, boxes: UnsafeBufferPointer<Float>, scores: UnsafeBufferPointer<Float>,
        context: HeadContext
    ) throws(ModelError) -> [Detection] {
        guard labels.count == scores.count, boxes.count == scores.count * 4 else {
            throw ModelError(
                context.file, "\(labels.count) labels, \(boxes.count) box values and \(scores.count) scores do not fit")
        }
        var found: [Detection] = []
        for item in 0..<scores.count {
            let box = PixelBox(
                x1: boxes[item * 4], y1: boxes[item * 4 + 1], x2: boxes[item * 4 + 2], y2: boxes[item * 4 + 3])
            guard scores[item].isFinite, labels[item].isFinite, box.isFinite else { throw context.notFinite }
            let index = Int(min(max(labels[item], -1), 1e6))
            guard scores[item] >= context.minimumConfidence, index >= 0, index < context.classCount else { continue }
            found.append(Detection(classIndex: index, confidence: min(scores[item], 1), box: box))
        }
        return found
    }

    private func detection(
        centreX: Float, centreY: Float, width: Float, height: Float, score: Float, classIndex: Int,
        _ context: HeadContext
    ) throws(ModelError) -> Detection {
        let box = PixelBox(
            x1: centreX - width / 2, y1: centreY - height / 2, x2: centreX + width / 2, y2: centreY + height / 2)
        guard box.isFinite, score.isFinite else { throw context.notFinite }
        return Detection(classIndex: classIndex, confidence: min(max(score, 0), 1), box: box)
    }
}

/// Walks over the cells of the three grids, row by row, finest first.
private struct GridCells {
    private let width: Int
    private let height: Int
    private var stride = 8
    private var x = 0
    private var y = 0

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    var count: Int { Head.gridCells(width: width, height: height) }

    mutating func next() -> (x: Int, y: Int, stride: Int) {
        let cell = (x, y, stride)
        x += 1
        if x >= width / stride {
            x = 0
            y += 1
            if y >= height / stride {
                y = 0
                stride *= 2
            }
        }
        return cell
    }
}
