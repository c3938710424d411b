internal import Domain
private import Foundation

extension OutputLayout {
    /// The most detections that the queries of a picture give, as RT-DETR, D-FINE and RF-DETR have it.
    private static let maximumSelected = 300

    /// Boxes (centre form, 0...1) with the scores of each class: every class of a query counts that scores high enough,
    /// the best of all queries first, as the reference implementations select them.
    func queries(boxes: OutputTensor, scores: OutputTensor, _ context: HeadContext) throws(ModelError) -> [Detection] {
        let boxes = try Candidates(boxes, context)
        let logits = try Candidates(scores, context)
        let columns = context.classCount + (activation == .softmax ? 1 : 0)
        guard boxes.channels == 4, boxes.count == logits.count, logits.channels >= columns else {
            throw context.mismatch(
                scores.shape, "\(boxes.count) rows of at least \(columns) scores for \(context.classCount) classes")
        }
        var selected: [(query: Int, classIndex: Int, score: Float)] = []
        for query in 0..<logits.count {
            var (highest, sum) = (-Float.infinity, Float(0))
            for column in 0..<logits.channels {
                guard logits[query, column].isFinite else { throw context.notFinite }
                highest = max(highest, logits[query, column])
            }
            if activation == .softmax {
                for column in 0..<logits.channels { sum += exp(logits[query, column] - highest) }
            }
            for index in 0..<context.classCount {
                let logit = logits[query, index]
                let score =
                    switch activation {
                    case .sigmoid: 1 / (1 + exp(-logit))
                    case .softmax: exp(logit - highest) / sum
                    case .none: logit
                    }
                if score >= context.minimumConfidence { selected.append((query, index, score)) }
            }
        }
        if selected.count > Self.maximumSelected {
            selected.sort { $0.score > $1.score }
            selected.removeLast(selected.count - Self.maximumSelected)
        }
        var found: [Detection] = []
        for (query, classIndex, score) in selected {
            found.append(try context.detection(share(boxes, query, context), score: score, classIndex: classIndex))
        }
        return found
    }

    /// Box (centre form, 0...1), score, class.
    func rankedQueries(_ tensor: OutputTensor, _ context: HeadContext) throws(ModelError) -> [Detection] {
        let candidates = try Candidates(tensor, context)
        guard candidates.channels == 6 else { throw context.mismatch(tensor.shape, "[1, Q, 6]") }
        var found: [Detection] = []
        for item in 0..<candidates.count {
            guard candidates[item, 4].isFinite else { throw context.notFinite }
            guard candidates[item, 4] >= context.minimumConfidence,
                let index = try context.classIndex(candidates[item, 5])
            else { continue }
            found.append(
                try context.detection(share(candidates, item, context), score: candidates[item, 4], classIndex: index))
        }
        return found
    }

    /// Labels, corners in input pixels and scores of an export that decodes by itself.
    ///
    /// - Parameter scores: nil where they are the fifth number of the boxes.
    func labelled(
        labels: OutputTensor, boxes: OutputTensor, scores: OutputTensor?, _ context: HeadContext
    ) throws(ModelError) -> [Detection] {
        let corners = try Candidates(boxes, context)
        guard labels.values.count == corners.count, corners.channels == (scores == nil ? 5 : 4),
            scores.map({ $0.values.count == corners.count }) ?? true
        else {
            throw context.mismatch(
                boxes.shape, "as many boxes as labels \(labels.shape) and scores \(scores?.shape ?? boxes.shape)")
        }
        var found: [Detection] = []
        for item in 0..<corners.count {
            let score = scores.map { $0.values[item] } ?? corners[item, 4]
            let box = PixelBox(
                x1: corners[item, 0], y1: corners[item, 1], x2: corners[item, 2], y2: corners[item, 3])
            guard score.isFinite, box.isFinite else { throw context.notFinite }
            guard score >= context.minimumConfidence, let index = try context.classIndex(labels.values[item])
            else { continue }
            found.append(try context.detection(box, score: score, classIndex: index))
        }
        return found
    }

    private func share(_ boxes: Candidates, _ item: Int, _ context: HeadContext) -> PixelBox {
        let (width, height) = (Float(context.inputWidth), Float(context.inputHeight))
        return PixelBox(
            centreX: boxes[item, 0] * width, centreY: boxes[item, 1] * height, width: boxes[item, 2] * width,
            height: boxes[item, 3] * height)
    }
}
