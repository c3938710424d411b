internal import COnnxRuntime
private import Foundation

/// A tensor's name, shape and element type as the model declares them.
package struct TensorDescription: Hashable, Sendable {
    package enum Element: Hashable, Sendable { case float32, int32, int64, other }

    package let name: String
    /// -1 where the model leaves a dimension open.
    package let shape: [Int]
    package let element: Element

    package init(name: String, shape: [Int], element: Element) {
        self.name = name
        self.shape = shape
        self.element = element
    }

    package var text: String { "\(name) \(shape)" }
}

/// One loaded model. Used from one thread at a time; `run` blocks.
package final class InferenceSession {
    package let file: String
    package let inputs: [TensorDescription]
    package let outputs: [TensorDescription]

    private let runtime: OnnxRuntime
    private let session: OpaquePointer
    private var memory: [UnsafeMutableRawBufferPointer] = []
    private static let maximumRank = 8
    /// An output larger than this (elements) is refused.
    private static let maximumElements = 64 << 20

    /// Loads `file`.
    ///
    /// - Parameter threads: how many threads one run may use.
    /// - Throws: `ModelError` that names the file.
    package init(_ runtime: OnnxRuntime, file: String, threads: Int) throws(ModelError) {
        guard FileManager.default.isReadableFile(atPath: file) else {
            throw ModelError(file, "there is no such model file")
        }
        var error: UnsafeMutablePointer<CChar>?
        guard let session = onnx_session_create(runtime.library, file, Int32(clamping: max(1, threads)), &error) else {
            throw ModelError(file, "ONNX Runtime cannot load it: \(takeText(error) ?? "no reason given")")
        }
        self.runtime = runtime
        self.session = session
        self.file = file
        inputs = (0..<onnx_input_count(session)).map { index in
            Self.describe(onnx_input_name(session, index)) { onnx_input_shape(session, index, $0, $1, $2) }
        }
        outputs = (0..<onnx_output_count(session)).map { index in
            Self.describe(onnx_output_name(session, index)) { onnx_output_shape(session, index, $0, $1, $2) }
        }
    }

    deinit {
        onnx_session_free(session)
        for buffer in memory { buffer.deallocate() }
    }

    /// A value of the model's own metadata.
    package func metadata(_ key: String) -> String? {
        guard let value = onnx_metadata(session, key) else { return nil }
        defer { free(value) }
        return String(cString: value)
    }

    /// Makes the memory of an input and binds it; it lives as long as the session.
    ///
    /// - Returns: the values, all 0.
    package func bind<Value: BitwiseCopyable>(input index: Int, shape: [Int], as type: Value.Type)
        throws(ModelError) -> UnsafeMutableBufferPointer<Value>
    {
        let count = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        guard shape.allSatisfy({ $0 > 0 }), count > 0, count <= Self.maximumElements else {
            throw ModelError(file, "its input \(shape) is of no usable size")
        }
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: count * MemoryLayout<Value>.stride, alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        memory.append(bytes)
        let element: Int32 = type == Int64.self ? Int32(ONNX_INT64) : Int32(ONNX_FLOAT)
        let error = onnx_bind_input(
            session, index, bytes.baseAddress, bytes.count, shape.map(Int64.init), shape.count, element)
        if let text = takeText(error) { throw ModelError(file, "its input cannot be \(shape): \(text)") }
        return bytes.bindMemory(to: type)
    }

    /// Runs the model on what was bound.
    package func run() throws(ModelError) {
        if let text = takeText(onnx_run(session)) { throw ModelError(file, "inference failed: \(text)") }
    }

    /// An output of the latest run as float32; valid until the next run, only inside `body`.
    package func withOutput<Result>(
        _ index: Int, _ body: (UnsafeBufferPointer<Float>, [Int]) throws(ModelError) -> Result
    ) throws(ModelError) -> Result {
        var dimensions = [Int64](repeating: 0, count: Self.maximumRank)
        var rank = 0
        var type: Int32 = 0
        var error: UnsafeMutablePointer<CChar>?
        guard let data = onnx_output(session, index, &dimensions, Self.maximumRank, &rank, &type, &error) else {
            throw ModelError(file, "output \(index): \(takeText(error) ?? "missing")")
        }
        let shape = dimensions.prefix(rank).map { Int(clamping: $0) }
        let count = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        guard shape.allSatisfy({ $0 >= 0 }), count >= 0, count <= Self.maximumElements else {
            throw ModelError(file, "output \(index) has the impossible shape \(shape)")
        }
        switch Int(type) {
        case ONNX_FLOAT:
            return try body(UnsafeBufferPointer(start: data.assumingMemoryBound(to: Float.self), count: count), shape)
        case ONNX_INT64:
            let source = UnsafeBufferPointer(start: data.assumingMemoryBound(to: Int64.self), count: count)
            return try Self.converted(source.map(Float.init), shape, body)
        case ONNX_INT32:
            let source = UnsafeBufferPointer(start: data.assumingMemoryBound(to: Int32.self), count: count)
            return try Self.converted(source.map(Float.init), shape, body)
        default:
            throw ModelError(
                file, "output \(index) is of element type \(type); float32, int32 and int64 are understood")
        }
    }

    private static func converted<Result>(
        _ values: [Float], _ shape: [Int],
        _ body: (UnsafeBufferPointer<Float>, [Int]) throws(ModelError) -> Result
    ) throws(ModelError) -> Result {
        let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: values.count)
        defer { copy.deallocate() }
        _ = copy.initialize(from: values)
        return try body(UnsafeBufferPointer(copy), shape)
    }

    private static func describe(
        _ name: UnsafePointer<CChar>?,
        _ read: (UnsafeMutablePointer<Int64>, Int, UnsafeMutablePointer<Int32>) -> Int
    ) -> TensorDescription {
        var dimensions = [Int64](repeating: 0, count: maximumRank)
        var type: Int32 = 0
        let rank = read(&dimensions, maximumRank, &type)
        let element: TensorDescription.Element =
            switch Int(type) {
            case ONNX_FLOAT: .float32
            case ONNX_INT32: .int32
            case ONNX_INT64: .int64
            default: .other
            }
        return TensorDescription(
            name: name.map { String(cString: $0) } ?? "",
            shape: dimensions.prefix(max(0, rank)).map { Int(clamping: $0) },
            element: element)
    }
}
