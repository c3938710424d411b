import Domain
import Foundation
import Store

/// The recordings, by number, which is their id: one an hour, on two cameras in turn.
///
/// | id | what it is |
/// |---|---|
/// | 2 | without objects and thumbnail |
/// | 3 | a file name with blanks, umlauts and signs that addresses escape |
/// | 42 | the recording that the API document shows: 2025-10-12 19:05:30.123456, a person, and a car from the first second on |
/// | 43 | the file name that the API document downloads |
/// | 250 | the newest, with a file of some megabytes |
/// | others | one object: person, car, dog in turn; confidence 0.5 to 0.99 |
struct Clips {
    static let count = 250
    static let paths = ["video/front-door", "video/backyard", "video/garage"]
    private static let classes = ["person", "car", "dog"]
    /// 2025-10-12T19:05:30.123456.
    private static let documented: Int64 = 1_760_295_930_123_456
    private static let microsecondsAnHour: Int64 = 3_600_000_000

    private let cameras: [(id: CameraID, path: StreamPath)]
    private let footage: Footages

    init(store: Store, footage: Footages) throws {
        cameras = try Self.paths.prefix(2).map { path in
            let path = try StreamPath(path)
            return (try store.cameraID(of: path), path)
        }
        self.footage = footage
    }

    /// Puts the files in place.
    func make(_ number: Int, in folder: URL) throws -> NewRecording {
        let camera = cameras[number % 2]
        let start = Self.documented + Int64(number - 42) * Self.microsecondsAnHour
        let base =
            switch number {
            case 3: "höf & tür #1"
            case 43: "recording_20251012_190530_front-door"
            default: "\(camera.path.lastSegment)_\(WallTime.fileText(start))"
            }
        let name = "\(base).mp4"
        let clip = folder.appending(path: name)
        try FileManager.default.copyItem(at: number == Self.count ? footage.large : footage.clip, to: clip)
        let objects = objects(number, at: start)
        let thumbnail = objects.isEmpty ? nil : "\(base)_thumb.jpg"
        if let thumbnail {
            try FileManager.default.copyItem(at: footage.thumbnail, to: folder.appending(path: thumbnail))
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: clip.path)
        return NewRecording(
            cameraID: camera.id, cameraPath: camera.path, cameraName: camera.path.lastSegment,
            startMicroseconds: start, durationSeconds: 2, fileName: name,
            fileBytes: (attributes[.size] as? NSNumber)?.int64Value ?? 0, thumbnailName: thumbnail, objects: objects)
    }

    private func objects(_ number: Int, at start: Int64) -> [RecordedObject] {
        func object(
            _ name: String, _ confidence: Double, _ box: RecordedObject.Box, _ track: TrackID, after: Int64 = 0
        ) -> RecordedObject {
            RecordedObject(
                className: name, confidence: confidence, box: box, trackID: track,
                firstSeenMicroseconds: start + after, lastSeenMicroseconds: start + 1_500_000)
        }
        switch number {
        case 2: return []
        case 42:
            return [
                object("person", 0.95, .init(x1: 100, y1: 200, x2: 300, y2: 400), 42),
                object("car", 0.87, .init(x1: 500, y1: 100, x2: 700, y2: 300), 15, after: 1_000_000),
            ]
        default:
            let box = RecordedObject.Box(x1: 10, y1: 20, x2: 110, y2: 170)
            return [
                object(Self.classes[number % 3], 0.5 + Double(number % 50) / 100, box, TrackID(1000 + number / 2))
            ]
        }
    }
}
