/// What is known of a model when the meaning of its outputs is to be found.
package struct ModelFacts {
    package let outputs: [TensorDescription]
    /// Classes that the manifest or the metadata names; nil where neither does.
    package let classCount: Int?
    /// What the manifest says of it.
    package let activation: OutputLayout.Activation?
    package let metadata: ModelMetadata
    package let file: String
    let positions: GridPositions
    /// Copies of all outputs for a grey picture.
    private let run: () throws(ModelError) -> [TensorSample]

    /// - Parameters:
    ///   - outputs: as the model declares them. Where it leaves open more than the number of pictures, they are taken
    ///     from a run.
    ///   - run: runs the model on a grey picture; called where shapes leave a question open.
    /// - Throws: what `run` throws.
    package init(
        outputs: [TensorDescription], classCount: Int? = nil, activation: OutputLayout.Activation? = nil,
        metadata: ModelMetadata = ModelMetadata(), inputWidth: Int, inputHeight: Int, file: String,
        run: @escaping () throws(ModelError) -> [TensorSample]
    ) throws(ModelError) {
        self.classCount = classCount
        self.activation = activation
        self.metadata = metadata
        self.file = file
        self.run = run
        positions = GridPositions(width: inputWidth, height: inputHeight)
        let isOpen = outputs.contains { output in
            output.shape.isEmpty ? output.element != .other : output.shape.count == 3 && output.shape[1...].contains(-1)
        }
        let found = isOpen ? try run() : []
        self.outputs = outputs.enumerated().map { index, output in
            guard found.indices.contains(index) else { return output }
            return TensorDescription(name: output.name, shape: found[index].shape, element: output.element)
        }
    }

    /// A copy of one output for a grey picture.
    func sample(of index: Int) throws(ModelError) -> TensorSample {
        let samples = try run()
        guard samples.indices.contains(index) else { throw ModelError(file, "a run gave no output \(index)") }
        return samples[index]
    }

    /// The output that a head of one output reads, with its shape less the number of pictures: the first float one of
    /// three dimensions, or else of two.
    var mainOutput: (index: Int, shape: [Int])? {
        for rank in [3, 2] {
            if let index = outputs.firstIndex(where: { $0.shape.count == rank && $0.element == .float32 }) {
                let shape = outputs[index].shape
                guard rank == 3 else { return (index, shape) }
                if shape[0] == 1 || shape[0] == -1 { return (index, Array(shape.dropFirst())) }
            }
        }
        return nil
    }

    func mainOutput(for head: Head, expected: String) throws(ModelError) -> (index: Int, shape: [Int]) {
        guard let mainOutput else { throw mismatch(head, expected) }
        return mainOutput
    }

    /// Labels, boxes and scores of an export that decodes by itself.
    var labelled: (labels: Int, boxes: Int, scores: Int)? {
        guard let boxes = outputs.firstIndex(where: { $0.shape.count == 3 && $0.shape[2] == 4 }),
            let scores = index(named: ["score", "conf"], otherThan: [boxes], rank: 2),
            let labels = index(named: ["label", "class", "cls"], otherThan: [boxes, scores], rank: 2)
        else { return nil }
        return (labels, boxes, scores)
    }

    /// Boxes with scores and labels of MMDetection.
    var scoredCorners: (boxes: Int, labels: Int)? {
        guard let boxes = outputs.firstIndex(where: { $0.shape.count == 3 && $0.shape[2] == 5 }),
            let labels = index(named: ["label", "class", "cls"], otherThan: [boxes], rank: 2)
        else { return nil }
        return (boxes, labels)
    }

    /// Boxes and class scores of queries.
    var queries: (boxes: Int, scores: Int)? {
        let candidates = outputs.indices.filter { outputs[$0].shape.count == 3 && outputs[$0].element == .float32 }
        let boxes = candidates.filter { outputs[$0].shape[2] == 4 }
        let named = boxes.first { name(of: $0, holdsOneOf: ["box", "dets"]) }
        guard let boxes = named ?? boxes.first,
            let scores = candidates.first(where: { $0 != boxes && outputs[$0].shape[1] == outputs[boxes].shape[1] })
        else { return nil }
        return (boxes, scores)
    }

    /// DETR's own kind has a class for nothing and softmax: told by COCO's 91 numbers and one. Later kinds have sigmoid.
    func likelyActivation(of scores: TensorDescription) -> OutputLayout.Activation {
        if scores.shape[2] == 92 { return .softmax }
        let name = scores.name.lowercased()
        return name.contains("score") || name.contains("prob") ? .none : .sigmoid
    }

    /// Whether a dimension can be that of `extra` numbers and one for each class.
    func holds(_ size: Int, extra: Int) -> Bool {
        guard let classCount else { return size > extra }
        return size == extra + classCount || (metadata.allowsExtras && size > extra + classCount)
    }

    func mismatch(_ head: Head, _ expected: String) -> ModelError {
        ModelError(file, "its outputs \(outputsText) do not fit the head \(head.rawValue), expected \(expected)")
    }

    var outputsText: String { outputs.map(\.text).joined(separator: ", ") }

    private func index(named parts: [String], otherThan taken: [Int], rank: Int) -> Int? {
        outputs.indices.first {
            !taken.contains($0) && outputs[$0].shape.count == rank && name(of: $0, holdsOneOf: parts)
        }
    }

    private func name(of index: Int, holdsOneOf parts: [String]) -> Bool {
        parts.contains { outputs[index].name.lowercased().contains($0) }
    }
}
