import Domain
import Foundation
import Store
import TestSupport

/// Random numbers that are the same in every run (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}

/// 2025-10-12T19:05:30.123456.
let october: Int64 = 1_760_295_930_123_456
let second: Int64 = 1_000_000
let day: Int64 = 86_400 * second

/// A store in `folder`.
func makeStore(_ folder: URL, _ change: (inout Store.Options) -> Void = { _ in }) throws -> Store {
    var options = Store.Options()
    change(&options)
    return try Store(path: folder.appending(path: "recordings.db").path, options: options)
}

extension Store {
    /// A clip with these objects, without files.
    func sample(
        _ camera: String = "video/front-door", at start: Int64 = october, seconds: Double = 15, name: String? = nil,
        bytes: Int64 = 1000, objects: [RecordedObject] = [.sample()]
    ) throws -> NewRecording {
        let path = try StreamPath(camera)
        let base = name ?? "\(path.lastSegment)_\(WallTime.fileText(start))"
        return NewRecording(
            cameraID: try cameraID(of: path), cameraPath: path, cameraName: path.lastSegment,
            startMicroseconds: start, durationSeconds: seconds, fileName: "\(base).mp4", fileBytes: bytes,
            thumbnailName: "\(base)_thumb.jpg", cleanThumbnailName: "\(base)_clean.jpg", objects: objects)
    }

    /// Lists a clip after writing files of its names.
    func insertWithFiles(_ recording: NewRecording) throws -> RecordingID {
        for name in [recording.fileName, recording.thumbnailName, recording.cleanThumbnailName] {
            guard let name else { continue }
            try Data(repeating: 7, count: Int(recording.fileBytes)).write(to: URL(filePath: "\(folder)/\(name)"))
        }
        return try insert(recording)
    }

    /// What the sqlite3 program answers on the database.
    @discardableResult
    func sqlite(_ sql: String) throws -> String {
        try Program.run(["sqlite3", path, sql]).trimmingCharacters(in: .newlines)
    }
}

extension RecordedObject {
    static func sample(_ className: String = "person", _ confidence: Double = 0.95, track: TrackID? = 42) -> Self {
        RecordedObject(
            className: className, confidence: confidence, box: .init(x1: 100, y1: 200, x2: 300, y2: 400),
            trackID: track, firstSeenMicroseconds: october + 5 * second, lastSeenMicroseconds: october + 9 * second)
    }
}
