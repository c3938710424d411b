import Domain
import Foundation
import Store
import TestSupport

/// Fills a folder with recordings, for tests of the clients:
///
/// - `RecordingsMaker prepare FOLDER PORT` leaves in FOLDER `surveillance.yml` (detection and recording off, API on PORT of
///   the loopback, three cameras of which the last has no pictures), the footage of the others, and `recordings/` with
///   playable clips, listed through the store;
/// - `RecordingsMaker add FOLDER FIRST COUNT` lists further ones, also while a server runs on it.
///
/// What the recordings are, see `Clips`.
@main
struct RecordingsMaker {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 3 else { usage() }
        let folder = URL(filePath: arguments[1])
        let numbers = arguments.dropFirst(2).compactMap { Int($0) }
        switch (arguments[0], numbers.count) {
        case ("prepare", 1):
            let recordings = Self.recordings(in: folder)
            try FileManager.default.createDirectory(at: recordings, withIntermediateDirectories: true)
            try makeFootage(in: folder)
            try list(1...Clips.count, in: folder)
            try settings(port: numbers[0], recordings).write(
                to: folder.appending(path: "surveillance.yml"), atomically: true, encoding: .utf8)
        case ("add", 2): try list(numbers[0]...(numbers[0] + numbers[1] - 1), in: folder)
        default: usage()
        }
    }

    private static func usage() -> Never {
        print("usage: RecordingsMaker prepare FOLDER PORT | add FOLDER FIRST COUNT")
        exit(2)
    }

    private static func recordings(in folder: URL) -> URL { folder.appending(path: "recordings") }

    private static func list(_ numbers: ClosedRange<Int>, in folder: URL) throws {
        let recordings = Self.recordings(in: folder)
        let store = try Store(path: recordings.appending(path: "recordings.db").path)
        let clips = try Clips(store: store, footage: Footages(folder))
        _ = try store.insert(numbers.map { try clips.make($0, in: recordings) })
    }

    private static func settings(port: Int, _ recordings: URL) -> String {
        """
        cameras:
          - path: \(Clips.paths[0])
            source: "file:camera.mp4"
          - path: \(Clips.paths[1])
            source: "file:camera.mp4"
          - \(Clips.paths[2])
        detection:
          enabled: false
          port: \(port)
        recording:
          enabled: false
          recordings_dir: "\(recordings.path)"
        streaming:
          enabled: false

        """
    }

    private static func makeFootage(in folder: URL) throws {
        let footage = Footages(folder)
        try FileManager.default.moveItem(at: Footage.testPattern(in: folder, seconds: 2), to: footage.clip)
        try Program.run([
            "ffmpeg", "-v", "error", "-y", "-i", footage.clip.path, "-frames:v", "1", footage.thumbnail.path,
        ])
        // Noise cannot be compressed: some megabytes in two seconds.
        try Program.run([
            "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=640x360:rate=10:duration=2", "-vf",
            "noise=alls=100:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "4", "-pix_fmt", "yuv420p",
            footage.large.path,
        ])
    }
}

/// What the files of all recordings are copies of; both clips are two seconds long.
struct Footages {
    let clip: URL
    let large: URL
    let thumbnail: URL

    init(_ folder: URL) {
        clip = folder.appending(path: "camera.mp4")
        large = folder.appending(path: "large.mp4")
        thumbnail = folder.appending(path: "thumbnail.jpg")
    }
}
