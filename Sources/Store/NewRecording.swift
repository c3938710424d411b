package import Domain

/// A finished clip, to be listed.
package struct NewRecording: Hashable, Sendable {
    package var cameraID: CameraID
    package var cameraPath: StreamPath
    /// As it is shown now; the recording keeps it when the camera is renamed.
    package var cameraName: String
    /// Of the first picture, pre-roll included.
    package var startMicroseconds: Int64
    /// Media duration of the file.
    package var durationSeconds: Double
    /// Last component of the clip's path, inside the recordings folder.
    package var fileName: String
    package var fileBytes: Int64
    /// Last component of the thumbnail with the box drawn.
    package var thumbnailName: String?
    /// Last component of the same picture without a box.
    package var cleanThumbnailName: String?
    /// One entry a track, in the order in which the API shows them.
    package var objects: [RecordedObject]

    package init(
        cameraID: CameraID, cameraPath: StreamPath, cameraName: String, startMicroseconds: Int64,
        durationSeconds: Double, fileName: String, fileBytes: Int64, thumbnailName: String? = nil,
        cleanThumbnailName: String? = nil, objects: [RecordedObject] = []
    ) {
        self.cameraID = cameraID
        self.cameraPath = cameraPath
        self.cameraName = cameraName
        self.startMicroseconds = startMicroseconds
        self.durationSeconds = durationSeconds
        self.fileName = fileName
        self.fileBytes = fileBytes
        self.thumbnailName = thumbnailName
        self.cleanThumbnailName = cleanThumbnailName
        self.objects = objects
    }
}

/// An object of a recording, at the moment of its best sight.
package struct RecordedObject: Hashable, Sendable {
    /// Whole pixels of the recorded video; the second corner exclusive.
    package struct Box: Hashable, Sendable {
        package var x1: Int
        package var y1: Int
        package var x2: Int
        package var y2: Int

        package init(x1: Int, y1: Int, x2: Int, y2: Int) {
            self.x1 = x1
            self.y1 = y1
            self.x2 = x2
            self.y2 = y2
        }
    }

    package var className: String
    /// 0...1; kept to four decimals.
    package var confidence: Double
    package var box: Box
    /// nil when it was not followed.
    package var trackID: TrackID?
    package var firstSeenMicroseconds: Int64
    package var lastSeenMicroseconds: Int64

    package init(
        className: String, confidence: Double, box: Box, trackID: TrackID?, firstSeenMicroseconds: Int64,
        lastSeenMicroseconds: Int64
    ) {
        self.className = className
        self.confidence = confidence
        self.box = box
        self.trackID = trackID
        self.firstSeenMicroseconds = firstSeenMicroseconds
        self.lastSeenMicroseconds = lastSeenMicroseconds
    }
}
