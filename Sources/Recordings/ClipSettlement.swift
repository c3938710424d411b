internal import Domain
private import FFmpeg
private import Foundation
internal import Frames
internal import Logging

/// Brings a clip that has stopped growing to its end: remuxed, on the disk, named, listed.
///
/// Every step may be the last before a crash: what lies in the folder then tells where to go on.
///
/// | in the folder | means | goes on with |
/// |---|---|---|
/// | `.part` | nothing is done yet | remux into `.tmp`, sync, thumbnails, rename to `.mp4`, sync the folder |
/// | `.part` and `.mp4` | the clip is complete | remove `.part`, then as below |
/// | `.mp4` and journal | it may not be listed | list it unless it is, remove the journal |
/// | the journal alone | it was listed, and deleted since | remove the journal |
struct ClipSettlement: Sendable {
    enum Outcome: Hashable, Sendable {
        case listed(FinishedRecording)
        /// It was listed before.
        case wasListed
        /// Nothing in it could be played; its files are gone.
        case empty
    }

    let folder: RecordingFolder
    let sink: any RecordingSink
    let style: OverlayStyle
    let logger: Logger

    /// Blocks on the disk.
    ///
    /// - Parameter picture: to make thumbnails of; nil looks into the clip itself.
    /// - Throws: when it cannot be done now; everything is kept then, and may be tried again.
    func settle(_ name: ClipName, _ journal: ClipJournal, picture: ClipContents.Picture?) throws -> Outcome {
        try folder.check()
        let video = folder.file(name.video)
        if !DiskFile.exists(video) {
            guard try complete(name, journal, picture: picture) else {
                try discard(name)
                return .empty
            }
        }
        try DiskFile.remove(folder.file(name.part))
        guard let camera = journal.camera else {
            throw RecordingError(.damaged, subject: folder.file(name.journal), reason: "names no camera")
        }
        var outcome = Outcome.wasListed
        if try !sink.contains(fileName: name.video) {
            let recording = try describe(name, journal, camera: camera)
            try sink.insert(recording)
            outcome = .listed(recording)
        }
        try DiskFile.remove(folder.file(name.journal))
        return outcome
    }

    /// Removes all files of a clip with nothing in it.
    func discard(_ name: ClipName) throws {
        for file in [name.temporary, name.part, name.thumbnail, name.cleanThumbnail, name.journal] {
            try DiskFile.remove(folder.file(file))
        }
    }

    /// From `.part` to `.mp4`.
    ///
    /// - Returns: false when there is nothing in it that plays.
    private func complete(_ name: ClipName, _ journal: ClipJournal, picture: ClipContents.Picture?) throws -> Bool {
        let part = folder.file(name.part)
        guard DiskFile.exists(part) else { return false }
        let scan = try FragmentScan(path: part)
        guard scan.fragments > 0 else { return false }
        if try DiskFile.size(part) > scan.wholeBytes { try DiskFile.truncate(part, to: scan.wholeBytes) }
        let temporary = folder.file(name.temporary)
        do {
            let outcome = try Remux.run(from: part, to: temporary, metadata: Self.metadata(journal))
            guard outcome.videoPackets > 0 else { return false }
            try DiskFile.synchronize(temporary)
            paint(name, journal, clip: temporary, picture: picture)
            try DiskFile.rename(temporary, to: folder.file(name.video))
            try folder.synchronize()
            return true
        } catch {
            // The room may be what is missing.
            try? DiskFile.remove(temporary)
            throw error
        }
    }

    /// A clip without thumbnails is a clip: what goes wrong here is logged.
    private func paint(_ name: ClipName, _ journal: ClipJournal, clip: String, picture: ClipContents.Picture?) {
        guard let best = journal.best else { return }
        do {
            let frame = try picture?.frame.frame ?? Thumbnail.frame(of: clip, atSeconds: best.seconds)
            guard let frame else { return }
            let box = PixelBox(x1: best.x1, y1: best.y1, x2: best.x2, y2: best.y2)
            let files = try Thumbnail.files(
                of: frame, box: box, label: best.label, classIndex: best.classIndex, style: style)
            try DiskFile.replace(folder.file(name.thumbnail), with: files.drawn)
            try DiskFile.replace(folder.file(name.cleanThumbnail), with: files.clean)
        } catch {
            logger.warning("no thumbnail", metadata: ["clip": "\(name.video)", "reason": "\(error)"])
        }
    }

    private func describe(_ name: ClipName, _ journal: ClipJournal, camera: ClipCamera) throws -> FinishedRecording {
        let video = folder.file(name.video)
        let demuxer = try Remux.open(video)
        let hasThumbnail = DiskFile.exists(folder.file(name.thumbnail))
        let hasClean = DiskFile.exists(folder.file(name.cleanThumbnail))
        return FinishedRecording(
            camera: camera, startMicroseconds: journal.startMicroseconds,
            durationSeconds: demuxer.durationSeconds ?? 0, fileName: name.video, fileBytes: try DiskFile.size(video),
            thumbnailName: hasThumbnail ? name.thumbnail : nil,
            cleanThumbnailName: hasClean ? name.cleanThumbnail : nil, objects: journal.objects)
    }

    private static func metadata(_ journal: ClipJournal) -> [String: String] {
        let start = Date(timeIntervalSince1970: Double(journal.startMicroseconds) / 1_000_000)
        return ["title": journal.cameraName, "creation_time": start.formatted(.iso8601)]
    }
}
