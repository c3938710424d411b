import Domain
import Foundation
import Store

extension JSONText {
    /// A recording with the documented fields, and some more: `start_time`, `end_time`, `stream_path`, `file_size_bytes`,
    /// `protected`, `clean_thumbnail_url`.
    ///
    /// - Parameter objects: when given, `object_times` tells when each was seen.
    mutating func recording(_ recording: Recording, objects: [RecordedObject]? = nil) {
        object { json in
            json.field("id", recording.id)
            json.field("timestamp", recording.timestamp)
            json.field("start_time", WallTime.zonedText(recording.startMicroseconds))
            json.field("end_time", WallTime.zonedText(recording.endMicroseconds))
            json.field("stream_id", recording.cameraID)
            json.field("stream_name", recording.cameraName)
            json.field("stream_path", recording.cameraPath)
            json.field("file_path", recording.filePath)
            json.field("file_size_bytes", recording.fileBytes)
            json.field("duration", recording.durationSeconds)
            json.key("objects_detected")
            json.raw(recording.objectsJSON)
            json.field("thumbnail_path", recording.thumbnailPath)
            json.field("confidence", recording.maximumConfidence ?? 0)
            json.field("retained", recording.isRetained ? 1 : 0)
            json.field("protected", recording.isProtected)
            json.field("tracker_ids", recording.trackIDsJSON)
            json.urls(of: recording.fileName, "file_url", "mediaUrl")
            json.urls(of: recording.thumbnailName, "thumbnail_url", "thumbnailMediaUrl")
            json.field("clean_thumbnail_url", recording.cleanThumbnailName.map { "/recordings/" + escapedSegment($0) })
            guard let objects else { return }
            json.key("object_times")
            json.array(objects) { $0.times(of: $1, in: recording) }
        }
    }

    /// Seconds of the clip; null where nobody noted them.
    private mutating func times(of seen: RecordedObject, in recording: Recording) {
        guard seen.firstSeenMicroseconds > 0, seen.lastSeenMicroseconds >= seen.firstSeenMicroseconds else {
            return null()
        }
        func seconds(_ moment: Int64) -> Double {
            let passed = moment.subtractingReportingOverflow(recording.startMicroseconds)
            guard !passed.overflow else { return 0 }
            return min(max(Double(passed.partialValue) / 1e6, 0), max(recording.durationSeconds, 0))
        }
        object { json in
            json.field("from", seconds(seen.firstSeenMicroseconds))
            json.field("to", seconds(seen.lastSeenMicroseconds))
        }
    }

    private mutating func urls(of name: String?, _ plain: StaticString, _ media: StaticString) {
        let segment = name.map(escapedSegment)
        field(plain, segment.map { "/recordings/" + $0 })
        field(media, segment.map { "/api/recordings/file/" + $0 })
    }
}

extension Recording {
    var endMicroseconds: Int64 {
        let length = Int64((min(max(durationSeconds, 0), 1e9) * 1e6).rounded())
        return startMicroseconds.addingReportingOverflow(length).partialValue
    }
}

/// A file name as a segment of a URL.
func escapedSegment(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
    return isPlain ? name : name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
}
