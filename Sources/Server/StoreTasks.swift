private import Foundation
private import Recordings
package import Settings
private import Store

/// What commands do with the recordings beside a running server, or without one.
package enum StoreTasks {
    /// What retention would remove now, what goes next and when, and why the rest stays.
    ///
    /// - Throws: `StoreError` that names the database.
    package static func explainRetention(_ settings: Settings) throws -> String {
        try store(settings).explainRetention(RetentionLimits(settings), nowMicroseconds: now)
    }

    /// One pass of retention.
    ///
    /// - Returns: lines about what was done.
    package static func applyRetention(_ settings: Settings) throws -> String {
        let report = try store(settings).applyRetention(RetentionLimits(settings), nowMicroseconds: now)
        let megabytes = Double(report.bytes) / 1e6
        var lines = ["\(report.removals.count) recordings removed, \(String(format: "%.1f", megabytes)) MB"]
        lines += report.obstacles.map { "\($0)" } + report.failures
        return lines.joined(separator: "\n")
    }

    /// What a look at rows, files and counts found.
    package struct Findings: Sendable {
        package let settled: [String]
        package let remaining: [String]
    }

    /// Compares rows with files and counts with what they count.
    ///
    /// Clips that a running server is recording are in order.
    ///
    /// - Parameter repairs: whether to settle what can be settled.
    package static func examine(_ settings: Settings, repairs: Bool) throws -> Findings {
        let store = try store(settings)
        let doctor = Doctor(store)
        let report = try repairs ? doctor.repair() : .init(settled: [], remaining: doctor.check())
        let isRecording = FolderLock.isHeld(store.folder)
        let remaining = report.remaining.filter { finding in
            if case .unfinished = finding { !isRecording } else { true }
        }
        return Findings(settled: report.settled.map { "\($0)" }, remaining: remaining.map { "\($0)" })
    }

    private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1e6) }

    private static func store(_ settings: Settings) throws -> Store {
        let path = "\(ModelLocation.expanded(settings.recording.directory))/recordings.db"
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(
                code: .gone, path: path, doing: "open",
                reason: "there is no database yet; the server makes it when it starts")
        }
        return try Store(settings.recording)
    }
}
