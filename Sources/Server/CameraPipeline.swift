package import Cameras
package import Detections
package import Domain
private import FFmpeg
package import Frames
package import Logging
private import Plumbing
package import Recordings
package import Settings
internal import Tracks

/// What happens to one camera's pictures: sampled, analysed, followed, counted and, for viewers, drawn.
package final class CameraPipeline: Sendable {
    /// What was found so far.
    package struct Findings: Sendable {
        /// Confirmed tracks since the start.
        package var trackCount = 0
        /// The same by class name.
        package var objects: [String: Int] = [:]
        /// When a confirmed track was last seen, in seconds since 1970 (UTC).
        package var latestWallSeconds: Double?
        package var analysedFrames = 0
        /// Pixels of the latest analysed picture, which the camera may have changed since it connected.
        package var pictureSize: (width: Int, height: Int)?
        /// Why the latest picture could not be analysed.
        package var failure: String?
    }

    private struct State {
        var tracker: Tracker
        var findings = Findings()
        /// What viewers see: objects of the latest analysed picture.
        var objects: [Track] = []
        var objectsTime = MediaTime.zero
        var pictureWidth = 1.0
        var pictureHeight = 1.0
        var classes = ClassList([])
        var filter: DetectionFilter
        /// nil when nothing is detected here.
        var port: DetectionPort?
    }

    /// Boxes of an analysis older than this are not drawn.
    private static let maximumBoxAgeSeconds = 1.0
    /// How far ahead a box is moved by its velocity.
    private static let maximumPredictionSeconds = 0.4
    /// What the detector is asked for when tracking: the tracker keeps tracks alive with faint detections.
    private static let trackingConfidence: Float = 0.1

    package let camera: Camera
    package let tap: FrameTap
    package let settings: CameraSettings
    /// Whether objects show their numbers.
    private let isTracking: Bool
    /// Where followed objects are reported; nil when this camera does not record.
    private let recorder: Recorder?
    /// Tells whoever listens; nil: nobody can.
    private let feed: LiveFeed?
    private let nextTrackID: @Sendable () -> TrackID
    private let state: Locked<State>

    package init(
        camera: Camera, settings: CameraSettings, isTracking: Bool, recorder: Recorder?, feed: LiveFeed? = nil,
        logger: Logger, nextTrackID: @escaping @Sendable () -> TrackID
    ) {
        self.camera = camera
        self.settings = settings
        self.isTracking = isTracking
        self.recorder = recorder
        self.feed = feed
        self.nextTrackID = nextTrackID
        tap = FrameTap(camera, logger: logger)
        let confidence = Float(settings.detection.confidence)
        let filters = settings.detection.filters
        state = Locked(
            State(
                tracker: Tracker(parameters: .following(minimumConfidence: confidence)),
                filter: DetectionFilter(
                    minimumConfidence: confidence, minimumArea: filters.minArea.map { Float($0) },
                    maximumArea: filters.maxArea.map { Float($0) })))
    }

    package var findings: Findings { state.withLock { $0.findings } }

    /// Its place at the detector; nil when nothing is detected here.
    package var detectionPort: DetectionPort? { state.withLock { $0.port } }

    /// The model is loaded: what its class numbers mean, and which count here.
    package func use(classes: ClassList, admitted: AdmittedClasses) {
        state.withLock { state in
            state.classes = classes
            state.filter.classes = admitted.detection
        }
        recorder?.use(classes: classes, admitted: admitted.events)
        feed?.use(classes: classes)
    }

    /// Starts sampling the camera for the detector.
    package func startDetection(with scheduler: DetectionScheduler) {
        let confidence = Float(settings.detection.confidence)
        let port = scheduler.register(
            minimumConfidence: isFollowing ? min(confidence, Self.trackingConfidence) : confidence
        ) { self.take($0) }
        state.withLock { $0.port = port }
        let scaler = FrameInput.SharedScaler()
        _ = tap.addConsumer(maximumRate: settings.detection.fps) { frame in
            port.offer(CameraInput(frame, scaler: scaler), time: frame.time)
        }
    }

    /// What to draw over a frame: the objects of the latest analysis, moved on to the frame's time.
    package func overlay(for frame: CameraFrame) -> Overlay {
        state.withLock { state in
            let age = frame.time.seconds - state.objectsTime.seconds
            guard abs(age) <= Self.maximumBoxAgeSeconds else { return Overlay() }
            let ahead = Float(min(max(age, 0), Self.maximumPredictionSeconds))
            let boxes = state.objects.map { object in
                let number = object.id > 0 ? " #\(object.id)" : ""
                let percent = Int((min(max(object.confidence, 0), 1) * 100).rounded())
                return OverlayBox(
                    box: object.box(after: ahead),
                    label: "\(state.classes.name(of: object.classIndex)) \(percent)%\(number)",
                    colorIndex: object.classIndex)
            }
            return Overlay(boxes: boxes, width: state.pictureWidth, height: state.pictureHeight)
        }
    }

    /// Events are made of followed objects, whether viewers see their numbers or not.
    private var isFollowing: Bool { isTracking || recorder != nil }

    private func take(_ result: DetectionResult) {
        guard let input = result.input as? CameraInput else { return }
        let (tracks, shown): ([Track], [Track]?) = state.withLock { state in
            switch result.outcome {
            case .failure(let error):
                state.findings.failure = "\(error)"
                return ([], nil)
            case .success(let detections):
                state.findings.failure = nil
                state.findings.analysedFrames += 1
                state.findings.pictureSize = (input.width, input.height)
                state.pictureWidth = Double(input.width)
                state.pictureHeight = Double(input.height)
                return (follow(detections.filter(state.filter.admits), in: input.picture, &state), state.objects)
            }
        }
        if let shown { feed?.frame(shown, of: input.picture) }
        recorder?.observe(tracks, of: input.picture)
    }

    /// - Returns: the confirmed tracks in sight.
    private func follow(_ detections: [Detection], in picture: CameraFrame, _ state: inout State) -> [Track] {
        state.objectsTime = picture.time
        if isFollowing { state.tracker.update(detections, at: picture.time.seconds, nextID: nextTrackID) }
        let tracks = isFollowing ? state.tracker.tracks : []
        if isTracking {
            state.objects = tracks
            for track in tracks where state.tracker.confirmedInLatestUpdate.contains(track.id) {
                state.findings.trackCount += 1
                state.findings.objects[state.classes.name(of: track.classIndex), default: 0] += 1
            }
        } else {
            let least = Float(settings.detection.confidence)
            state.objects = detections.filter { $0.confidence >= least }.map {
                Track(id: 0, classIndex: $0.classIndex, confidence: $0.confidence, box: $0.box)
            }
        }
        if !state.objects.isEmpty { state.findings.latestWallSeconds = picture.wallSeconds }
        return tracks
    }
}

/// Class numbers that count on a camera; nil for all.
package struct AdmittedClasses: Sendable, Hashable {
    package var detection: Set<Int>?
    package var events: Set<Int>?
}

extension TrackerParameters {
    /// Tracks begin with detections of at least `minimumConfidence`, and are kept alive by fainter ones.
    static func following(minimumConfidence: Float) -> TrackerParameters {
        var parameters = TrackerParameters()
        parameters.birthConfidence = minimumConfidence
        parameters.highConfidence = min(parameters.highConfidence, minimumConfidence)
        return parameters
    }
}
