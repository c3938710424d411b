package import Domain
package import Store

/// Which camera a live message is about.
package struct LiveCamera: Sendable, Hashable {
    package let streamID: String
    package let path: StreamPath

    package init(streamID: String, path: StreamPath) {
        self.streamID = streamID
        self.path = path
    }
}

/// What a live message tells, before it is numbered and encoded.
package enum LiveContent: Sendable {
    /// What was found in one analysed picture.
    case frame(LiveFrame)
    case event(LiveAction, LiveEvent)
    case recordingCreated(Recording)
    /// Its files are gone.
    case recordingDeleted(Recording)
    case camera(CameraStatus.State, reason: String?)
    case system(LiveSystemState, version: String)
}

package enum LiveAction: String, Sendable {
    case started, updated, ended
}

package enum LiveSystemState: String, Sendable {
    case starting, running, stopping
}

/// The objects of one analysed picture.
package struct LiveFrame: Sendable {
    /// On the camera's timeline, the same that `/api/live/ws` refers to.
    package var mediaSeconds: Double
    package var wallMicroseconds: Int64
    /// Pixels that the boxes count in.
    package var width: Int
    package var height: Int
    package var objects: [LiveObject]

    package init(mediaSeconds: Double, wallMicroseconds: Int64, width: Int, height: Int, objects: [LiveObject]) {
        self.mediaSeconds = mediaSeconds
        self.wallMicroseconds = wallMicroseconds
        self.width = width
        self.height = height
        self.objects = objects
    }
}

package struct LiveObject: Sendable {
    /// nil when objects are not tracked.
    package var trackID: TrackID?
    package var className: String
    /// 0...1.
    package var confidence: Double
    package var box: PixelBox

    package init(trackID: TrackID?, className: String, confidence: Double, box: PixelBox) {
        self.trackID = trackID
        self.className = className
        self.confidence = confidence
        self.box = box
    }
}

/// An event as far as it is known.
package struct LiveEvent: Sendable {
    /// The same in all messages about it, never used for another.
    package var id: String
    package var className: String
    package var trackID: TrackID?
    /// The best so far, 0...1.
    package var confidence: Double
    package var startMicroseconds: Int64
    /// nil while it lasts.
    package var endMicroseconds: Int64?

    package init(
        id: String, className: String, trackID: TrackID?, confidence: Double, startMicroseconds: Int64,
        endMicroseconds: Int64? = nil
    ) {
        self.id = id
        self.className = className
        self.trackID = trackID
        self.confidence = confidence
        self.startMicroseconds = startMicroseconds
        self.endMicroseconds = endMicroseconds
    }
}
