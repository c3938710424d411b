internal import Domain
internal import FFmpeg
internal import Frames

/// The pictures that stand for a clip: a small one with the main object's box, and a clean one in full size.
enum Thumbnail {
    private static let width = 640
    private static let quality = 82
    private static let cleanQuality = 90

    struct Files: Sendable {
        var drawn: [UInt8]
        var clean: [UInt8]
    }

    /// - Parameters:
    ///   - box: in pixels of the frame.
    ///   - label: stands at the box.
    static func files(of frame: Frame, box: PixelBox, label: String, classIndex: Int, style: OverlayStyle) throws
        -> Files
    {
        let encoder = try JPEGEncoder()
        let clean = try canvas(of: frame, width: frame.width)
        let cleanFile = try encoder.encode(clean, quality: cleanQuality)
        let small = try canvas(of: frame, width: min(width, frame.width))
        let scale = Float(small.width) / Float(max(1, frame.width))
        let scaled = PixelBox(x1: box.x1 * scale, y1: box.y1 * scale, x2: box.x2 * scale, y2: box.y2 * scale)
        try OverlayRenderer(style: style).draw(
            [OverlayBox(box: scaled, label: label, colorIndex: classIndex)], cameraName: "", clock: "", on: small)
        return Files(drawn: try encoder.encode(small, quality: quality), clean: cleanFile)
    }

    private static func canvas(of frame: Frame, width: Int) throws -> Canvas {
        let height = (Double(frame.height) * Double(width) / Double(max(1, frame.width))).rounded()
        let canvas = try Canvas(width: max(2, width), height: max(2, Int(height)))
        var scaler = Scaler()
        try canvas.withUnsafeMutableBytes { pixels throws(FFmpegError) in
            try scaler.scale(
                frame, toRGB32: pixels, bytesPerRow: canvas.bytesPerRow, width: canvas.width, height: canvas.height)
        }
        return canvas
    }

    /// The picture of a clip at a moment, for clips whose own was lost in a crash. Decodes one GOP at most.
    static func frame(of clip: String, atSeconds seconds: Double) throws -> Frame? {
        var demuxer = try Remux.open(clip)
        guard let video = demuxer.streams.first(where: { $0.kind == .video }) else { return nil }
        var group: [Packet] = []
        while let packet = try demuxer.next() {
            guard packet.streamIndex == video.index else { continue }
            if packet.isKeyFrame {
                if let start = packet.presentationTime?.seconds, start > seconds, !group.isEmpty { break }
                group.removeAll()
            }
            group.append(packet)
        }
        var decoder = try Decoder(video.parameters, subject: clip)
        var latest: Frame?
        for packet in group {
            for frame in try decoder.decode(packet) {
                if let latest, (frame.presentationTime?.seconds ?? 0) > seconds + 0.001 { return latest }
                latest = frame
            }
        }
        return try decoder.finish().first ?? latest
    }
}
