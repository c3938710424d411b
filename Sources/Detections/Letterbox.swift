package import Domain

/// How a picture is fitted into a model's input: scaled with its aspect kept, the rest padded.
package struct Letterbox: Hashable, Sendable {
    package enum Placement: String, Hashable, Sendable, Codable {
        case centre
        case topLeft = "top-left"
    }

    /// Input pixels a source pixel.
    package let scale: Float
    /// Where the scaled picture lies in the input, in input pixels.
    package let left: Int
    package let top: Int
    package let width: Int
    package let height: Int
    private let sourceWidth: Float
    private let sourceHeight: Float

    /// As the reference implementations have it: scale = min(input/source); size rounded (centred) or cut (top-left);
    /// offsets rounded with a bias of 0.1 downwards (Ultralytics) or 0 (YOLOX).
    package init(sourceWidth: Int, sourceHeight: Int, inputWidth: Int, inputHeight: Int, placement: Placement) {
        let (sourceX, sourceY) = (Float(max(1, sourceWidth)), Float(max(1, sourceHeight)))
        scale = min(Float(inputWidth) / sourceX, Float(inputHeight) / sourceY)
        let (scaledX, scaledY) = (sourceX * scale, sourceY * scale)
        let rule: FloatingPointRoundingRule = placement == .centre ? .toNearestOrEven : .down
        // A hair is added before cutting, so that 416 does not become 415 by rounding of the scale.
        let hair: Float = placement == .centre ? 0 : 0.001
        width = min(inputWidth, max(1, Int((scaledX + hair).rounded(rule))))
        height = min(inputHeight, max(1, Int((scaledY + hair).rounded(rule))))
        left = placement == .centre ? Int((Float(inputWidth - width) / 2 - 0.1).rounded(.toNearestOrEven)) : 0
        top = placement == .centre ? Int((Float(inputHeight - height) / 2 - 0.1).rounded(.toNearestOrEven)) : 0
        self.sourceWidth = sourceX
        self.sourceHeight = sourceY
    }

    /// A box in input pixels as a box in source pixels, clipped to the picture.
    package func source(of box: PixelBox) -> PixelBox {
        let (x, y) = (Float(left), Float(top))
        return PixelBox(
            x1: (box.x1 - x) / scale, y1: (box.y1 - y) / scale, x2: (box.x2 - x) / scale, y2: (box.y2 - y) / scale
        ).clipped(toWidth: sourceWidth, height: sourceHeight)
    }
}
