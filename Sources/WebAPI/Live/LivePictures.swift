package import Domain
package import Foundation
package import NIOCore

/// What the API needs to know of the cameras.
package protocol CameraCatalogue: Sendable {
    /// The paths of all cameras in the order of the settings; the first is the default of `/video/stream`.
    var paths: [StreamPath] { get }

    /// The state of now. Called for every `GET /status`, so it must be cheap and never block.
    func status() -> SystemStatus
}

/// Pictures of the cameras as they are now, with the overlays drawn in.
package protocol LivePictures: Sendable {
    /// New pictures of a camera, for one viewer. Drawing and encoding happen once per frame, however many watch.
    ///
    /// The stream must keep only the newest picture (`.bufferingNewest(1)`), so that a slow viewer skips frames.
    /// It ends when the consuming task is cancelled or the camera is removed.
    /// - Throws: `PictureUnavailable` when the camera cannot give pictures.
    func stream(_ path: StreamPath) throws(PictureUnavailable) -> AsyncStream<JPEGPicture>

    /// The newest picture. Must return or throw within a bounded time.
    /// - Throws: `PictureUnavailable` when there is none.
    func snapshot(_ path: StreamPath) async throws(PictureUnavailable) -> JPEGPicture
}

/// One JPEG file in memory.
package struct JPEGPicture: Sendable {
    package let bytes: ByteBuffer
    /// When the frame was taken, UTC.
    package let wallTime: Date

    package init(bytes: ByteBuffer, wallTime: Date) {
        self.bytes = bytes
        self.wallTime = wallTime
    }
}

/// Why a camera has no picture now. Answered as 503; `reason` is shown to the client and must hold no secret.
package struct PictureUnavailable: Error, Equatable, CustomStringConvertible {
    package let path: StreamPath
    package let reason: String

    package init(path: StreamPath, reason: String) {
        self.path = path
        self.reason = reason
    }

    package var description: String { "camera \(path) has no picture: \(reason)" }
}
