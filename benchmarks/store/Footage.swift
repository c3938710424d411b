import Domain
import Store

/// Recordings as a household of four cameras makes them: two years, 1.5 objects each of ten classes of very unequal
/// frequency, confidences 0.4 to 0.98, 5 to 300 seconds. The same in every run.
struct Footage {
    static let start: Int64 = 1_700_000_000_000_000
    static let span: Int64 = 730 * WallTime.microsecondsADay
    static let paths = ["video/front-door", "video/backyard", "video/garage", "video/drive"]
    static let classes = ["person", "car", "dog", "cat", "bicycle", "truck", "bus", "bird", "motorcycle", "horse"]
    private static let weights = [50, 40, 15, 12, 10, 8, 5, 4, 3, 1]

    private var state: UInt64 = 1
    private var track: TrackID = 0
    private let cameras: [(id: CameraID, path: StreamPath)]

    init(_ store: Store) throws {
        cameras = try Self.paths.map { path in
            let path = try StreamPath(path)
            return (try store.cameraID(of: path), path)
        }
    }

    /// 0 up to `bound` exclusive.
    private mutating func dice(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }

    private mutating func pick(_ weights: [Int]) -> Int {
        var rest = dice(weights.reduce(0, +))
        for (index, weight) in weights.enumerated() {
            if rest < weight { return index }
            rest -= weight
        }
        return 0
    }

    /// Number `index` of `count`.
    mutating func recording(_ index: Int, of count: Int) -> NewRecording {
        let step = Self.span / Int64(count)
        let start = Self.start + Int64(index) * step + Int64(dice(Int(step)))
        let camera = cameras[pick([4, 3, 2, 1])]
        let objects = (0..<1 + pick([60, 28, 12])).map { _ in
            track += 1
            let (x, y) = (dice(1800), dice(900))
            return RecordedObject(
                className: Self.classes[pick(Self.weights)], confidence: Double(4000 + dice(5801)) / 10_000,
                box: .init(x1: x, y1: y, x2: x + 100, y2: y + 150), trackID: track,
                firstSeenMicroseconds: start + 5_000_000, lastSeenMicroseconds: start + 9_000_000)
        }
        let seconds = Double(5_000_000 + dice(295_000_000)) / 1e6
        let name = "\(camera.path.lastSegment)_\(WallTime.fileText(start))-\(index)"
        return NewRecording(
            cameraID: camera.id, cameraPath: camera.path, cameraName: camera.path.lastSegment,
            startMicroseconds: start, durationSeconds: seconds, fileName: "\(name).mp4",
            fileBytes: Int64(seconds * 500_000), thumbnailName: "\(name)_thumb.jpg",
            cleanThumbnailName: "\(name)_clean.jpg", objects: objects)
    }
}
