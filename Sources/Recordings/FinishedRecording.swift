package import Domain

/// What a clip belongs to.
package struct ClipCamera: Hashable, Sendable {
    package let id: CameraID
    package let path: StreamPath
    package let name: String

    package init(id: CameraID, path: StreamPath, name: String) {
        self.id = id
        self.path = path
        self.name = name
    }
}

/// One object seen in a clip.
package struct ClipObject: Hashable, Sendable, Codable {
    package var className: String
    /// The highest in the clip, 0...1.
    package var confidence: Double
    /// At that moment, in whole pixels of the recorded video; the second corner exclusive.
    package var x1: Int
    package var y1: Int
    package var x2: Int
    package var y2: Int
    package var trackID: TrackID?
    /// Since 1970 UTC.
    package var firstSeenMicroseconds: Int64
    package var lastSeenMicroseconds: Int64
}

/// A clip that is complete on the disk and ready to be listed.
package struct FinishedRecording: Hashable, Sendable {
    package var camera: ClipCamera
    /// Of the first picture, since 1970 UTC.
    package var startMicroseconds: Int64
    /// Media duration of the file, pre-roll included.
    package var durationSeconds: Double
    /// Inside the recordings folder, as the next two.
    package var fileName: String
    package var fileBytes: Int64
    package var thumbnailName: String?
    package var cleanThumbnailName: String?
    package var objects: [ClipObject]
}

/// Where finished clips are listed. Both calls may block, and come from several threads.
package protocol RecordingSink: Sendable {
    /// Whether a clip of this file name was listed, even if it has been removed since.
    func contains(fileName: String) throws -> Bool
    /// Lists a clip; called once for each.
    func insert(_ recording: FinishedRecording) throws
}
