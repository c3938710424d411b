package import Domain
private import Foundation

/// A detector made of an ONNX model.
package final class ObjectDetector: Detector {
    /// Overlap above which the less confident of two boxes goes, as the reference implementations of YOLO have it.
    package static let suppressionThreshold: Float = 0.45

    package let name: String
    package let classes: ClassList
    package let layout: OutputLayout
    package let treatment: InputTreatment
    package let inputWidth: Int
    package let inputHeight: Int
    package let manifest: ModelManifest
    package var head: Head { layout.head }
    package var inputs: [TensorDescription] { session.inputs }
    package var outputs: [TensorDescription] { session.outputs }

    private let session: InferenceSession
    private let tensor: UnsafeMutableBufferPointer<Float>
    private var padded: Letterbox?

    /// Loads a model and finds out what it takes and gives. Where its shapes leave a question open, it is run once.
    ///
    /// - Parameter threads: how many threads one inference may use.
    /// - Throws: `ModelError` that names the file and what was expected.
    package init(_ runtime: OnnxRuntime, model file: String, threads: Int) throws(ModelError) {
        let manifest = try ModelManifest(besideModel: file)
        let session = try InferenceSession(runtime, file: file, threads: threads)
        let metadata = ModelMetadata { session.metadata($0) }
        let input = try ModelInput(session, manifest: manifest, metadata: metadata)
        let tensor = try input.bind(to: session)
        var samples: [TensorSample]?
        let facts = try ModelFacts(
            outputs: session.outputs, classCount: (manifest.classes ?? metadata.classes)?.count,
            activation: manifest.activation, metadata: metadata, inputWidth: input.width, inputHeight: input.height,
            file: file
        ) { () throws(ModelError) -> [TensorSample] in
            if let samples { return samples }
            let taken = try input.samplesOfGrey(session, tensor)
            samples = taken
            return taken
        }
        if let head = manifest.head {
            layout = try OutputLayout(head: head, facts: facts)
        } else {
            layout = try OutputLayout(head: Head.recognise(facts), facts: facts)
        }
        classes = try ClassList(layout: layout, manifest: manifest, metadata: metadata, file: file)
        if manifest.activation != nil, !layout.hasRawScores {
            throw ModelError(
                ModelManifest.file(besideModel: file),
                "activation: only heads with boxes and raw scores of queries have one")
        }
        treatment = InputTreatment(layout: layout, facts: facts, manifest: manifest)
        (inputWidth, inputHeight) = (input.width, input.height)
        name = manifest.name ?? URL(filePath: file).deletingPathExtension().lastPathComponent
        self.tensor = tensor
        self.manifest = manifest
        self.session = session
    }

    package func detect(_ input: any DetectionInput, minimumConfidence: Float) throws -> [Detection] {
        let letterbox = Letterbox(
            sourceWidth: input.width, sourceHeight: input.height, inputWidth: inputWidth, inputHeight: inputHeight,
            placement: treatment.placement)
        try fill(from: input, letterbox)
        try session.run()
        let context = HeadContext(
            inputWidth: inputWidth, inputHeight: inputHeight, classCount: classes.count,
            minimumConfidence: minimumConfidence, file: session.file)
        let found = try session.withOutputs(layout.outputIndexes) { (outputs) throws(ModelError) in
            try layout.decode(outputs, context: context)
        }
        let kept =
            head.needsSuppression
            ? NonMaximumSuppression.apply(to: found, threshold: Self.suppressionThreshold)
            : NonMaximumSuppression.best(of: found)
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
            treatment.fillWithPadding(tensor)
            padded = letterbox
        }
        let start = base + letterbox.top * inputWidth + letterbox.left
        let planes = [start, start + plane, start + 2 * plane]
        let isRGB = treatment.layout == .rgb
        try input.fill(
            TensorPlanes(
                red: planes[isRGB ? 0 : 2], green: planes[1], blue: planes[isRGB ? 2 : 0], rowStride: inputWidth,
                width: letterbox.width, height: letterbox.height))
        treatment.apply(to: planes, rowStride: inputWidth, width: letterbox.width, height: letterbox.height)
    }
}

extension ClassList {
    /// The names of a model's classes: from the manifest, or its metadata, or, where the count fits, COCO's.
    ///
    /// - Throws: `ModelError` where the names told are not as many as the outputs are for.
    fileprivate init(layout: OutputLayout, manifest: ModelManifest, metadata: ModelMetadata, file: String)
        throws(ModelError)
    {
        if let told = manifest.classes ?? metadata.classes {
            if let count = layout.classCount, count != told.count {
                throw ModelError(
                    manifest.classes == nil ? file : ModelManifest.file(besideModel: file),
                    "classes: \(told.count) names, but the outputs are for \(count) classes")
            }
            self = told
            return
        }
        switch layout.classCount {
        case nil, 80: self = .coco80
        case 91: self = .coco91
        case let count?: self.init((0..<count).map { "class \($0)" })
        }
    }
}
