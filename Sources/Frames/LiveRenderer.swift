private import Domain
private import FFmpeg
private import Foundation

/// Scales, draws and compresses live pictures; used from one thread at a time.
final class LiveRenderer {
    private let configuration: LiveView.Configuration
    private let encoder: JPEGEncoder
    private let drawing: OverlayRenderer
    private var scaler = Scaler()
    private var canvas: Canvas?

    init(configuration: LiveView.Configuration) throws {
        self.configuration = configuration
        encoder = try JPEGEncoder()
        drawing = OverlayRenderer(style: configuration.style)
    }

    func picture(of frame: CameraFrame, overlay: Overlay) throws -> [UInt8] {
        let scale = min(
            1, Double(configuration.maximumWidth) / Double(max(1, frame.frame.width)),
            Double(configuration.maximumHeight) / Double(max(1, frame.frame.height)))
        let canvas = try canvas(
            width: max(2, Int((Double(frame.frame.width) * scale).rounded())),
            height: max(2, Int((Double(frame.frame.height) * scale).rounded())))
        try canvas.withUnsafeMutableBytes { pixels throws(FFmpegError) in
            try scaler.scale(
                frame.frame, toRGB32: pixels, bytesPerRow: canvas.bytesPerRow, width: canvas.width,
                height: canvas.height)
        }
        let x = Float(Double(canvas.width) / max(1, overlay.width))
        let y = Float(Double(canvas.height) / max(1, overlay.height))
        let boxes = overlay.boxes.map { box in
            var box = box
            box.box = PixelBox(x1: box.box.x1 * x, y1: box.box.y1 * y, x2: box.box.x2 * x, y2: box.box.y2 * y)
            return box
        }
        try drawing.draw(
            boxes, cameraName: configuration.cameraName, clock: Self.clock(frame.wallSeconds), on: canvas)
        return try encoder.encode(canvas, quality: configuration.quality)
    }

    /// A picture that says in words why there is none.
    func message(_ text: String) throws -> [UInt8] {
        let canvas = try canvas(
            width: canvas?.width ?? configuration.maximumWidth, height: canvas?.height ?? configuration.maximumHeight)
        try drawing.drawMessage(
            text, cameraName: configuration.cameraName, clock: Self.clock(Date().timeIntervalSince1970), on: canvas)
        return try encoder.encode(canvas, quality: configuration.quality)
    }

    private func canvas(width: Int, height: Int) throws -> Canvas {
        if let canvas, canvas.width == width, canvas.height == height { return canvas }
        let made = try Canvas(width: width, height: height)
        canvas = made
        return made
    }

    /// `2026-01-31 23:59:59 UTC`
    private static func clock(_ wallSeconds: Double) -> String {
        guard wallSeconds.isFinite, abs(wallSeconds) < 1e11 else { return "" }
        var seconds = time_t(wallSeconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return String(
            format: "%04d-%02d-%02d %02d:%02d:%02d UTC", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
            parts.tm_hour, parts.tm_min, parts.tm_sec)
    }
}
