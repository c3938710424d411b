package import Domain

/// How a picture is fitted into a model's input.
package struct Letterbox: Hashable, Sendable {
    package enum Placement: String, Hashable, Sendable, Codable, CaseIterable {
        /// Scaled with its aspect kept, in the middle, the rest padded.
        case centre
        /// The same in the top left corner.
        case topLeft = "top-left"
        /// Both sides scaled to the input's, whatever the aspect.
        case stretch
    }

    /// Input pixels a source pixel.
    package let scaleX: Float
    package let scaleY: Float
    /// Where the scaled picture lies in the input, in input pixels.
    package let left: Int
    package let top: Int
    package let width: Int
    package let height: Int
    private let sourceWidth: Float
    private let sourceHeight: Float

    /// As the reference implementations have it: scale = min(input/source). Centred (Ultralytics): each side rounded, and
    /// boxes come back by the sides' own scales; offsets rounded with a bias of 0.1 downwards. Top left (YOLOX): sides cut
    /// to whole pixels, and boxes come back by the one scale.
    package init(sourceWidth: Int, sourceHeight: Int, inputWidth: Int, inputHeight: Int, placement: Placement) {
        let (sourceX, sourceY) = (Double(max(1, sourceWidth)), Double(max(1, sourceHeight)))
        let scale = min(Double(inputWidth) / sourceX, Double(inputHeight) / sourceY)
        // A hair is added before cutting, so that 416 does not become 415 by rounding of the scale.
        let hair = 1e-6
        switch placement {
        case .centre:
            width = min(inputWidth, max(1, Int((sourceX * scale).rounded(.toNearestOrEven))))
            height = min(inputHeight, max(1, Int((sourceY * scale).rounded(.toNearestOrEven))))
            left = Int((Double(inputWidth - width) / 2 - 0.1).rounded(.toNearestOrEven))
            top = Int((Double(inputHeight - height) / 2 - 0.1).rounded(.toNearestOrEven))
        case .topLeft:
            width = min(inputWidth, max(1, Int(sourceX * scale + hair)))
            height = min(inputHeight, max(1, Int(sourceY * scale + hair)))
            (left, top) = (0, 0)
        case .stretch:
            (width, height, left, top) = (inputWidth, inputHeight, 0, 0)
        }
        scaleX = Float(placement == .topLeft ? scale : Double(width) / sourceX)
        scaleY = Float(placement == .topLeft ? scale : Double(height) / sourceY)
        self.sourceWidth = Float(sourceX)
        self.sourceHeight = Float(sourceY)
    }

    /// A box in input pixels as a box in source pixels, clipped to the picture.
    package func source(of box: PixelBox) -> PixelBox {
        let (x, y) = (Float(left), Float(top))
        return PixelBox(
            x1: (box.x1 - x) / scaleX, y1: (box.y1 - y) / scaleY, x2: (box.x2 - x) / scaleX, y2: (box.y2 - y) / scaleY
        ).clipped(toWidth: sourceWidth, height: sourceHeight)
    }
}
