import Detections
import Domain
import Foundation
import TestSupport

/// ONNX Runtime as the set-up fetched it; nil where it was not run.
let runtime = try? OnnxRuntime(path: checkout.appending(path: ".deps/onnxruntime/lib/libonnxruntime.so").path)
/// The model that the set-up converts.
let tiny = checkout.appending(path: ".deps/models/yolov3-tiny.onnx")
/// What `make_references.py` made.
let stored = checkout.appending(path: "Tests/Fixtures/heads")

/// A detection as the stored references have it.
struct Reference: Decodable, Sendable {
    let `class`: Int
    let confidence: Float
    /// x1, y1, x2, y2 in pixels of the source picture.
    let box: [Float]

    /// The largest difference of a side, in pixels.
    func distance(to box: PixelBox) -> Float {
        zip(self.box, [box.x1, box.y1, box.x2, box.y2]).map { abs($0 - $1) }.max() ?? .infinity
    }
}

func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: stored.appending(path: name)))
}

/// A picture of one colour.
struct Plain: DetectionInput {
    let width: Int
    let height: Int
    var red: Float = 0.4
    var green: Float = 0.4
    var blue: Float = 0.4

    func fill(_ planes: TensorPlanes) {
        for (plane, value) in [(planes.red, red), (planes.green, green), (planes.blue, blue)] {
            for row in 0..<planes.height {
                (plane + row * planes.rowStride).update(repeating: value, count: planes.width)
            }
        }
    }
}

/// What is known of a model that was never run.
func facts(
    _ outputs: [TensorDescription], classes: Int? = nil, metadata: ModelMetadata = ModelMetadata(), side: Int = 640,
    sample: [TensorSample] = []
) throws -> ModelFacts {
    try ModelFacts(
        outputs: outputs, classCount: classes, metadata: metadata, inputWidth: side, inputHeight: side,
        file: "model.onnx"
    ) { () throws(ModelError) -> [TensorSample] in sample }
}

func describe(_ shape: [Int], name: String = "output", _ element: TensorDescription.Element = .float32)
    -> TensorDescription
{
    TensorDescription(name: name, shape: shape, element: element)
}

/// Decodes one output with a head that was told, as an input of `side` pixels has it.
func decode(
    _ head: Head, _ values: [Float], _ shape: [Int], classes: Int, confidence: Float = 0.25, side: Int = 64
) throws -> [Detection] {
    let layout = try OutputLayout(head: head, facts: facts([describe(shape)], classes: classes, side: side))
    return try decode(layout, [(values, shape)], classes: classes, confidence: confidence, side: side)
}

func decode(
    _ layout: OutputLayout, _ outputs: [(values: [Float], shape: [Int])], classes: Int, confidence: Float = 0.25,
    side: Int = 64
) throws -> [Detection] {
    let context = HeadContext(
        inputWidth: side, inputHeight: side, classCount: classes, minimumConfidence: confidence, file: "model.onnx")
    let buffers = outputs.map { output in
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: output.values.count)
        _ = buffer.initialize(from: output.values)
        return buffer
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    return try layout.decode(
        zip(buffers, outputs).map { OutputTensor(values: UnsafeBufferPointer($0), shape: $1.shape) }, context: context)
}
