package import Cameras
private import FFmpeg
private import Foundation
private import Plumbing

/// What is drawn over a live picture.
package struct Overlay: Sendable {
    package var boxes: [OverlayBox]
    /// Width and height of the picture that the boxes' pixels are of.
    package var width: Double
    package var height: Double

    package init(boxes: [OverlayBox] = [], width: Double = 1, height: Double = 1) {
        self.boxes = boxes
        self.width = width
        self.height = height
    }
}

/// One JPEG of a camera.
package struct JPEG: Sendable {
    package let bytes: [UInt8]
    /// When the picture was taken, in seconds since 1970 (UTC).
    package let wallSeconds: Double
}

/// The live picture of one camera as JPEG, with what was found drawn over it.
///
/// Each picture is drawn and encoded once, however many watch, and only while somebody does. A viewer that cannot keep
/// up skips to the newest picture. While the camera gives none, a picture that says why stands in.
package final class LiveView: Sendable {
    package struct Configuration: Sendable {
        package var cameraName: String
        package var style: OverlayStyle
        /// The most that a picture is scaled to; smaller ones stay as they are, and the aspect is kept.
        package var maximumWidth: Int
        package var maximumHeight: Int
        /// Pictures a second at most.
        package var maximumRate = 15.0
        /// 1...100.
        package var quality = 80

        package init(cameraName: String, style: OverlayStyle, maximumWidth: Int, maximumHeight: Int) {
            self.cameraName = cameraName
            self.style = style
            self.maximumWidth = maximumWidth
            self.maximumHeight = maximumHeight
        }
    }

    /// No picture came in time.
    package struct NoPicture: Error, CustomStringConvertible {
        package let description: String
    }

    private struct State {
        var viewers: [Int: @Sendable (JPEG) -> Void] = [:]
        var nextViewer = 0
        var tapToken: Int?
        var standIn: Task<Void, Never>?
        var lastPictureUptime = -Double.infinity
        var encoded = 0
    }

    private let camera: Camera
    private let tap: FrameTap
    private let configuration: Configuration
    private let overlay: @Sendable (CameraFrame) -> Overlay
    private let renderer: Locked<LiveRenderer>
    private let state = Locked(State())

    /// - Parameter overlay: what to draw over a frame; called on the decoding thread.
    package init(
        camera: Camera, tap: FrameTap, configuration: Configuration,
        overlay: @escaping @Sendable (CameraFrame) -> Overlay
    ) throws {
        self.camera = camera
        self.tap = tap
        self.configuration = configuration
        self.overlay = overlay
        renderer = Locked(try LiveRenderer(configuration: configuration))
    }

    /// How many watch now.
    package var viewerCount: Int { state.withLock { $0.viewers.count } }
    /// Pictures encoded since the start.
    package var encodedPictures: Int { state.withLock { $0.encoded } }

    /// Starts watching: one picture after another, always the newest, until the stream is let go.
    ///
    /// - Parameter transform: makes of a picture what the viewer wants.
    package func pictures<Picture: Sendable>(
        as transform: @escaping @Sendable (JPEG) -> Picture
    ) -> AsyncStream<Picture> {
        let (stream, continuation) = AsyncStream.makeStream(of: Picture.self, bufferingPolicy: .bufferingNewest(1))
        let viewer = state.withLock { state in
            let viewer = state.nextViewer
            state.nextViewer += 1
            state.viewers[viewer] = { continuation.yield(transform($0)) }
            if state.viewers.count == 1 { start(&state) }
            return viewer
        }
        continuation.onTermination = { _ in self.remove(viewer) }
        return stream
    }

    /// One picture, taken now.
    ///
    /// - Throws: `NoPicture` with the reason when none comes within `seconds`.
    package func snapshot(waitingAtMostSeconds seconds: Double = 5) async throws -> JPEG {
        if case .waiting(_, let reason) = camera.status.state { throw NoPicture(description: reason) }
        let (stream, continuation) = AsyncStream.makeStream(of: JPEG.self, bufferingPolicy: .bufferingNewest(1))
        let token = tap.addConsumer { frame in
            if let picture = try? self.draw(frame) {
                continuation.yield(picture)
                continuation.finish()
            }
        }
        defer { tap.removeConsumer(token) }
        let timeout = Task {
            try await Task.sleep(for: .seconds(seconds))
            continuation.finish()
        }
        defer { timeout.cancel() }
        for await picture in stream { return picture }
        throw NoPicture(description: camera.status.reason ?? "no picture came within \(Int(seconds)) s")
    }

    private func start(_ state: inout State) {
        state.lastPictureUptime = ProcessInfo.processInfo.systemUptime
        state.tapToken = tap.addConsumer(maximumRate: configuration.maximumRate) { self.show($0) }
        state.standIn = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                self.showStandIn()
            }
        }
    }

    private func remove(_ viewer: Int) {
        let token: Int? = state.withLock { state in
            guard state.viewers.removeValue(forKey: viewer) != nil, state.viewers.isEmpty else { return nil }
            state.standIn?.cancel()
            state.standIn = nil
            defer { state.tapToken = nil }
            return state.tapToken
        }
        if let token { tap.removeConsumer(token) }
    }

    private func draw(_ frame: CameraFrame) throws -> JPEG {
        let overlay = overlay(frame)
        let bytes = try renderer.withLock { try $0.picture(of: frame, overlay: overlay) }
        return JPEG(bytes: bytes, wallSeconds: frame.wallSeconds)
    }

    private func show(_ frame: CameraFrame) {
        guard let picture = try? draw(frame) else { return }
        hand(picture)
    }

    /// After two seconds without a picture, says why.
    private func showStandIn() {
        let now = ProcessInfo.processInfo.systemUptime
        guard now - state.withLock({ $0.lastPictureUptime }) > 2 else { return }
        let reason = camera.status.reason ?? "waiting for a picture"
        guard let bytes = try? renderer.withLock({ try $0.message(reason) }) else { return }
        let picture = JPEG(bytes: bytes, wallSeconds: Date().timeIntervalSince1970)
        let viewers = state.withLock { Array($0.viewers.values) }
        for show in viewers { show(picture) }
    }

    private func hand(_ picture: JPEG) {
        let viewers = state.withLock { state in
            state.lastPictureUptime = ProcessInfo.processInfo.systemUptime
            state.encoded += 1
            return Array(state.viewers.values)
        }
        for show in viewers { show(picture) }
    }
}
