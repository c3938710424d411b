package import Domain

/// A recording as the API shows it.
package struct Recording: Hashable, Sendable, Identifiable {
    package let id: RecordingID
    package let startMicroseconds: Int64
    /// The start as `2025-10-12T19:05:30.123456`, UTC.
    package let timestamp: String
    /// A UUID; recordings taken over from another program may have another text.
    package let cameraID: String
    package let cameraPath: String
    /// As it was at the time.
    package let cameraName: String
    package let durationSeconds: Double
    /// Absolute. The file is gone where `isRetained` is false.
    package let filePath: String
    package let fileName: String
    package let fileBytes: Int64
    package let thumbnailPath: String?
    package let cleanThumbnailPath: String?
    /// The objects as a JSON array, ready to be sent: `[{"class":"person","confidence":0.95,"bbox":[100,200,300,400],
    /// "tracker_id":42}]`.
    package let objectsJSON: String
    /// The tracker ids as the text `[42, 15]`; nil without any.
    package let trackIDsJSON: String?
    /// The highest of its objects, 0...1; nil without any.
    package let maximumConfidence: Double?
    /// False: retention removed its files.
    package let isRetained: Bool
    /// Retention never removes it.
    package let isProtected: Bool

    package var thumbnailName: String? { Self.lastComponent(thumbnailPath) }
    package var cleanThumbnailName: String? { Self.lastComponent(cleanThumbnailPath) }

    package var trackIDs: [TrackID] {
        (trackIDsJSON ?? "").split { !$0.isASCII || !($0.isNumber || $0 == "-") }.compactMap { TrackID($0) }
    }

    private static func lastComponent(_ path: String?) -> String? {
        guard let path else { return nil }
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
        return String(name)
    }
}
