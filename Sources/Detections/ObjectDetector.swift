package import Domain
private import Foundation

/// A detector made of an ONNX model.
package final class ObjectDetector: Detector {
    /// Overlap above which the less confident of two boxes goes, as the reference implementations of YOLO have it.
    package static let suppressionThreshold: Float = 0.45

    package let name: String
    package let classes: ClassList
    package let head: Head
    package let inputWidth: Int
    package let inputHeight: Int
    package let manifest: ModelManifest
    package var inputs: [TensorDescription] { session.inputs }
    package var outputs: [TensorDescription] { session.outputs }

    private let session: InferenceSession
    private let tensor: UnsafeMutableBufferPointer<Float>
    private let originalSize: UnsafeMutableBufferPointer<Int64>?
    private let layout: ModelManifest.Layout
    private let maximum: Float
    private let placement: Letterbox.Placement
    private var padded: Letterbox?

    /// Loads a model and finds out what it takes and gives.
    ///
    /// - Parameter threads: how many threads one inference may use.
    /// - Throws: `ModelError` that names the file and what was expected.
    package init(_ runtime: OnnxRuntime, model file: String, threads: Int) throws(ModelError) {
        let session = try InferenceSession(runtime, file: file, threads: threads)
        let manifest = try ModelManifest(besideModel: file)
        guard let imageIndex = session.inputs.firstIndex(where: { $0.shape.count == 4 && $0.element == .float32 }),
            [3, -1].contains(session.inputs[imageIndex].shape[1])
        else {
            throw ModelError(
                file,
                "its inputs \(session.inputs.map(\.text).joined(separator: ", ")) hold no float32 image [1, 3, H, W]")
        }
        let shape = session.inputs[imageIndex].shape
        inputHeight = shape[2] > 0 ? shape[2] : manifest.inputHeight ?? 640
        inputWidth = shape[3] > 0 ? shape[3] : manifest.inputWidth ?? 640
        guard inputWidth <= 4096, inputHeight <= 4096, [1, -1].contains(shape[0]) else {
            throw ModelError(file, "its input \(shape) is no single picture of a usable size")
        }
        if let told = manifest.head {
            head = told
        } else {
            head = try Head.recognise(
                outputs: session.outputs, inputWidth: inputWidth, inputHeight: inputHeight, file: file)
        }
        classes = try Self.classes(manifest: manifest, session: session, head: head)
        tensor = try session.bind(input: imageIndex, shape: [1, 3, inputHeight, inputWidth], as: Float.self)
        if let sizeIndex = session.inputs.firstIndex(where: { $0.element == .int64 && $0.shape.count == 2 }) {
            originalSize = try session.bind(input: sizeIndex, shape: [1, 2], as: Int64.self)
        } else {
            originalSize = nil
        }
        layout = manifest.layout ?? (head == .yolox ? .bgr : .rgb)
        maximum = (manifest.range ?? (head == .yolox ? .bytes : .unit)) == .bytes ? 255 : 1
        placement = manifest.letterbox ?? (head == .yolox ? .topLeft : .centre)
        name = manifest.name ?? URL(filePath: file).deletingPathExtension().lastPathComponent
        self.manifest = manifest
        self.session = session
    }

    package func detect(_ input: any DetectionInput, minimumConfidence: Float) throws -> [Detection] {
        let letterbox = Letterbox(
            sourceWidth: input.width, sourceHeight: input.height, inputWidth: inputWidth, inputHeight: inputHeight,
            placement: placement)
        try fill(from: input, letterbox)
        try session.run()
        let found = try decode(minimumConfidence: minimumConfidence)
        let kept =
            head.needsSuppression
            ? NonMaximumSuppression.apply(to: found, threshold: Self.suppressionThreshold) : found
        return kept.compactMap { detection in
            var detection = detection
            detection.box = letterbox.source(of: detection.box)
            return detection.box.area > 0 ? detection : nil
        }
    }

    private func fill(from input: any DetectionInput, _ letterbox: Letterbox) throws {
        guard let base = tensor.baseAddress else { throw ModelError(session.file, "its input has no memory") }
        let plane = inputWidth * inputHeight
        if padded != letterbox {
            tensor.update(repeating: Float(manifest.pad ?? 114) / 255 * maximum)
            padded = letterbox
        }
        let start = letterbox.top * inputWidth + letterbox.left
        let (first, second, third) = (base + start, base + start + plane, base + start + 2 * plane)
        try input.fill(
            TensorPlanes(
                red: layout == .rgb ? first : third, green: second, blue: layout == .rgb ? third : first,
                rowStride: inputWidth, width: letterbox.width, height: letterbox.height))
        if maximum != 1 {
            for channel in [first, second, third] {
                for row in 0..<letterbox.height {
                    let line = channel + row * inputWidth
                    for column in 0..<letterbox.width { line[column] *= maximum }
                }
            }
        }
        if let originalSize {
            originalSize[0] = Int64(inputWidth)
            originalSize[1] = Int64(inputHeight)
        }
    }

    private func decode(minimumConfidence: Float) throws(ModelError) -> [Detection] {
        let context = HeadContext(
            inputWidth: inputWidth, inputHeight: inputHeight, classCount: classes.count,
            minimumConfidence: minimumConfidence, file: session.file)
        guard head == .detr else {
            return try session.withOutput(0) { (values, shape) throws(ModelError) in
                try head.decode(values, shape: shape, context: context)
            }
        }
        let names = session.outputs.map { $0.name.lowercased() }
        if let labels = names.firstIndex(of: "labels"), let boxes = names.firstIndex(of: "boxes"),
            let scores = names.firstIndex(of: "scores")
        {
            return try session.withOutput(labels) { (labels, _) throws(ModelError) in
                try session.withOutput(boxes) { (boxes, _) throws(ModelError) in
                    try session.withOutput(scores) { (scores, _) throws(ModelError) in
                        try Head.decodeLabelled(labels: labels, boxes: boxes, scores: scores, context: context)
                    }
                }
            }
        }
        guard let boxes = session.outputs.firstIndex(where: { $0.shape.count == 3 && $0.shape[2] == 4 }),
            let logits = session.outputs.indices.first(where: { $0 != boxes && session.outputs[$0].shape.count == 3 })
        else {
            throw ModelError(session.file, "its outputs hold no boxes [1, Q, 4] with logits [1, Q, C]")
        }
        return try session.withOutput(boxes) { (boxes, _) throws(ModelError) in
            try session.withOutput(logits) { (logits, _) throws(ModelError) in
                try Head.decodeQueries(boxes: boxes, logits: logits, context: context)
            }
        }
    }

    /// From the manifest, or the model's metadata, or, where the count fits, COCO's 80.
    private static func classes(manifest: ModelManifest, session: InferenceSession, head: Head) throws(ModelError)
        -> ClassList
    {
        if let classes = manifest.classes { return classes }
        if let text = session.metadata("names"), let classes = ClassList(pythonDictionary: text) { return classes }
        let shape = session.outputs.first?.shape ?? []
        let count: Int? =
            switch head {
            case .yolov8: shape.count == 3 ? min(shape[1], shape[2]) - 4 : nil
            case .yolov5, .yolox: shape.count == 3 ? shape[2] - 5 : nil
            case .endToEnd, .detr: nil
            }
        guard let count, count != 80 else { return .coco80 }
        guard count > 0, count <= 100_000 else {
            throw ModelError(session.file, "it does not say how many classes it knows; a manifest can list them")
        }
        return ClassList((0..<count).map { "class \($0)" })
    }
}
