/// An axis-aligned box in pixels of a picture: x to the right, y downwards, the second corner exclusive.
package struct PixelBox: Hashable, Sendable {
    package var x1: Float
    package var y1: Float
    package var x2: Float
    package var y2: Float

    package init(x1: Float, y1: Float, x2: Float, y2: Float) {
        self.x1 = x1
        self.y1 = y1
        self.x2 = x2
        self.y2 = y2
    }

    package var width: Float { x2 - x1 }
    package var height: Float { y2 - y1 }
    /// Square pixels; 0 for a box turned inside out.
    package var area: Float { max(0, width) * max(0, height) }
    package var isFinite: Bool { x1.isFinite && y1.isFinite && x2.isFinite && y2.isFinite }

    /// The part inside a picture of `width` × `height` pixels.
    package func clipped(toWidth width: Float, height: Float) -> PixelBox {
        PixelBox(
            x1: min(max(x1, 0), width), y1: min(max(y1, 0), height),
            x2: min(max(x2, 0), width), y2: min(max(y2, 0), height))
    }

    /// Intersection over union, 0...1.
    package func intersectionOverUnion(with other: PixelBox) -> Float {
        let overlapWidth = min(x2, other.x2) - max(x1, other.x1)
        let overlapHeight = min(y2, other.y2) - max(y1, other.y1)
        guard overlapWidth > 0, overlapHeight > 0 else { return 0 }
        let overlap = overlapWidth * overlapHeight
        return overlap / max(area + other.area - overlap, .leastNormalMagnitude)
    }
}
