package import Domain
private import Foundation

extension OutputLayout {
    /// Decodes the outputs of a run into boxes in input pixels, before any suppression.
    ///
    /// - Parameter outputs: those of `outputIndexes`, in that order.
    /// - Throws: `ModelError` for a shape that does not fit, or numbers that are none.
    package func decode(_ outputs: [OutputTensor], context: HeadContext) throws(ModelError) -> [Detection] {
        guard outputs.count == outputIndexes.count, let first = outputs.first else {
            throw ModelError(context.file, "a run gave \(outputs.count) outputs, expected \(outputIndexes.count)")
        }
        return switch arrangement {
        case .columns, .queryRows: try bestClasses(first, context)
        case .rows where head == .yolov8: try bestClasses(first, context)
        case .rows where head == .endToEnd: try corners(first, numbers: 6, context)
        case .rows: try objectness(first, context)
        case .numberedRows: try corners(first, numbers: 7, context)
        case .rankedQueryRows: try rankedQueries(first, context)
        case .scoredCorners: try labelled(labels: outputs[1], boxes: first, scores: nil, context)
        case .labelled: try labelled(labels: first, boxes: outputs[1], scores: outputs[2], context)
        case .queries: try queries(boxes: first, scores: outputs[1], context)
        }
    }

    /// Candidates looked at in one go: their scores stay in the processor's cache.
    private static let blockSize = 256

    private func has(_ numbers: Int, _ candidates: Candidates) -> Bool {
        candidates.channels == numbers || (allowsExtras && candidates.channels > numbers)
    }

    /// Box in centre form, then the score of each class.
    private func bestClasses(_ tensor: OutputTensor, _ context: HeadContext) throws(ModelError) -> [Detection] {
        let isInColumns = if case .columns = arrangement { true } else { false }
        let isShare = if case .queryRows = arrangement { true } else { false }
        let candidates = try Candidates(tensor, inColumns: isInColumns, context)
        guard has(4 + context.classCount, candidates) else {
            throw context.mismatch(
                tensor.shape, "\(4 + context.classCount) numbers a candidate for \(context.classCount) classes")
        }
        let scores = UnsafeMutableBufferPointer<Float>.allocate(capacity: Self.blockSize)
        let indexes = UnsafeMutableBufferPointer<Int32>.allocate(capacity: Self.blockSize)
        scores.initialize(repeating: 0)
        indexes.initialize(repeating: 0)
        defer {
            scores.deallocate()
            indexes.deallocate()
        }
        let unitX = isShare ? Float(context.inputWidth) : 1
        let unitY = isShare ? Float(context.inputHeight) : 1
        var found: [Detection] = []
        for start in stride(from: 0, to: candidates.count, by: Self.blockSize) {
            let items = start..<min(start + Self.blockSize, candidates.count)
            guard candidates.best(of: 4..<(4 + context.classCount), items: items, scores: scores, indexes: indexes)
            else { throw context.notFinite }
            for item in items where scores[item - start] >= context.minimumConfidence {
                let box = PixelBox(
                    centreX: candidates[item, 0] * unitX, centreY: candidates[item, 1] * unitY,
                    width: candidates[item, 2] * unitX, height: candidates[item, 3] * unitY)
                found.append(
                    try context.detection(
                        box, score: scores[item - start], classIndex: Int(indexes[item - start])))
            }
        }
        return found
    }

    /// Corners, score and class; or the number of the picture, corners, class and score.
    private func corners(_ tensor: OutputTensor, numbers: Int, _ context: HeadContext) throws(ModelError) -> [Detection]
    {
        let candidates = try Candidates(tensor, context)
        guard has(numbers, candidates) else {
            throw context.mismatch(tensor.shape, numbers == 6 ? "[1, K, 6]" : "[K, 7]")
        }
        let (box, score, label) = numbers == 6 ? (0, 4, 5) : (1, 6, 5)
        var found: [Detection] = []
        for item in 0..<candidates.count {
            for channel in 0..<numbers where !candidates[item, channel].isFinite { throw context.notFinite }
            guard candidates[item, score] >= context.minimumConfidence,
                let index = try context.classIndex(candidates[item, label])
            else { continue }
            let corners = PixelBox(
                x1: candidates[item, box], y1: candidates[item, box + 1], x2: candidates[item, box + 2],
                y2: candidates[item, box + 3])
            found.append(try context.detection(corners, score: candidates[item, score], classIndex: index))
        }
        return found
    }

    /// Box in centre form, objectness, then the score of each class. YOLOX's boxes are relative to their cells.
    private func objectness(_ tensor: OutputTensor, _ context: HeadContext) throws(ModelError) -> [Detection] {
        let candidates = try Candidates(tensor, context)
        guard candidates.channels == 5 + context.classCount else {
            throw context.mismatch(
                tensor.shape, "[1, N, \(5 + context.classCount)] for \(context.classCount) classes")
        }
        let positions = GridPositions(width: context.inputWidth, height: context.inputHeight)
        if head == .yolox, candidates.count != positions.standardCount {
            throw context.mismatch(
                tensor.shape,
                "[1, \(positions.standardCount), \(candidates.channels)]: one row a cell of the three grids")
        }
        let isRaw =
            head == .yolox
            && !(0..<candidates.count).contains {
                max(candidates[$0, 2], candidates[$0, 3]) > Head.maximumLogarithm
            }
        var cells = GridCells(width: context.inputWidth, height: context.inputHeight)
        var found: [Detection] = []
        for item in 0..<candidates.count {
            let cell = isRaw ? cells.next() : (x: 0, y: 0, stride: 1)
            let objectness = candidates[item, 4]
            guard objectness.isFinite else { throw context.notFinite }
            guard objectness >= context.minimumConfidence else { continue }
            var best = -Float.infinity
            var bestClass = 0
            for index in 0..<context.classCount {
                let score = candidates[item, 5 + index]
                guard score.isFinite else { throw context.notFinite }
                if score > best { (best, bestClass) = (score, index) }
            }
            guard best * objectness >= context.minimumConfidence else { continue }
            var box = PixelBox(
                centreX: candidates[item, 0], centreY: candidates[item, 1], width: candidates[item, 2],
                height: candidates[item, 3])
            if isRaw {
                let stride = Float(cell.stride)
                box = PixelBox(
                    centreX: (candidates[item, 0] + Float(cell.x)) * stride,
                    centreY: (candidates[item, 1] + Float(cell.y)) * stride,
                    width: exp(candidates[item, 2]) * stride, height: exp(candidates[item, 3]) * stride)
            }
            found.append(try context.detection(box, score: best * objectness, classIndex: bestClass))
        }
        return found
    }
}

extension Head {
    /// Sizes above are pixels: `exp(12)` strides are more than any picture has. YOLOX's export can decode by itself.
    static let maximumLogarithm: Float = 12
}
