private import Domain
package import FFmpeg
private import Foundation
private import Frames
package import Settings

/// Writes an annotated copy of a video: the pictures with boxes and labels drawn in.
package final class AnnotatedVideo {
    private let file: String
    private let framesPerSecond: Double
    private let drawing: OverlayRenderer
    private var scaler = Scaler()
    private var output: Output?
    private var boxes: [OverlayBox] = []

    /// The file, once the first frame told its size.
    private final class Output {
        let canvas: Canvas
        var encoder: Encoder
        var muxer: Muxer

        init(file: String, width: Int, height: Int, framesPerSecond: Double) throws {
            canvas = try Canvas(width: width, height: height)
            encoder = try Encoder(width: width, height: height, framesPerSecond: framesPerSecond, subject: file)
            muxer = try Muxer(path: file, streams: [encoder.parameters], options: ["movflags": "faststart"])
        }
    }

    /// - Parameter framesPerSecond: of the source; above 0.
    package init(file: String, framesPerSecond: Double, appearance: Settings.Appearance) {
        self.file = file
        self.framesPerSecond = min(max(framesPerSecond, 1), 240)
        drawing = OverlayRenderer(style: OverlayStyle(appearance))
    }

    /// Appends one frame. Frames that were not analysed show the boxes of the last one that was.
    package func append(_ frame: Frame, number: Int, result: FileAnalysis.Result?) throws {
        if let result {
            boxes = result.objects.map { object in
                let percent = Int((object.confidence * 100).rounded())
                let number = object.trackID.map { " #\($0)" } ?? ""
                return OverlayBox(
                    box: object.box, label: "\(object.className) \(percent)%\(number)", colorIndex: object.classIndex)
            }
        }
        // Encoders want even sides.
        let output =
            try self.output
            ?? Output(
                file: file, width: max(2, frame.width / 2 * 2), height: max(2, frame.height / 2 * 2),
                framesPerSecond: framesPerSecond)
        self.output = output
        let canvas = output.canvas
        try canvas.withUnsafeMutableBytes { pixels throws(FFmpegError) in
            try scaler.scale(
                frame, toRGB32: pixels, bytesPerRow: canvas.bytesPerRow, width: canvas.width, height: canvas.height)
        }
        try drawing.draw(boxes, cameraName: "", clock: "", on: canvas)
        let seconds = Double(number - 1) / framesPerSecond
        let packets = try canvas.withUnsafeMutableBytes { pixels throws(FFmpegError) in
            try output.encoder.encode(
                rgb32: UnsafeRawBufferPointer(pixels), bytesPerRow: canvas.bytesPerRow, at: seconds)
        }
        for packet in packets { try output.muxer.write(packet, stream: 0) }
    }

    /// Completes the file.
    package func finish() throws {
        guard let output else { return }
        for packet in try output.encoder.finish() { try output.muxer.write(packet, stream: 0) }
        try output.muxer.finish()
    }
}
