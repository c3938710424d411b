internal import Cameras
internal import Detections
internal import Domain
internal import Foundation
internal import Frames
internal import Logging
internal import Plumbing
internal import Recordings
internal import ServiceLifecycle
internal import Settings
internal import Store
internal import WebAPI

/// All that runs beside the web server, wired together: cameras, their pipelines and live pictures, the detector.
struct System: Sendable {
    /// What belongs to one camera.
    struct Entry: Sendable {
        let id: CameraID
        let pipeline: CameraPipeline
        let view: LiveView
        let settings: CameraSettings
        let recorder: Recorder?
    }

    let events = LiveEvents()
    let video: VideoOfCameras

    let settings: Settings
    let startedAt = ContinuousClock.now
    let entries: [StreamPath: Entry]
    let paths: [StreamPath]
    let scheduler: DetectionScheduler?
    let store: Store
    /// nil when no camera records.
    let recording: RecordingSystem?
    let modelName: String

    /// - Throws: `SettingsError` for class names that the model does not know (as far as its manifest tells before it is
    ///   loaded), `StoreError` when the database cannot be opened.
    init(settings: Settings, logger: Logger) throws {
        self.settings = settings
        let enabled = settings.cameras.filter(\.enabled)
        let store = try Store(settings.recording)
        self.store = store
        let numbers = try TrackNumbers(store)
        let cameras = try enabled.map { camera in
            (
                camera: Camera(path: camera.path, source: Source(camera)), id: try store.cameraID(of: camera.path),
                settings: camera
            )
        }
        let records = settings.recording.enabled && enabled.contains { $0.recording.enabled && $0.detection.enabled }
        let events = events
        let feeds = Dictionary(
            cameras.map { entry in
                let camera = LiveCamera(streamID: entry.id.description, path: entry.camera.path)
                return (entry.camera.path, LiveFeed(events: events, camera: camera))
            }, uniquingKeysWith: { first, _ in first })
        store.tellChanges(to: events)
        recording =
            records
            ? try RecordingSystem(settings, store: store, cameras: cameras, feeds: feeds, logger: logger) : nil
        var entries: [StreamPath: Entry] = [:]
        for (camera, id, own) in cameras {
            let recorder = recording?.recorders[camera.path]
            let pipeline = CameraPipeline(
                camera: camera, settings: own, isTracking: settings.detection.tracking, recorder: recorder,
                feed: feeds[camera.path], logger: logger, nextTrackID: { numbers.next() })
            let configuration = LiveView.Configuration(
                cameraName: own.name, style: OverlayStyle(settings.appearance),
                maximumWidth: settings.detection.resolution.width, maximumHeight: settings.detection.resolution.height)
            entries[camera.path] = Entry(
                id: id, pipeline: pipeline,
                view: try LiveView(
                    camera: camera, tap: pipeline.tap, configuration: configuration,
                    overlay: { pipeline.overlay(for: $0) }),
                settings: own, recorder: recorder)
        }
        self.entries = entries
        video = VideoOfCameras(entries.values.map(\.pipeline.camera), logger: logger)
        paths = enabled.map(\.path)
        let analysed = entries.values.filter { settings.detection.enabled && $0.settings.detection.enabled }
        modelName = settings.detection.model
        guard !analysed.isEmpty else {
            scheduler = nil
            return
        }
        try Self.checkClassNames(settings)
        let pipelines = analysed.map(\.pipeline)
        let scheduler = DetectionScheduler { try Self.loadDetector(settings, for: pipelines, logger: logger) }
        for pipeline in pipelines { pipeline.startDetection(with: scheduler) }
        self.scheduler = scheduler
    }

    var cameras: [Camera] { paths.compactMap { entries[$0]?.pipeline.camera } }

    var detectorService: DetectorService { DetectorService(scheduler: scheduler) }

    /// Refuses unknown class names before anything starts, where the model's manifest tells its classes.
    private static func checkClassNames(_ settings: Settings) throws {
        guard let file = try? ModelLocation.find(settings.detection),
            let classes = try ModelManifest(besideModel: file).classes
        else { return }
        _ = try admittedClasses(settings, classes: classes)
    }

    /// For each camera in the order of the settings, the class numbers that count on it.
    static func admittedClasses(_ settings: Settings, classes: ClassList) throws(SettingsError)
        -> [StreamPath: AdmittedClasses]
    {
        var admitted: [StreamPath: AdmittedClasses] = [:]
        for (index, camera) in settings.cameras.enumerated() {
            /// Names of a list that the camera has of its own, or else from the whole.
            func indexes(_ names: [String], _ list: String) throws(SettingsError) -> Set<Int>? {
                let own = "cameras[\(index)].\(list)"
                let isOwn = settings.position(of: own) != nil || settings.position(of: "\(own)[0]") != nil
                return try ModelLocation.classIndexes(
                    of: names, in: classes.names, settings: settings, keyPath: isOwn ? own : list)
            }
            admitted[camera.path] = AdmittedClasses(
                detection: try indexes(camera.detection.filters.classes, "detection.filters.classes"),
                events: try indexes(camera.recording.rules.objects, "recording.record_objects"))
        }
        return admitted
    }

    private static func loadDetector(_ settings: Settings, for pipelines: [CameraPipeline], logger: Logger) throws
        -> any Detector
    {
        do {
            let start = ContinuousClock.now
            let detector = try DetectorFactory.make(settings.detection)
            let admitted = try admittedClasses(settings, classes: detector.classes)
            for pipeline in pipelines {
                pipeline.use(
                    classes: detector.classes, admitted: admitted[pipeline.camera.path] ?? AdmittedClasses())
            }
            logger.info(
                "detector ready",
                metadata: [
                    "model": "\(detector.name)", "head": "\(detector.head.rawValue)",
                    "input": "\(detector.inputWidth)x\(detector.inputHeight)",
                    "classes": "\(detector.classes.count)", "loaded_in": "\(ContinuousClock.now - start)",
                ])
            return detector
        } catch {
            logger.error("detection does not work", metadata: ["reason": "\(error)"])
            throw error
        }
    }
}

/// Runs the detection scheduler for as long as the server runs.
struct DetectorService: Service {
    let scheduler: DetectionScheduler?

    func run() async throws {
        scheduler?.start()
        try? await gracefulShutdown()
        guard let scheduler else { return }
        scheduler.shutdown()
        _ = await onWorker("detector-stop") { scheduler.join(seconds: 2) }
    }
}

extension Source {
    /// nil for a camera whose stream will be published to us.
    init?(_ camera: CameraSettings) {
        guard let url = camera.source else { return nil }
        self.init(
            url, file: camera.sourceFile, transport: camera.transport == .udp ? .udp : .tcp, loops: camera.loop)
        if camera.onDemand { onDemandCloseSeconds = camera.onDemandCloseSeconds }
    }
}

extension OverlayStyle {
    init(_ appearance: Settings.Appearance) {
        self.init(
            boxThickness: appearance.box.thickness,
            boxColor: BoxColor(rawValue: appearance.box.color.rawValue) ?? .yellow,
            textScale: appearance.label.textScale, textThickness: appearance.label.textThickness,
            textPadding: appearance.label.textPadding,
            labelPosition: LabelPosition(rawValue: appearance.label.position.rawValue) ?? .topLeft,
            borderRadius: appearance.label.borderRadius)
    }
}

extension Store {
    /// The database in the recordings folder.
    convenience init(_ recording: Settings.Recording) throws {
        let mountPoint = recording.mountPoint
        try self.init(
            path: "\(ModelLocation.expanded(recording.directory))/recordings.db",
            mountPoint: mountPoint.isEmpty ? nil : ModelLocation.expanded(mountPoint))
    }
}
