internal import COnnxRuntime
private import Foundation

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
        try Self.checkFile(file)
        var error: UnsafeMutablePointer<CChar>?
        guard let session = onnx_session_create(runtime.library, file, Int32(clamping: max(1, threads)), &error) else {
            throw ModelError(
                file,
                "ONNX Runtime cannot load it, expected a whole ONNX model: \(takeText(error) ?? "no reason given")")
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

    /// ONNX Runtime itself would read a device without an end, and says little of the rest.
    private static func checkFile(_ file: String) throws(ModelError) {
        let path = URL(filePath: file).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
            throw ModelError(file, "there is no such model file")
        }
        guard attributes[.type] as? FileAttributeType == .typeRegular else {
            throw ModelError(file, "it is no regular file, expected an ONNX model")
        }
        guard FileManager.default.isReadableFile(atPath: path) else { throw ModelError(file, "it cannot be read") }
        guard (attributes[.size] as? NSNumber)?.int64Value != 0 else {
            throw ModelError(file, "it is empty, expected an ONNX model")
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
        guard shape.allSatisfy({ (1...Self.maximumElements).contains($0) }),
            case let count = shape.reduce(1, { $0.multipliedReportingOverflow(by: $1).partialValue }),
            (1...Self.maximumElements).contains(count)
        else {
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

    /// Outputs of the latest run as float32; valid until the next run, only inside `body`.
    ///
    /// - Parameter indexes: which, in the order in which `body` takes them.
    package func withOutputs<Result>(
        _ indexes: [Int], _ body: ([OutputTensor]) throws(ModelError) -> Result
    ) throws(ModelError) -> Result {
        var copies: [UnsafeMutableBufferPointer<Float>] = []
        defer { for copy in copies { copy.deallocate() } }
        var tensors: [OutputTensor] = []
        for index in indexes {
            let (data, shape, count, type) = try output(index)
            switch Int(type) {
            case ONNX_FLOAT:
                let values = UnsafeBufferPointer(start: data?.assumingMemoryBound(to: Float.self), count: count)
                tensors.append(OutputTensor(values: values, shape: shape))
            case ONNX_INT64:
                copies.append(Self.floats(data?.assumingMemoryBound(to: Int64.self), count))
                tensors.append(OutputTensor(values: UnsafeBufferPointer(copies[copies.count - 1]), shape: shape))
            case ONNX_INT32:
                copies.append(Self.floats(data?.assumingMemoryBound(to: Int32.self), count))
                tensors.append(OutputTensor(values: UnsafeBufferPointer(copies[copies.count - 1]), shape: shape))
            default:
                throw ModelError(
                    file, "output \(index) is \(Self.element(type).rawValue); float32, int32 and int64 are understood")
            }
        }
        return try body(tensors)
    }

    /// An output's memory (nil where it holds nothing), shape, number of elements and type.
    private func output(_ index: Int) throws(ModelError) -> (UnsafeRawPointer?, [Int], Int, Int32) {
        var dimensions = [Int64](repeating: 0, count: Self.maximumRank)
        var rank = 0
        var type: Int32 = 0
        var error: UnsafeMutablePointer<CChar>?
        let data = onnx_output(session, index, &dimensions, Self.maximumRank, &rank, &type, &error)
        if let text = takeText(error) { throw ModelError(file, "output \(index): \(text)") }
        let shape = dimensions.prefix(rank).map { Int(clamping: $0) }
        var count = 1
        for side in shape {
            let (product, isTooLarge) = count.multipliedReportingOverflow(by: side)
            guard side >= 0, !isTooLarge, product <= Self.maximumElements else {
                throw ModelError(file, "output \(index) has the impossible shape \(shape)")
            }
            count = product
        }
        guard data != nil || count == 0 else { throw ModelError(file, "output \(index) is missing") }
        return (count == 0 ? nil : data, shape, count, type)
    }

    private static func floats(_ values: UnsafePointer<some BinaryInteger>?, _ count: Int)
        -> UnsafeMutableBufferPointer<Float>
    {
        let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        _ = copy.initialize(from: UnsafeBufferPointer(start: values, count: count).lazy.map { Float($0) })
        return copy
    }

    private static func element(_ type: Int32) -> TensorDescription.Element {
        switch Int(type) {
        case ONNX_FLOAT: .float32
        case ONNX_UINT8: .uint8
        case ONNX_INT8: .int8
        case ONNX_UINT16: .uint16
        case ONNX_INT16: .int16
        case ONNX_INT32: .int32
        case ONNX_INT64: .int64
        case ONNX_BOOL: .bool
        case ONNX_FLOAT16: .float16
        case ONNX_DOUBLE: .float64
        default: .other
        }
    }

    private static func describe(
        _ name: UnsafePointer<CChar>?,
        _ read: (UnsafeMutablePointer<Int64>, Int, UnsafeMutablePointer<Int32>) -> Int
    ) -> TensorDescription {
        var dimensions = [Int64](repeating: 0, count: maximumRank)
        var type: Int32 = 0
        let rank = read(&dimensions, maximumRank, &type)
        return TensorDescription(
            name: name.map { String(cString: $0) } ?? "",
            shape: dimensions.prefix(max(0, rank)).map { Int(clamping: $0) },
            element: rank < 0 ? .other : element(type))
    }
}
