/// Number of a followed object: positive, never used twice in the life of a database.
package typealias TrackID = Int64

/// An object followed over several pictures, as it stands after one of them.
package struct Track: Hashable, Sendable {
    package var id: TrackID
    package var classIndex: Int
    /// Confidence of the latest detection, 0...1.
    package var confidence: Float
    /// In pixels of the analysed picture.
    package var box: PixelBox
    /// Velocity of the box's centre in pixels a second.
    package var velocityX: Float
    package var velocityY: Float

    package init(
        id: TrackID, classIndex: Int, confidence: Float, box: PixelBox, velocityX: Float = 0, velocityY: Float = 0
    ) {
        self.id = id
        self.classIndex = classIndex
        self.confidence = confidence
        self.box = box
        self.velocityX = velocityX
        self.velocityY = velocityY
    }

    /// Where the box is expected `seconds` after the picture it was seen in (constant velocity).
    package func box(after seconds: Float) -> PixelBox {
        let dx = velocityX * seconds
        let dy = velocityY * seconds
        return PixelBox(x1: box.x1 + dx, y1: box.y1 + dy, x2: box.x2 + dx, y2: box.y2 + dy)
    }
}
