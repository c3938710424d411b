package import Domain

/// Which detections count on a camera.
package struct DetectionFilter: Hashable, Sendable {
    /// Indexes of the classes that count; nil for all.
    package var classes: Set<Int>?
    /// 0...1; less confident detections do not start a track.
    package var minimumConfidence: Float
    /// Square pixels of the camera's picture.
    package var minimumArea: Float?
    package var maximumArea: Float?

    package init(
        classes: Set<Int>? = nil, minimumConfidence: Float, minimumArea: Float? = nil, maximumArea: Float? = nil
    ) {
        self.classes = classes
        self.minimumConfidence = minimumConfidence
        self.minimumArea = minimumArea
        self.maximumArea = maximumArea
    }

    /// Whether class and area fit. Confidence is left to the tracker, which can use low ones to keep a track alive.
    package func admits(_ detection: Detection) -> Bool {
        if let classes, !classes.contains(detection.classIndex) { return false }
        let area = detection.box.area
        if let minimumArea, area < minimumArea { return false }
        if let maximumArea, area > maximumArea { return false }
        return true
    }
}
