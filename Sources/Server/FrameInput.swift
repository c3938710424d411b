package import Detections
package import FFmpeg
internal import Frames
private import Plumbing

/// Lets the detector read a camera's frame: scaled straight into the model's input.
package struct FrameInput: DetectionInput {
    /// A scaler that is kept from frame to frame.
    package final class SharedScaler: Sendable {
        private final class Box {
            var scaler = Scaler()
        }

        private let box = Locked(Box())

        package init() {}

        fileprivate func scale(_ frame: Frame, into planes: TensorPlanes) throws {
            try box.withLock { box in
                try box.scaler.scale(
                    frame, toRed: planes.red, green: planes.green, blue: planes.blue, rowStride: planes.rowStride,
                    width: planes.width, height: planes.height)
            }
        }
    }

    private let frame: Frame
    private let scaler: SharedScaler

    package init(_ frame: Frame, scaler: SharedScaler) {
        self.frame = frame
        self.scaler = scaler
    }

    package var width: Int { frame.width }
    package var height: Int { frame.height }

    package func fill(_ planes: TensorPlanes) throws {
        try scaler.scale(frame, into: planes)
    }
}

/// A camera's picture on its way through the detector.
struct CameraInput: DetectionInput {
    let picture: CameraFrame
    private let input: FrameInput

    init(_ picture: CameraFrame, scaler: FrameInput.SharedScaler) {
        self.picture = picture
        input = FrameInput(picture.frame, scaler: scaler)
    }

    var width: Int { input.width }
    var height: Int { input.height }

    func fill(_ planes: TensorPlanes) throws {
        try input.fill(planes)
    }
}
