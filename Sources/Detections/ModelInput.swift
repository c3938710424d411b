/// Which inputs a model has, and of what size its picture is.
struct ModelInput {
    /// Pixels of the picture.
    let width: Int
    let height: Int
    private let image: Int
    /// `orig_target_sizes` of RT-DETR and D-FINE, [1, 2] int64: width and height that boxes are scaled to.
    private let size: Int?
    /// `pixel_mask` of DETR, [1, H, W] int64: 1 where the picture is.
    private let mask: Int?

    private static let defaultSide = 640
    private static let sides = 8...4096

    /// - Throws: `ModelError` that lists the inputs there are and what was expected.
    init(_ session: InferenceSession, manifest: ModelManifest, metadata: ModelMetadata) throws(ModelError) {
        let inputs = session.inputs
        let found = inputs.map(\.text).joined(separator: ", ")
        let images = inputs.indices.filter { inputs[$0].shape.count == 4 && inputs[$0].element == .float32 }
        guard images.count == 1, let image = images.first, [3, -1].contains(inputs[image].shape[1]) else {
            throw ModelError(
                session.file,
                "its inputs \(found) are not one picture, expected one float32 input [1, 3, H, W]")
        }
        size = inputs.firstIndex { $0.element == .int64 && $0.shape.count == 2 && [2, -1].contains($0.shape[1]) }
        mask = inputs.firstIndex { $0.element == .int64 && $0.shape.count == 3 && $0.name.contains("mask") }
        let known = [image, size, mask]
        if let other = inputs.indices.first(where: { !known.contains($0) }) {
            throw ModelError(
                session.file,
                "its input \(inputs[other].text) is not understood, expected a float32 picture [1, 3, H, W] "
                    + "and at most an int64 size [1, 2]")
        }
        let shape = inputs[image].shape
        let manifestFile = ModelManifest.file(besideModel: session.file)
        for (told, fixed) in [(manifest.inputHeight, shape[2]), (manifest.inputWidth, shape[3])] {
            if let told, fixed > 0, told != fixed {
                throw ModelError(
                    manifestFile, "input.size: the model's input is \(shape[3])×\(shape[2]) and cannot be \(told)")
            }
        }
        height = shape[2] > 0 ? shape[2] : manifest.inputHeight ?? metadata.inputHeight ?? Self.defaultSide
        width = shape[3] > 0 ? shape[3] : manifest.inputWidth ?? metadata.inputWidth ?? Self.defaultSide
        guard Self.sides.contains(width), Self.sides.contains(height), [1, -1].contains(shape[0]) else {
            throw ModelError(
                session.file,
                "its input \(inputs[image].text) is no single picture of a usable size, "
                    + "expected [1, 3, H, W] with sides in \(Self.sides)")
        }
        self.image = image
    }

    /// Makes the inputs' memory.
    ///
    /// - Returns: that of the picture, three planes.
    func bind(to session: InferenceSession) throws(ModelError) -> UnsafeMutableBufferPointer<Float> {
        if let size {
            let values = try session.bind(input: size, shape: [1, 2], as: Int64.self)
            (values[0], values[1]) = (Int64(width), Int64(height))
        }
        if let mask {
            try session.bind(input: mask, shape: [1, height, width], as: Int64.self).update(repeating: 1)
        }
        return try session.bind(input: image, shape: [1, 3, height, width], as: Float.self)
    }
    /// Runs the model on a grey picture, to see what it gives.
    ///
    /// - Parameter tensor: the bound picture.
    /// - Returns: copies of all outputs; empty for one of a type that no head reads.
    func samplesOfGrey(_ session: InferenceSession, _ tensor: UnsafeMutableBufferPointer<Float>) throws(ModelError)
        -> [TensorSample]
    {
        tensor.update(repeating: 114 / 255)
        do throws(ModelError) {
            try session.run()
        } catch {
            throw ModelError(
                session.file,
                "\(error.reason) (on a grey picture of \(width)×\(height), to see what it gives; "
                    + "a manifest can set input.size)")
        }
        return session.outputs.indices.map { index in
            let copy = try? session.withOutputs([index]) { (outputs) throws(ModelError) in
                outputs.map { TensorSample(shape: $0.shape, values: Array($0.values)) }
            }
            return copy?.first ?? TensorSample(shape: [], values: [])
        }
    }
}
