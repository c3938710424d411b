private import Domain
private import Foundation

/// What must be known of a clip that is not listed yet, to list it after a crash: a small JSON file beside its `.part`.
struct ClipJournal: Codable, Hashable, Sendable {
    /// Where the best picture of the clip is.
    struct Best: Codable, Hashable, Sendable {
        /// From the start of the clip.
        var seconds: Double
        /// In pixels of the recorded video.
        var x1: Float
        var y1: Float
        var x2: Float
        var y2: Float
        var label: String
        var classIndex: Int
    }

    static let currentVersion = 1

    var version = currentVersion
    var cameraID: String
    var cameraPath: String
    var cameraName: String
    var startMicroseconds: Int64
    var objects: [ClipObject] = []
    var best: Best?

    init(camera: ClipCamera, startMicroseconds: Int64) {
        cameraID = camera.id.description
        cameraPath = camera.path.rawValue
        cameraName = camera.name
        self.startMicroseconds = startMicroseconds
    }

    /// nil when the identifier or the path in it is none.
    var camera: ClipCamera? {
        guard let id = CameraID(cameraID), let path = try? StreamPath(cameraPath) else { return nil }
        return ClipCamera(id: id, path: path, name: cameraName)
    }

    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { Array($0) } ?? []
    }

    init?(json: [UInt8]) {
        guard let journal = try? JSONDecoder().decode(ClipJournal.self, from: Data(json)),
            journal.version == Self.currentVersion
        else { return nil }
        self = journal
    }

    /// nil when there is no such file, or none that makes sense.
    static func read(_ path: String) -> ClipJournal? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return ClipJournal(json: Array(data))
    }
}
