internal import Domain

/// The candidates of one output, whichever way they lie.
struct Candidates {
    let count: Int
    /// Numbers of each.
    let channels: Int
    private let values: UnsafeBufferPointer<Float>
    private let itemStep: Int
    private let channelStep: Int

    /// - Throws: `ModelError` for a shape that is not `[1, N, channels]` (or without its first dimension), or, in
    ///   columns, `[1, channels, N]`.
    init(_ tensor: OutputTensor, inColumns: Bool = false, _ context: HeadContext) throws(ModelError) {
        let shape = tensor.shape.count == 3 && tensor.shape[0] == 1 ? Array(tensor.shape[1...]) : tensor.shape
        guard shape.count == 2, tensor.values.count == shape[0] * shape[1] else {
            throw context.mismatch(tensor.shape, "three dimensions, the first 1")
        }
        values = tensor.values
        (channels, count) = inColumns ? (shape[0], shape[1]) : (shape[1], shape[0])
        (itemStep, channelStep) = inColumns ? (1, shape[1]) : (shape[1], 1)
    }

    /// `item` is below `count`, `channel` below `channels`.
    subscript(item: Int, channel: Int) -> Float {
        values[item * itemStep + channel * channelStep]
    }

    /// The best of some channels, of several candidates. Reads channel after channel, as they lie in columns.
    ///
    /// - Parameters:
    ///   - scores, indexes: become the best score of each candidate, and its channel less the first; room for all `items`.
    /// - Returns: whether all scores were numbers.
    func best(
        of range: Range<Int>, items: Range<Int>, scores: UnsafeMutableBufferPointer<Float>,
        indexes: UnsafeMutableBufferPointer<Int32>
    ) -> Bool {
        scores.update(repeating: -.infinity)
        indexes.update(repeating: 0)
        var isNumber = true
        for channel in range {
            let first = items.lowerBound * itemStep + channel * channelStep
            let index = Int32(truncatingIfNeeded: channel - range.lowerBound)
            for item in 0..<items.count {
                let score = values[first + item * itemStep]
                isNumber = isNumber && score.isFinite
                if score > scores[item] {
                    scores[item] = score
                    indexes[item] = index
                }
            }
        }
        return isNumber
    }
}

extension HeadContext {
    /// A box may lie outside of the input, but not this many times its size.
    private static let maximumExtent: Float = 100
    /// Half precision and quantisation push scores a little above 1.
    private static let maximumScore: Float = 1.1

    /// A detection from a box's corners in input pixels.
    ///
    /// - Throws: `ModelError` for numbers that no detection can have.
    func detection(_ box: PixelBox, score: Float, classIndex: Int) throws(ModelError) -> Detection {
        guard box.isFinite, score.isFinite else { throw notFinite }
        guard score <= Self.maximumScore else {
            throw ModelError(
                file, "the output holds the score \(score), expected 0...1; is the head right? A manifest can name it")
        }
        let limit = Self.maximumExtent * Float(max(inputWidth, inputHeight))
        guard max(abs(box.x1), abs(box.y1), abs(box.x2), abs(box.y2)) <= limit else {
            throw ModelError(
                file,
                "the output holds a box of \(box.width) × \(box.height) pixels for an input of "
                    + "\(inputWidth)×\(inputHeight); is the head right? A manifest can name it")
        }
        return Detection(classIndex: classIndex, confidence: min(max(score, 0), 1), box: box)
    }

    /// A class number that the model wrote as a float.
    ///
    /// - Returns: nil for a negative one, which fills up rows that hold nothing.
    /// - Throws: `ModelError` for one beyond the class list.
    func classIndex(_ number: Float) throws(ModelError) -> Int? {
        guard number.isFinite else { throw notFinite }
        guard number >= 0 else { return nil }
        guard number < Float(classCount) else {
            throw ModelError(
                file,
                "the output names class \(number), but only 0...\(classCount - 1) are known; "
                    + "a manifest can list the classes")
        }
        return Int(number)
    }
}

extension PixelBox {
    /// From centre and size.
    init(centreX: Float, centreY: Float, width: Float, height: Float) {
        self.init(
            x1: centreX - width / 2, y1: centreY - height / 2, x2: centreX + width / 2, y2: centreY + height / 2)
    }
}
