internal import Domain
private import Foundation
internal import GRDB

/// A row of a table that is taken over, as far as it can be read.
///
/// Known columns: `timestamp`, `file_path`, `stream_id`, `stream_name`, `stream_path`, `duration` or `duration_seconds`,
/// `objects_detected`, `thumbnail_path`, `confidence` or `max_confidence`, `retained`, `tracker_ids`; any may be missing,
/// NULL or of another type, but for the first two, which must be there.
struct FormerRecording {
    struct Object {
        let className: String
        let confidence: Double
        /// x1, y1, x2, y2; nil when it is not known.
        let box: [Int64]?
        let trackID: Int64?
    }

    let id: RecordingID
    let startMicroseconds: Int64
    /// The camera's `stream_id`; nil when there is none.
    let cameraID: String?
    let cameraName: String
    let cameraPath: String
    let durationSeconds: Double
    /// As in `clips`.
    let folder: String
    let fileName: String
    let thumbnailName: String?
    let objects: [Object]
    let trackIDs: [Int64]
    let confidence: Double?
    let isRetained: Bool

    /// What tells its camera from others.
    var cameraKey: String { cameraID ?? "path:" + cameraPath }

    init(_ row: Row, folder: String) {
        func text(_ column: String) -> String? {
            guard row.hasColumn(column), let value = String.fromDatabaseValue(row[column]) else { return nil }
            return value.isEmpty ? nil : value
        }
        func number(_ column: String) -> Double? {
            guard row.hasColumn(column) else { return nil }
            let value: DatabaseValue = row[column]
            let number = Double.fromDatabaseValue(value) ?? String.fromDatabaseValue(value).flatMap(Double.init)
            return number.flatMap { $0.isFinite ? $0 : nil }
        }
        let id: RecordingID = row["taken_rowid"]
        self.id = id
        let place = Self.place(text("file_path"), id: id, folder: folder)
        (self.folder, fileName) = (place.folder, place.name)
        let thumbnail = text("thumbnail_path").map { Self.place($0, id: id, folder: folder) }
        // One in another folder stays there, unlisted.
        thumbnailName = thumbnail?.folder == place.folder ? thumbnail?.name : nil
        let moment =
            text("timestamp").flatMap { WallTime.parse($0) }?.microseconds
            ?? number("timestamp").map { Self.moment($0) }
        startMicroseconds = max(0, moment ?? Self.moment(inName: place.name) ?? 0)

        let named = text("stream_name") ?? text("stream_path").map { String($0.split(separator: "/").last ?? "camera") }
        cameraName = named ?? "camera"
        cameraPath = Self.path(text("stream_path") ?? cameraName)
        cameraID = text("stream_id").map { CameraID($0)?.description ?? String($0.prefix(255)) }

        durationSeconds = min(max(number("duration") ?? number("duration_seconds") ?? 0, 0), 1e9)
        objects = Self.objects(text("objects_detected"))
        trackIDs = Self.trackIDs(text("tracker_ids")) ?? []
        let best = number("confidence") ?? number("max_confidence") ?? objects.map(\.confidence).max()
        confidence = best.map { min(max($0, 0), 1) }
        isRetained = number("retained") != 0
    }

    var objectsJSON: String {
        let entries = objects.map { object in
            var text = "{\"class\":\(ObjectsText.quoted(object.className)),\"confidence\":\(object.confidence)"
            if let box = object.box { text += ",\"bbox\":[\(box.map(String.init).joined(separator: ","))]" }
            if let id = object.trackID { text += ",\"tracker_id\":\(id)" }
            return text + "}"
        }
        return "[\(entries.joined(separator: ","))]"
    }

    var trackIDsJSON: String? {
        let ids = trackIDs.isEmpty ? objects.compactMap(\.trackID) : trackIDs
        return ids.isEmpty ? nil : "[\(ids.map(String.init).joined(separator: ", "))]"
    }

    /// Folder and name as in `clips`. A path that is not absolute means the file of that name beside the database.
    private static func place(_ path: String?, id: RecordingID, folder: String) -> (folder: String, name: String) {
        let path = path.map { $0.hasPrefix("~/") ? ($0 as NSString).expandingTildeInPath : $0 } ?? ""
        let slash = path.lastIndex(of: "/")
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        guard RecordingFolder.isPlainName(name) else { return ("", "recording-\(id).mp4") }
        guard path.hasPrefix("/"), let slash else { return ("", name) }
        let parent = path[..<slash]
        return (parent.isEmpty ? "/" : parent == folder ? "" : String(parent), name)
    }

    /// Seconds since 1970 as microseconds.
    private static func moment(_ seconds: Double) -> Int64 {
        Int64((min(max(seconds, 0), 2.5e11) * 1e6).rounded())
    }

    /// The moment in a name like `front-door_2025-10-12_19-05-30.mp4`.
    private static func moment(inName name: String) -> Int64? {
        guard let match = name.firstMatch(of: /(\d{4}-\d{2}-\d{2})_(\d{2})-(\d{2})-(\d{2})/) else { return nil }
        return WallTime.parse("\(match.1)T\(match.2):\(match.3):\(match.4)")?.microseconds
    }

    /// A stream path for a camera that was known by its name: as the Python SpectraX published it, `video/NAME`.
    private static func path(_ name: String) -> String {
        let path = name.contains("/") ? name : "video/" + name
        if let path = try? StreamPath(path) { return path.rawValue }
        let kept = name.lowercased().unicodeScalars.map { scalar in
            ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "-"
        }
        let slug = String(kept).split(separator: "-").joined(separator: "-").prefix(100)
        return "video/" + (slug.isEmpty ? "camera" : slug)
    }

    private static func objects(_ text: String?) -> [Object] {
        guard let text, let json = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [Any] else { return [] }
        return json.compactMap { entry in
            guard let entry = entry as? [String: Any], let name = entry["class"] as? String else { return nil }
            let confidence = (entry["confidence"] as? NSNumber)?.doubleValue ?? 0
            let box = (entry["bbox"] as? [NSNumber])?.compactMap { whole($0) }
            return Object(
                className: name, confidence: confidence.isFinite ? min(max(confidence, 0), 1) : 0,
                box: box?.count == 4 ? box : nil,
                trackID: (entry["tracker_id"] as? NSNumber).flatMap { whole($0) })
        }
    }

    /// - Returns: nil when it is no array of numbers.
    private static func trackIDs(_ text: String?) -> [Int64]? {
        guard let text, let json = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [NSNumber]
        else { return nil }
        return json.compactMap { whole($0) }
    }

    /// The nearest whole number; nil for one that no pixel or counter reaches.
    private static func whole(_ number: NSNumber) -> Int64? {
        let value = number.doubleValue
        return abs(value) < 1e15 ? Int64(value.rounded()) : nil
    }
}
