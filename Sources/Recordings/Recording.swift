internal import Cameras
internal import Domain
internal import Events
internal import FFmpeg
private import Foundation
private import Logging
private import Plumbing

/// What one recorder's thread works with: the pre-roll, the clip that is open, and what was seen in it.
///
/// Used on that thread only.
final class Recording {
    /// A clip that a split ended, whose last sights may still be in analysis.
    private struct Settling {
        var name: ClipName
        var startMicroseconds: Int64
        var startSeconds: Double
        var endSeconds: Double
        var contents: ClipContents
    }

    /// How long a split clip waits for its last sights, in media time.
    private static let settlingSeconds = 5.0
    /// The journal of a growing clip is rewritten at most this often.
    private static let journalSeconds = 1.0
    /// Clips of one camera and second.
    private static let maximumNumber = 99

    private unowned let recorder: Recorder
    private var preRoll: PreRoll
    private var schedule: ClipSchedule
    private var writer: ClipWriter?
    private var contents = ClipContents()
    private var settling: Settling?
    private var generation: Int?
    /// The camera's sound, as far as packets of it have come.
    private var audio: StreamInfo?
    private var latestSeconds = -Double.infinity
    private var analysedSeconds = -Double.infinity
    private var classes = ClassList([])
    private var written = (revision: 0, at: -Double.infinity)
    private var failuresInRow = 0

    init(of recorder: Recorder) {
        self.recorder = recorder
        preRoll = PreRoll(limit: recorder.configuration.preRollLimit)
        schedule = ClipSchedule(
            rules: recorder.configuration.rules, maximumSeconds: recorder.configuration.maximumClipSeconds)
    }

    private var now: Double { ProcessInfo.processInfo.systemUptime }
    private var folder: RecordingFolder { recorder.finisher.folder }

    /// Takes in all that has come since the last round.
    func round(_ subscription: PacketSubscription) {
        // Packets first: events are about packets that came before them.
        while let packet = subscription.poll() { take(packet) }
        takeActions()
        if subscription.takeSourceEnd() { endSource() }
        settleIfSeen()
        writeJournal()
        recorder.update { status in
            status.droppedPackets = subscription.droppedPackets
            status.preRollSeconds = preRoll.seconds
            status.preRollBytes = preRoll.byteCount
            status.preRollShortenings = preRoll.shortenings
        }
    }

    /// The recorder stops.
    func end() {
        takeActions()
        perform(schedule.sourceEnded(), with: nil)
        submitSettling()
    }

    private func takeActions() {
        let (actions, picture, dropped) = recorder.inbox.withLock { inbox in
            defer {
                inbox.actions = []
                inbox.picture = nil
            }
            analysedSeconds = inbox.analysedSeconds
            classes = inbox.classes
            return (inbox.actions, inbox.picture, inbox.dropped)
        }
        for action in actions {
            if case .openClip = action, !schedule.isOpen { contents = ClipContents() }
            note(action)
            perform(schedule.act(on: action, now: now), with: nil)
        }
        if let picture { offer(picture) }
        recorder.update { $0.droppedActions = dropped }
    }

    private func take(_ packet: CameraPacket) {
        if let generation, generation != packet.generation { endSource() }
        if generation != packet.generation {
            generation = packet.generation
            preRoll.removeAll()
            audio = nil
        }
        if packet.stream.kind == .audio, packet.stream.index <= audio?.index ?? .max { audio = packet.stream }
        preRoll.append(packet)
        if packet.isVideo { latestSeconds = packet.decodeTime.seconds }
        perform(
            schedule.take(
                isVideo: packet.isVideo, isKeyFrame: packet.isVideoKeyFrame, at: packet.decodeTime.seconds, now: now),
            with: packet)
    }

    /// What the pre-roll holds stays: sights of its last seconds may still come.
    private func endSource() {
        recorder.endEvents()
        takeActions()
        perform(schedule.sourceEnded(), with: nil)
        submitSettling()
    }

    private func perform(_ step: ClipSchedule.Step, with packet: CameraPacket?) {
        switch step {
        case .skip: break
        case .write:
            guard let packet else { return }
            let isOther = packet.isVideoKeyFrame && writer?.suits(packet) == false
            if isOther { split(at: packet) } else { write(packet) }
        case .close: close()
        case .split:
            guard let packet else { return }
            split(at: packet)
        case .open(let seconds): open(with: preRoll.packets(fromSeconds: seconds))
        }
    }
}

// MARK: - Files

extension Recording {
    private func open(with packets: [CameraPacket]) {
        guard let first = packets.first else { return }
        do {
            try folder.check()
            let startMicroseconds = Int64(microsecondsOf: first.wallSeconds)
            let (name, file) = try claim(startMicroseconds: startMicroseconds)
            do {
                let journal = ClipJournal(camera: recorder.configuration.camera, startMicroseconds: startMicroseconds)
                try DiskFile.replace(folder.file(name.journal), with: journal.json)
                writer = try ClipWriter(
                    name: name, file: file, first: first, audio: audio, startMicroseconds: startMicroseconds,
                    comment: String(decoding: journal.json, as: UTF8.self))
            } catch {
                file.closeFile()
                try? DiskFile.remove(folder.file(name.part))
                try? DiskFile.remove(folder.file(name.journal))
                throw error
            }
            written = (0, -.infinity)
            schedule.opened(atSeconds: first.decodeTime.seconds)
            let note = writer?.note
            recorder.update { status in
                status.state = .recording(fileName: name.video)
                status.clips += 1
                status.note = note
            }
            recorder.logger.info("clip begun", metadata: ["clip": "\(name.video)"])
            for packet in packets where schedule.isOpen { write(packet) }
        } catch {
            fail(error)
        }
    }

    /// Finds a name that no clip has, and creates its file.
    private func claim(startMicroseconds: Int64) throws -> (ClipName, PartFile) {
        for number in 1...Self.maximumNumber {
            let name = ClipName(
                cameraName: recorder.configuration.camera.name, startMicroseconds: startMicroseconds, number: number)
            let taken = [name.video, name.journal].contains { DiskFile.exists(folder.file($0)) }
            let wasListed = (try? recorder.finisher.sink.contains(fileName: name.video)) ?? false
            guard !taken, !wasListed, let file = try PartFile(path: folder.file(name.part)) else { continue }
            // A clip of this name may have been finished between the two looks.
            if !DiskFile.exists(folder.file(name.video)) { return (name, file) }
            file.closeFile()
            try DiskFile.remove(folder.file(name.part))
        }
        throw RecordingError(.file, subject: folder.path, reason: "too many clips of one camera and second")
    }

    private func write(_ packet: CameraPacket) {
        guard writer != nil else { return }
        do {
            guard try writer?.write(packet) == true, let file = writer?.file else { return }
            guard file.isLinked else {
                throw RecordingError(.file, subject: file.path, reason: "was removed while it was written")
            }
            failuresInRow = 0
            recorder.finisher.synchronize(file)
        } catch {
            fail(error)
        }
    }

    private func close() {
        guard writer != nil else { return }
        do {
            try writer?.finish()
        } catch {
            fail(error)
            return
        }
        finish(until: .infinity)
        submitSettling()
        contents = ClipContents()
        recorder.update { $0.state = .idle }
    }

    private func split(at packet: CameraPacket) {
        submitSettling()
        do {
            try writer?.finish()
            finish(until: packet.decodeTime.seconds)
            contents = ClipContents()
        } catch {
            fail(error)
            return
        }
        open(with: [packet])
    }

    /// The clip's file is complete as far as it goes: it waits for its last sights.
    private func finish(until seconds: Double) {
        guard let name = writer?.name, let start = writer?.startSeconds, let wall = writer?.startMicroseconds
        else { return }
        let refused = writer?.refusedPackets ?? 0
        recorder.update { $0.refusedPackets += refused }
        writer = nil
        submitSettling()
        settling = Settling(
            name: name, startMicroseconds: wall, startSeconds: start, endSeconds: seconds,
            contents: contents)
    }

    /// What was written stays a clip, up to its last whole fragment.
    private func fail(_ error: any Error) {
        let safe = writer?.flushedSeconds
        if writer != nil {
            writer?.file.closeFile()
            finish(until: latestSeconds)
            submitSettling()
            contents = ClipContents()
        }
        schedule.failed(safeUntilSeconds: safe, now: now)
        failuresInRow += 1
        recorder.update { status in
            status.state = .failing(reason: "\(error)")
            status.failures += 1
        }
        if failuresInRow.nonzeroBitCount == 1 {
            recorder.logger.error("recording does not work", metadata: ["reason": "\(error)"])
        }
    }
}

// MARK: - What was seen

extension Recording {
    private func note(_ action: EventAction) {
        switch action {
        case .began(let event):
            for moment in [event.first, event.best, event.latest] { note(moment) }
        case .updated(let event): note(event.latest)
        case .ended, .openClip, .closeClip: break
        }
    }

    private func note(_ moment: Event.Moment) {
        if let end = settling?.endSeconds, moment.seconds < end {
            settling?.contents.note(moment)
        } else {
            contents.note(moment)
        }
    }

    private func offer(_ picture: ClipContents.Picture) {
        if let end = settling?.endSeconds, picture.moment.seconds < end {
            settling?.contents.offer(picture)
        } else {
            contents.offer(picture)
        }
    }

    private func settleIfSeen() {
        guard let end = settling?.endSeconds else { return }
        if analysedSeconds >= end || latestSeconds >= end + Self.settlingSeconds { submitSettling() }
    }

    private func submitSettling() {
        guard let clip = settling else { return }
        settling = nil
        let journal = journal(
            clip.contents, startSeconds: clip.startSeconds, startMicroseconds: clip.startMicroseconds)
        // For the case that the process ends before it is listed.
        rewrite(clip.name, journal)
        recorder.finisher.finish(
            ClipFinisher.Job(name: clip.name, journal: journal, picture: clip.contents.picture))
    }

    /// Writes down what was seen in the open clip so far.
    private func writeJournal() {
        guard let name = writer?.name, let start = writer?.startSeconds, let wall = writer?.startMicroseconds,
            contents.revision != written.revision, now - written.at >= Self.journalSeconds
        else { return }
        written = (contents.revision, now)
        rewrite(name, journal(contents, startSeconds: start, startMicroseconds: wall))
    }

    /// Replaces a journal that is there; where there is none, the folder may be a bare mount point.
    private func rewrite(_ name: ClipName, _ journal: ClipJournal) {
        let path = folder.file(name.journal)
        guard DiskFile.exists(path) else { return }
        // The clip itself tells whether the disk works.
        try? DiskFile.replace(path, with: journal.json, isSynchronized: false)
    }

    private func journal(
        _ contents: ClipContents, startSeconds: Double, startMicroseconds: Int64
    ) -> ClipJournal {
        var journal = ClipJournal(camera: recorder.configuration.camera, startMicroseconds: startMicroseconds)
        let placed = ClipDescription(
            startSeconds: startSeconds, startMicroseconds: startMicroseconds, classes: classes)
        journal.objects = placed.objects(contents)
        journal.best = placed.best(contents)
        return journal
    }
}
