internal import Cameras
internal import Detections
internal import Domain
internal import Events
internal import Foundation
internal import Frames
internal import Logging
internal import Plumbing
internal import Recordings
internal import ServiceLifecycle
internal import Settings
internal import Store

/// Everything that makes clips of events, for all cameras.
final class RecordingSystem: Sendable {
    /// By camera; those that do not record are absent.
    let recorders: [StreamPath: Recorder]
    private let folder: RecordingFolder
    private let sink: StoreSink
    private let finisher: ClipFinisher
    private let style: OverlayStyle
    private let logger: Logger

    /// - Throws: `RecordingError` when the folder cannot be used.
    init(
        _ settings: Settings, store: Store, cameras: [(camera: Camera, id: CameraID, settings: CameraSettings)],
        feeds: [StreamPath: LiveFeed], logger: Logger
    )
        throws
    {
        folder = try RecordingFolder(path: store.folder)
        sink = StoreSink(store: store, showsTrackIDs: settings.detection.tracking)
        style = OverlayStyle(settings.appearance)
        finisher = ClipFinisher(folder: folder, sink: sink, style: style, logger: logger)
        self.logger = logger
        var recorders: [StreamPath: Recorder] = [:]
        for entry in cameras where entry.settings.recording.enabled && entry.settings.detection.enabled {
            var configuration = Recorder.Configuration(
                camera: ClipCamera(id: entry.id, path: entry.camera.path, name: entry.settings.name),
                rules: EventRules(entry.settings.recording.rules))
            configuration.maximumClipSeconds = settings.recording.maxClipSeconds
            let feed = feeds[entry.camera.path]
            recorders[entry.camera.path] = Recorder(
                camera: entry.camera, configuration: configuration, finisher: finisher, logger: logger,
                onAction: { feed?.take($0) })
        }
        self.recorders = recorders
    }

    /// Settles what a crash left behind, then begins. Blocks.
    fileprivate func start() {
        do {
            _ = try Recovery(folder: folder, sink: sink, style: style, logger: logger).run()
        } catch {
            logger.error("interrupted clips are left for the next start", metadata: ["reason": "\(error)"])
        }
        finisher.start()
        for recorder in recorders.values { recorder.start() }
    }

    /// Closes open clips and lists them. Blocks.
    fileprivate func stop() {
        for recorder in recorders.values { recorder.stop() }
        for recorder in recorders.values where !recorder.join(seconds: RecordingService.patienceSeconds) {
            logger.warning("a recorder did not end in time", metadata: ["camera": "\(recorder.camera.path)"])
        }
        finisher.stop()
        if !finisher.join(seconds: RecordingService.patienceSeconds) {
            logger.warning("not all clips are complete; the next start completes them")
        }
    }

    /// Whether the folder is the one that it was at the start: not the mount point of a volume that has gone. Blocks.
    var isFolderThere: Bool { (try? folder.check()) != nil }

    var counters: ClipFinisher.Counters { finisher.counters }

    /// Why finished clips cannot be listed now; nil when they can.
    var failure: String? { finisher.counters.failure }
}

/// Runs the recorders for as long as the server runs.
struct RecordingService: Service {
    static let patienceSeconds = 5.0

    let recording: RecordingSystem?

    func run() async throws {
        guard let recording else {
            try? await gracefulShutdown()
            return
        }
        await onWorker("recording-start") { recording.start() }
        try? await gracefulShutdown()
        await onWorker("recording-stop") { recording.stop() }
    }
}

/// Lists finished clips in the database.
struct StoreSink: RecordingSink {
    let store: Store
    /// Without tracking, numbers serve to tell events apart, and are nobody's business.
    let showsTrackIDs: Bool

    func contains(fileName: String) throws -> Bool {
        try store.hasListed(fileName: fileName)
    }

    func insert(_ recording: FinishedRecording) throws {
        _ = try store.insert(
            NewRecording(
                cameraID: recording.camera.id, cameraPath: recording.camera.path, cameraName: recording.camera.name,
                startMicroseconds: recording.startMicroseconds, durationSeconds: recording.durationSeconds,
                fileName: recording.fileName, fileBytes: recording.fileBytes, thumbnailName: recording.thumbnailName,
                cleanThumbnailName: recording.cleanThumbnailName,
                objects: recording.objects.map { object in
                    RecordedObject(
                        className: object.className, confidence: object.confidence,
                        box: .init(x1: object.x1, y1: object.y1, x2: object.x2, y2: object.y2),
                        trackID: showsTrackIDs ? object.trackID : nil,
                        firstSeenMicroseconds: object.firstSeenMicroseconds,
                        lastSeenMicroseconds: object.lastSeenMicroseconds)
                }))
    }
}

extension EventRules {
    /// Without the classes, which are known when the model is loaded.
    init(_ rules: Settings.Recording.Rules) {
        self.init()
        minimumConfidence = Float(rules.minConfidence)
        minimumDurationSeconds = rules.minDurationSeconds
        minimumArea = rules.minArea.map { Float($0) } ?? 0
        preBufferSeconds = rules.preBufferSeconds
        postBufferSeconds = rules.postBufferSeconds
        rest.stationarySeconds = rules.stationarySeconds
    }
}
