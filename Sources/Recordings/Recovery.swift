private import FFmpeg
package import Frames
package import Logging

/// Settles, at start-up, the clips that a crash left behind. Blocks; runs before the first recorder starts.
package struct Recovery: Sendable {
    /// What was found.
    package struct Report: Sendable, Hashable {
        /// File names of clips that were finished and listed.
        package var recovered: [String] = []
        /// Those that were listed before; only traces were removed.
        package var wasListed: [String] = []
        /// Those with nothing that plays; removed.
        package var empty: [String] = []
        /// Those that cannot be settled now, with the reason. Their files are kept.
        package var failed: [String: String] = [:]
    }

    private let settlement: ClipSettlement
    private let logger: Logger

    package init(folder: RecordingFolder, sink: any RecordingSink, style: OverlayStyle, logger: Logger) {
        settlement = ClipSettlement(folder: folder, sink: sink, style: style, logger: logger)
        self.logger = logger
    }

    /// - Throws: `RecordingError` when the folder cannot be read.
    package func run() throws -> Report {
        try settlement.folder.check()
        let files = try settlement.folder.names()
        removeTemporaries(files)
        let parts = files.compactMap { ClipName(file: $0, suffix: ".part") }
        let journals = files.compactMap { ClipName(file: $0, suffix: ".part.json") }
        var report = Report()
        for name in Set(parts + journals).sorted(by: { $0.base < $1.base }) { settle(name, &report) }
        return report
    }

    /// Half-written files of ours that were to take the place of others.
    private func removeTemporaries(_ files: [String]) {
        let endings = [
            ".mp4.tmp", ".part.json.tmp", "_thumb.jpg.tmp", "_clean.jpg.tmp", RecordingFolder.markName + ".tmp",
        ]
        for file in files where endings.contains(where: file.hasSuffix) {
            try? DiskFile.remove(settlement.folder.file(file))
        }
    }

    private func settle(_ name: ClipName, _ report: inout Report) {
        do {
            guard let journal = journal(of: name) else {
                try settleNameless(name)
                report.empty.append(name.video)
                return
            }
            switch try settlement.settle(name, journal, picture: nil) {
            case .listed: report.recovered.append(name.video)
            case .wasListed: report.wasListed.append(name.video)
            case .empty: report.empty.append(name.video)
            }
            logger.notice("clip of an interrupted run settled", metadata: ["clip": "\(name.video)"])
        } catch {
            report.failed[name.video] = "\(error)"
            logger.error(
                "clip of an interrupted run not settled", metadata: ["clip": "\(name.video)", "reason": "\(error)"])
        }
    }

    /// Nothing was written but the name, or a power cut took the beginning.
    private func settleNameless(_ name: ClipName) throws {
        let part = settlement.folder.file(name.part)
        if DiskFile.exists(part), try FragmentScan(path: part).fragments > 0 {
            throw RecordingError(.damaged, subject: part, reason: "does not say whose clip it is")
        }
        if DiskFile.exists(settlement.folder.file(name.video)) {
            try DiskFile.remove(part)
            try DiskFile.remove(settlement.folder.file(name.journal))
        } else {
            try settlement.discard(name)
        }
    }

    /// From its file, or else from the clip itself.
    private func journal(of name: ClipName) -> ClipJournal? {
        if let journal = ClipJournal.read(settlement.folder.file(name.journal)) { return journal }
        guard let demuxer = try? Remux.open(settlement.folder.file(name.part)) else { return nil }
        return demuxer.metadata("comment").flatMap { ClipJournal(json: Array($0.utf8)) }
    }
}
