internal import Cameras
internal import Detections
internal import Domain
internal import Events
private import FFmpeg
private import Foundation
internal import Frames
private import Plumbing
internal import ServiceLifecycle
internal import Store
internal import WebAPI

/// Tells what is seen on one camera to those who listen (`LiveEvents`).
package final class LiveFeed: Sendable {
    private struct State {
        var classes = ClassList([])
        /// From the media timeline to the wall clock, as of the latest picture.
        var wallOffsetSeconds = 0.0
        /// Events that last: when they began by the wall clock of then, and when an update was told, on the media timeline.
        var lasting: [TrackID: (startMicroseconds: Int64, toldSeconds: Double)] = [:]
    }

    /// Updates of one event are told this far apart at least: every sight is in the messages of frames.
    private static let updateSeconds = 1.0

    private let events: LiveEvents
    private let camera: LiveCamera
    private let state = Locked(State())

    init(events: LiveEvents, camera: LiveCamera) {
        self.events = events
        self.camera = camera
    }

    func use(classes: ClassList) {
        state.withLock { $0.classes = classes }
    }

    /// Tells the objects of an analysed picture; call it before the picture's event actions come.
    func frame(_ objects: [Track], of picture: CameraFrame) {
        let classes = state.withLock { state in
            state.wallOffsetSeconds = picture.wallSeconds - picture.time.seconds
            return state.classes
        }
        guard events.wantsFrames else { return }
        let found = objects.map { object in
            LiveObject(
                trackID: object.id > 0 ? object.id : nil, className: classes.name(of: object.classIndex),
                confidence: Double(min(max(object.confidence, 0), 1)), box: object.box)
        }
        events.publish(
            .frame(
                LiveFrame(
                    mediaSeconds: picture.time.seconds, wallMicroseconds: Self.microseconds(picture.wallSeconds),
                    width: picture.frame.width, height: picture.frame.height, objects: found)),
            camera: camera)
    }

    func take(_ action: EventAction) {
        switch action {
        case .began(let event): tell(.started, event)
        case .updated(let event):
            let isDue = state.withLock { state in
                state.lasting[event.trackID].map { abs(event.lastSeconds - $0.toldSeconds) >= Self.updateSeconds }
            }
            if isDue ?? true { tell(.updated, event) }
        case .ended(let event): tell(.ended, event)
        case .openClip, .closeClip: break
        }
    }

    private func tell(_ action: LiveAction, _ event: Event) {
        let (name, start, end) = state.withLock { state in
            let offset = state.wallOffsetSeconds
            // The offset is corrected all the time; a beginning, once told, stays.
            let start =
                state.lasting[event.trackID]?.startMicroseconds
                ?? Self.microseconds(event.startSeconds + offset)
            state.lasting[event.trackID] = action == .ended ? nil : (start, event.lastSeconds)
            return (
                state.classes.name(of: event.first.sighting.classIndex), start,
                max(start, Self.microseconds(event.lastSeconds + offset))
            )
        }
        events.publish(
            .event(
                action,
                LiveEvent(
                    id: identifier(of: event), className: name, trackID: event.trackID,
                    confidence: Double(min(max(event.best.sighting.confidence, 0), 1)), startMicroseconds: start,
                    endMicroseconds: action == .ended ? end : nil)),
            camera: camera)
    }

    /// An object may be the subject of several events, one after the other. The start on the media timeline does not change,
    /// whatever becomes of the clock.
    private func identifier(of event: Event) -> String {
        "\(event.trackID)-\(Self.microseconds(event.startSeconds))"
    }

    private static func microseconds(_ seconds: Double) -> Int64 {
        Int64((min(max(seconds, -1e11), 1e11) * 1e6).rounded())
    }
}

extension Store {
    func tellChanges(to events: LiveEvents) {
        observe { change in
            switch change {
            case .listed(let recording): events.publish(.recordingCreated(recording), camera: LiveCamera(recording))
            case .removed(let recording): events.publish(.recordingDeleted(recording), camera: LiveCamera(recording))
            }
        }
    }
}

extension LiveCamera {
    /// nil for a camera of another program whose path is none.
    fileprivate init?(_ recording: Recording) {
        guard let path = try? StreamPath(recording.cameraPath) else { return nil }
        self.init(streamID: recording.cameraID, path: path)
    }
}

/// Tells the states of all cameras and every change of them, and at the end that the server stops.
struct LiveWatch: Service {
    let system: System

    func run() async throws {
        for (path, entry) in system.entries {
            let events = system.events
            let camera = LiveCamera(streamID: entry.id.description, path: path)
            let tell: @Sendable (Camera.Status) -> Void = { status in
                events.publish(.camera(CameraStatus.State(status.state), reason: status.reason), camera: camera)
            }
            entry.pipeline.camera.observe(tell)
            tell(entry.pipeline.camera.status)
        }
        try? await gracefulShutdown()
        system.events.publish(.system(.stopping, version: SpectraxServer.version), camera: nil)
    }
}
