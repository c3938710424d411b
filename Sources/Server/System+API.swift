internal import Cameras
internal import Detections
internal import Domain
private import FFmpeg
internal import Foundation
internal import Frames
internal import NIOCore
internal import Recordings
private import Settings
internal import WebAPI

/// What the web server asks of the rest.
extension System: CameraCatalogue {
    func status() -> SystemStatus {
        var system = SystemStatus(
            cameras: entries.mapValues { status(of: $0) }, uptime: ContinuousClock.now - startedAt, model: modelName,
            trackingEnabled: settings.detection.tracking, detector: detectorStatus, version: SpectraxServer.version)
        system.recording = recordingStatus(system.cameras.values.map(\.recording))
        return system
    }

    private func recordingStatus(_ cameras: [RecordingStatus]) -> RecordingStatus {
        guard let recording else { return RecordingStatus(state: .disabled) }
        if let reason = recording.failure { return RecordingStatus(state: .failing, reason: reason) }
        if let failing = cameras.first(where: { $0.state == .failing }) {
            return RecordingStatus(state: .failing, reason: failing.reason)
        }
        return RecordingStatus(state: cameras.contains { $0.state == .recording } ? .recording : .idle)
    }

    private func status(of entry: Entry) -> CameraStatus {
        let camera = entry.pipeline.camera.status
        let findings = entry.pipeline.findings
        var status = CameraStatus(
            name: entry.settings.name, streamID: UUID(uuidString: entry.id.description) ?? UUID(),
            state: CameraStatus.State(camera.state),
            reason: camera.reason)
        status.source = entry.pipeline.camera.source?.url.redacted
        status.fps = camera.framesPerSecond
        status.detections = findings.trackCount
        status.objects = findings.objects
        status.lastDetection = findings.latestWallSeconds.map { Date(timeIntervalSince1970: $0) }
        status.width = findings.pictureSize?.width ?? camera.video?.width
        status.height = findings.pictureSize?.height ?? camera.video?.height
        status.dropped = entry.pipeline.camera.hub.droppedPackets
        if let recorder = entry.recorder { status.recording = RecordingStatus(recorder.status) }
        return status
    }

    private var detectorStatus: DetectorStatus {
        guard let scheduler else { return DetectorStatus(state: .disabled) }
        let milliseconds = scheduler.counters.latestSeconds.map { ($0 * 10_000).rounded() / 10 }
        if let seconds = scheduler.runningSeconds, seconds > 10 {
            return DetectorStatus(
                state: .failed, reason: "the analysis of one picture has been going on for \(Int(seconds)) s",
                inferenceMilliseconds: milliseconds)
        }
        return switch scheduler.state {
        case .loading: DetectorStatus(state: .starting)
        case .ready: DetectorStatus(state: .running, inferenceMilliseconds: milliseconds)
        case .failed(let reason): DetectorStatus(state: .failed, reason: reason)
        case .stopped: DetectorStatus(state: .disabled, reason: "stopped")
        }
    }
}

extension System: LivePictures {
    func stream(_ path: StreamPath) throws(PictureUnavailable) -> AsyncStream<JPEGPicture> {
        try entry(path).view.pictures { JPEGPicture($0) }
    }

    func snapshot(_ path: StreamPath) async throws(PictureUnavailable) -> JPEGPicture {
        let view = try entry(path).view
        do {
            return JPEGPicture(try await view.snapshot())
        } catch {
            throw PictureUnavailable(path: path, reason: "\(error)")
        }
    }

    private func entry(_ path: StreamPath) throws(PictureUnavailable) -> Entry {
        guard let entry = entries[path] else {
            throw PictureUnavailable(path: path, reason: "there is no such camera")
        }
        return entry
    }
}

extension JPEGPicture {
    fileprivate init(_ picture: JPEG) {
        self.init(bytes: ByteBuffer(bytes: picture.bytes), wallTime: Date(timeIntervalSince1970: picture.wallSeconds))
    }
}

extension CameraStatus.State {
    init(_ state: CameraSession.State) {
        self =
            switch state {
            case .connecting: .connecting
            case .running: .running
            case .idle, .waiting: .waiting
            case .finished, .stopped: .stopped
            }
    }
}

extension RecordingStatus {
    fileprivate init(_ status: Recorder.Status) {
        switch status.state {
        case .idle: self.init(state: .idle, reason: status.note)
        case .recording(let file): self.init(state: .recording, reason: status.note, file: file)
        case .failing(let reason): self.init(state: .failing, reason: reason)
        }
    }
}
