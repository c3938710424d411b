package import Domain
package import Foundation

/// What `GET /status` tells, apart from what the server itself counts (viewers).
package struct SystemStatus: Sendable {
    /// In any order; a path that is not listed in `CameraCatalogue.paths` is shown as well.
    package var cameras: [StreamPath: CameraStatus]
    package var uptime: Duration
    /// The model as named in the configuration.
    package var model: String
    package var trackingEnabled: Bool
    package var detector: DetectorStatus
    package var recording = RecordingStatus(state: .disabled)
    package var version: String
    /// False makes `/healthz` answer 503.
    package var isLive: Bool

    package init(
        cameras: [StreamPath: CameraStatus], uptime: Duration, model: String, trackingEnabled: Bool,
        detector: DetectorStatus, version: String, isLive: Bool = true
    ) {
        self.cameras = cameras
        self.uptime = uptime
        self.model = model
        self.trackingEnabled = trackingEnabled
        self.detector = detector
        self.version = version
        self.isLive = isLive
    }
}

/// The state of one camera. Texts are shown to clients and must hold no secret.
package struct CameraStatus: Sendable {
    package enum State: String, Sendable {
        case connecting, running, waiting, stopped
    }

    package var name: String
    package var streamID: UUID
    package var state: State
    /// Why it is not running, nil when it is.
    package var reason: String?
    /// Where its pictures come from, without secrets; nil for a stream that is published to us.
    package var source: String?
    /// Frames that arrive per second; shown with one decimal, 0 when not finite.
    package var fps = 0.0
    /// Confirmed tracks since start.
    package var detections = 0
    package var lastDetection: Date?
    /// Confirmed tracks since start by class name.
    package var objects: [String: Int] = [:]
    /// Pixels, nil before the first frame.
    package var width: Int?
    package var height: Int?
    /// Frames dropped since start because a consumer was slow.
    package var dropped = 0
    package var recording = RecordingStatus(state: .disabled)

    package init(name: String, streamID: UUID, state: State, reason: String? = nil) {
        self.name = name
        self.streamID = streamID
        self.state = state
        self.reason = reason
    }
}

/// The state of the detector that all cameras share.
package struct DetectorStatus: Sendable {
    package enum State: String, Sendable {
        case starting, running, failed, disabled
    }

    package var state: State
    package var reason: String?
    /// Mean time of one inference in milliseconds, nil before the first.
    package var inferenceMilliseconds: Double?

    package init(state: State, reason: String? = nil, inferenceMilliseconds: Double? = nil) {
        self.state = state
        self.reason = reason
        self.inferenceMilliseconds = inferenceMilliseconds
    }
}

/// How recording is doing, on one camera or as a whole. Texts are shown to clients and must hold no secret.
package struct RecordingStatus: Sendable {
    package enum State: String, Sendable {
        case disabled, idle, recording, failing
    }

    package var state: State
    /// Why it fails, or what is left out of the clips.
    package var reason: String?
    /// The clip that is being written.
    package var file: String?

    package init(state: State, reason: String? = nil, file: String? = nil) {
        self.state = state
        self.reason = reason
        self.file = file
    }
}
