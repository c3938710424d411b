/// A tensor's name, shape and element type as the model declares them.
package struct TensorDescription: Hashable, Sendable {
    package enum Element: String, Hashable, Sendable {
        case float32, float16, float64, int8, uint8, int16, uint16, int32, int64, bool
        case other = "of another type"
    }

    package let name: String
    /// -1 where the model leaves a dimension open; empty for what is no tensor.
    package let shape: [Int]
    package let element: Element

    package init(name: String, shape: [Int], element: Element) {
        self.name = name
        self.shape = shape
        self.element = element
    }

    /// e.g. `images [1, 3, 640, 640]`, with the element type where it is not float32.
    package var text: String {
        element == .float32 ? "\(name) \(shape)" : "\(name) \(shape) \(element.rawValue)"
    }
}

/// One output of a run as float32. Valid only inside the closure that it was handed to.
package struct OutputTensor {
    package let values: UnsafeBufferPointer<Float>
    package let shape: [Int]

    package init(values: UnsafeBufferPointer<Float>, shape: [Int]) {
        self.values = values
        self.shape = shape
    }
}

/// A copy of one output of a run, to find out what it means.
package struct TensorSample: Hashable, Sendable {
    package let shape: [Int]
    package let values: [Float]

    package init(shape: [Int], values: [Float]) {
        self.shape = shape
        self.values = values
    }
}
