private import Domain
package import FFmpeg
private import Foundation
private import Frames
package import Settings

/// Writes an annotated copy of a video or picture: with boxes and labels drawn in.
package final class AnnotatedVideo {
    /// A picture was to be written, and there are several.
    package struct NoPicture: Error, CustomStringConvertible {
        let file: String
        package var description: String { "\(file): one picture holds no video; write an .mp4 or .mkv" }
    }

    private static let jpegQuality = 92

    private let file: String
    private let isPicture: Bool
    private let framesPerSecond: Double
    private let drawing: OverlayRenderer
    private var scaler = Scaler()
    private var canvas: Canvas?
    private var video: Video?
    private var boxes: [OverlayBox] = []

    /// The file, once the first frame told its size.
    private final class Video {
        var encoder: Encoder
        var muxer: Muxer

        init(file: String, width: Int, height: Int, framesPerSecond: Double) throws {
            encoder = try Encoder(width: width, height: height, framesPerSecond: framesPerSecond, subject: file)
            muxer = try Muxer(path: file, streams: [encoder.parameters], options: ["movflags": "faststart"])
        }
    }

    /// - Parameters:
    ///   - file: a name that ends with .jpg or .jpeg makes a picture, others a video.
    ///   - framesPerSecond: of the source; above 0.
    package init(file: String, framesPerSecond: Double, appearance: Settings.Appearance) {
        self.file = file
        isPicture = ["jpg", "jpeg"].contains(URL(filePath: file).pathExtension.lowercased())
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
        let canvas = try draw(frame)
        if isPicture {
            guard number == 1 else { throw NoPicture(file: file) }
            let bytes = try JPEGEncoder().encode(canvas, quality: Self.jpegQuality)
            try Data(bytes).write(to: URL(filePath: file))
            return
        }
        let video =
            try self.video
            ?? Video(file: file, width: canvas.width, height: canvas.height, framesPerSecond: framesPerSecond)
        self.video = video
        let seconds = Double(number - 1) / framesPerSecond
        let packets = try canvas.withUnsafeMutableBytes { pixels throws(FFmpegError) in
            try video.encoder.encode(
                rgb32: UnsafeRawBufferPointer(pixels), bytesPerRow: canvas.bytesPerRow, at: seconds)
        }
        for packet in packets { try video.muxer.write(packet, stream: 0) }
    }

    /// Completes the file.
    package func finish() throws {
        guard let video else { return }
        for packet in try video.encoder.finish() { try video.muxer.write(packet, stream: 0) }
        try video.muxer.finish()
    }

    private func draw(_ frame: Frame) throws -> Canvas {
        // Encoders want even sides.
        let canvas =
            try self.canvas
            ?? Canvas(
                width: isPicture ? frame.width : max(2, frame.width / 2 * 2),
                height: isPicture ? frame.height : max(2, frame.height / 2 * 2))
        self.canvas = canvas
        try canvas.withUnsafeMutableBytes { pixels throws(FFmpegError) in
            try scaler.scale(
                frame, toRGB32: pixels, bytesPerRow: canvas.bytesPerRow, width: canvas.width, height: canvas.height)
        }
        try drawing.draw(boxes, cameraName: "", clock: "", on: canvas)
        return canvas
    }
}
