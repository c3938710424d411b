package import Foundation

/// Video made by FFmpeg's own program. What was made once is kept under `.build` for the next time.
package enum Footage {
    /// A moving test picture as H.264 in MP4, a key frame every second, no B-frames.
    package static func testPattern(
        in folder: URL, seconds: Double = 3, size: String = "320x240", framesPerSecond: Int = 25,
        arguments: [String] = []
    ) throws -> URL {
        try make(
            "pattern.mp4", in: folder,
            [
                "-f", "lavfi", "-i", "testsrc=size=\(size):rate=\(framesPerSecond):duration=\(seconds)", "-c:v",
                "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "0", "-g", "\(framesPerSecond)",
                "-sc_threshold", "0",
            ] + arguments)
    }

    /// Ten JPEG pictures (`01.jpg` to `10.jpg`), and the `testPattern` that they are of.
    @discardableResult
    package static func pictures(in folder: URL) throws -> URL {
        for number in 1...10 {
            _ = try make(
                String(format: "%02d.jpg", number), in: folder,
                ["-f", "lavfi", "-ss", "\(Double(number) / 25)", "-i", "testsrc=size=320x240", "-frames:v", "1"])
        }
        return try testPattern(in: folder, seconds: 2)
    }

    /// An MPEG transport stream whose picture changes from 320 × 240 to 640 × 480 after a second.
    package static func twoSizes(in folder: URL) throws -> URL {
        let file = folder.appending(path: "sizes.ts")
        var bytes = Data()
        for size in ["320x240", "640x480"] {
            let part = try make(
                "part.ts", in: folder,
                [
                    "-f", "lavfi", "-i", "testsrc=size=\(size):duration=1", "-c:v", "libx264", "-preset", "ultrafast",
                    "-pix_fmt", "yuv420p",
                ])
            bytes.append(try Data(contentsOf: part))
        }
        try bytes.write(to: file)
        return file
    }

    /// A picture of one colour, stored losslessly with the given matrix and range.
    package static func solid(red: Int, green: Int, blue: Int, matrix: String, range: String, in folder: URL) throws
        -> URL
    {
        let colour = String(format: "0x%02x%02x%02x", red, green, blue)
        return try make(
            "solid-\(matrix)-\(range).mkv", in: folder,
            [
                "-f", "lavfi", "-i", "color=c=\(colour):size=64x64:rate=5:duration=1,format=gbrp", "-vf",
                "scale=out_color_matrix=\(matrix):out_range=\(range):flags=accurate_rnd,format=yuv444p", "-c:v",
                "libx264", "-qp", "0", "-colorspace", matrix == "bt601" ? "smpte170m" : matrix, "-color_range", range,
            ])
    }

    /// A file that `ffmpeg ARGUMENTS NAME` makes.
    package static func make(_ name: String, in folder: URL, _ arguments: [String]) throws -> URL {
        let file = folder.appending(path: name)
        let kept = store.appending(path: "\(key(arguments))-\(name)")
        if !FileManager.default.fileExists(atPath: kept.path) {
            try FileManager.default.createDirectory(at: store, withIntermediateDirectories: true)
            // Under another name until it is whole: tests run side by side.
            let fresh = store.appending(path: "\(UUID().uuidString)-\(name)")
            try Program.run(["ffmpeg", "-nostdin", "-v", "error", "-y"] + arguments + [fresh.path])
            guard rename(fresh.path, kept.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        }
        try? FileManager.default.removeItem(at: file)
        try FileManager.default.copyItem(at: kept, to: file)
        return file
    }

    private static let store = checkout.appending(path: ".build/footage")

    /// FNV-1a, as Swift's own hashes differ from run to run.
    private static func key(_ arguments: [String]) -> String {
        let hash = arguments.joined(separator: "\u{0}").utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return String(hash, radix: 16)
    }
}
