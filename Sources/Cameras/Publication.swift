private import Domain
package import FFmpeg
internal import Plumbing

/// Why nobody can publish to a camera now.
package enum PublishError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The camera has a source of its own.
    case hasSource
    /// Somebody publishes to it.
    case busy(publisher: String)

    package var description: String {
        switch self {
        case .hasSource: "this camera has a source in the settings, so nobody may publish to it"
        case .busy(let publisher): "\(publisher) publishes to it already"
        }
    }
}

/// What outlasts the publishers of a camera.
struct Publishing: Sendable {
    var publisher: String?
    var timeline = Timeline()
    /// Counts publishers.
    var generation = 0
}

extension Camera {
    /// Begins to take a stream from somebody. One at a time.
    ///
    /// - Parameter publisher: what to call them in messages, e.g. an address.
    package func publish(from publisher: String) throws(PublishError) -> Publication {
        guard source == nil else { throw .hasSource }
        let busy = publishing.withLock { publishing in
            if let other = publishing.publisher { return other as String? }
            publishing.publisher = publisher
            publishing.generation += 1
            publishing.timeline.restart()
            return nil
        }
        if let busy { throw .busy(publisher: busy) }
        update { status in
            status.state = .connecting(attempt: 1)
            status.reason = "\(publisher) has connected; no key frame yet"
        }
        return Publication(self, generation: publishing.withLock { $0.generation })
    }
}

/// A stream that somebody sends to a camera; ends by `end` or when it is forgotten.
///
/// May be used from any thread, one at a time; never blocks. Packets go to the camera's hub as a pulled camera's do.
package final class Publication: Sendable {
    static let waiting = "waiting for a publisher"

    private struct State {
        var wallClock = WallClock()
        var hasPicture = false
        var sound: StreamInfo?
        var generation: Int
        var isEnded = false
    }

    private let camera: Camera
    private let state: Locked<State>

    init(_ camera: Camera, generation: Int) {
        self.camera = camera
        state = Locked(State(generation: generation))
    }

    deinit { end("it was lost") }

    /// Sound that will come with the pictures; to be told before them.
    package func expect(sound: StreamInfo) {
        state.withLock { $0.sound = sound }
    }

    /// Takes one packet. Times rise within a stream as its source has them; jumps are smoothed over.
    ///
    /// - Parameter stream: the first video stream that comes is the camera's; others must be sound.
    package func receive(_ packet: Packet, of stream: StreamInfo) {
        let now = Camera.uptimeSeconds
        state.withLock { state in
            guard !state.isEnded else { return }
            let isVideo = stream.kind == .video
            if isVideo, !state.hasPicture {
                state.hasPicture = true
                camera.update { status in
                    status.state = .running(since: now)
                    status.reason = nil
                    status.video = stream
                    status.audio = state.sound
                    status.connections += 1
                }
            }
            let seconds = (packet.decodeTime ?? packet.presentationTime)?.seconds
            let place = camera.publishing.withLock { publishing in
                isVideo
                    ? publishing.timeline.place(streamSeconds: seconds, arrivalSeconds: now)
                    : publishing.timeline.placeCompanion(stream.index, streamSeconds: seconds, arrivalSeconds: now)
            }
            camera.deliver(
                packet, of: stream, isVideo: isVideo, at: place, wallClock: &state.wallClock,
                generation: state.generation)
        }
    }

    /// The publisher sends nothing until it says so. The camera is as before its first picture, and nobody else may publish.
    package func pause() {
        state.withLock { state in
            guard !state.isEnded else { return }
            camera.hub.endSource()
            let publisher = camera.publishing.withLock { publishing in
                // What comes then has nothing to do with what came.
                publishing.generation += 1
                publishing.timeline.restart()
                state.generation = publishing.generation
                return publishing.publisher ?? "the publisher"
            }
            state.hasPicture = false
            state.wallClock = WallClock()
            camera.update { status in
                status.state = .connecting(attempt: 1)
                status.reason = "\(publisher) has paused"
            }
        }
    }

    /// The publisher has gone.
    package func end(_ reason: String) {
        let isFirst = state.withLock { state in
            defer { state.isEnded = true }
            return !state.isEnded
        }
        guard isFirst else { return }
        camera.hub.endSource()
        camera.update { status in
            status.state = .idle
            status.reason = "\(Self.waiting) (the last one left: \(reason))"
        }
        camera.publishing.withLock { $0.publisher = nil }
    }
}
