package import Domain

/// One followed object in one analysed picture.
package struct Sighting: Hashable, Sendable {
    package var trackID: TrackID
    package var classIndex: Int
    /// Of the detection, 0...1.
    package var confidence: Float
    /// In pixels of the analysed picture.
    package var box: PixelBox

    package init(trackID: TrackID, classIndex: Int, confidence: Float, box: PixelBox) {
        self.trackID = trackID
        self.classIndex = classIndex
        self.confidence = confidence
        self.box = box
    }

    /// A confirmed track as it stands after the picture.
    package init(_ track: Track) {
        self.init(trackID: track.id, classIndex: track.classIndex, confidence: track.confidence, box: track.box)
    }

    /// Whether its numbers make sense; others are passed over.
    var isUsable: Bool { confidence.isFinite && box.isFinite && box.area > 0 && box.area.isFinite }
}
