package import Domain

/// The planes of a model's input that a picture is to be written into: the region of the scaled picture only.
package struct TensorPlanes {
    /// First value of the region in each plane; values 0...1.
    package let red: UnsafeMutablePointer<Float>
    package let green: UnsafeMutablePointer<Float>
    package let blue: UnsafeMutablePointer<Float>
    /// Floats from one row to the next.
    package let rowStride: Int
    /// Size to which the picture is to be scaled.
    package let width: Int
    package let height: Int
}

/// A picture to be analysed.
package protocol DetectionInput: Sendable {
    /// Pixels.
    var width: Int { get }
    var height: Int { get }
    /// Writes the picture, scaled, into the planes. Called on the detector's thread.
    func fill(_ planes: TensorPlanes) throws
}

/// Finds objects in pictures. Used from one thread at a time; blocks.
package protocol Detector: AnyObject {
    var name: String { get }
    var classes: ClassList { get }

    /// - Returns: what was found with at least `minimumConfidence`, boxes in pixels of the picture.
    func detect(_ input: any DetectionInput, minimumConfidence: Float) throws -> [Detection]
}
