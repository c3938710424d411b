import Cameras
import Domain
import Foundation
import TestSupport
import Testing

@testable import Recordings

/// What a process that ended somewhere in the middle leaves behind.
private struct Crash: CustomTestStringConvertible, Sendable {
    enum Outcome { case recovered, wasListed, empty }

    let testDescription: String
    let outcome: Outcome
    /// Makes it, from a growing clip and what it becomes.
    let leave: @Sendable (ClipBench, ClipName, _ part: Data, _ finished: Data) throws -> Void

    static let all = [
        Crash(testDescription: "while it grew, after a fragment", outcome: .recovered) { bench, name, part, _ in
            try bench.put(part, name.part)
        },
        Crash(testDescription: "while it grew, within a fragment", outcome: .recovered) { bench, name, part, _ in
            try bench.put(part.prefix(part.count - 1000), name.part)
        },
        Crash(testDescription: "while it was remuxed", outcome: .recovered) { bench, name, part, finished in
            try bench.put(part, name.part)
            try bench.put(finished.prefix(5000), name.temporary)
        },
        Crash(testDescription: "before it got its name", outcome: .recovered) { bench, name, part, finished in
            try bench.put(part, name.part)
            try bench.put(finished, name.temporary)
        },
        Crash(testDescription: "before its part was removed", outcome: .recovered) { bench, name, part, finished in
            try bench.put(part, name.part)
            try bench.put(finished, name.video)
        },
        Crash(testDescription: "before it was listed", outcome: .recovered) { bench, name, _, finished in
            try bench.put(finished, name.video)
        },
        Crash(testDescription: "after it was listed", outcome: .wasListed) { bench, name, _, finished in
            try bench.put(finished, name.video)
            try bench.list(name)
        },
        Crash(testDescription: "after it was listed, and deleted by the user", outcome: .empty) { bench, name, _, _ in
            try bench.list(name)
        },
        Crash(testDescription: "with the header alone", outcome: .empty) { bench, name, part, _ in
            try bench.put(part.prefix(800), name.part)
        },
        Crash(testDescription: "with the name alone", outcome: .empty) { bench, name, _, _ in
            try bench.put(Data(), name.part)
        },
        Crash(testDescription: "with the name alone, without a journal", outcome: .empty) { bench, name, _, _ in
            try bench.put(Data(), name.part)
            try DiskFile.remove(bench.folder.file(name.journal))
        },
        Crash(testDescription: "by a power cut that took the journal", outcome: .recovered) { bench, name, part, _ in
            try bench.put(part, name.part)
            try bench.put(Data(), name.journal)
        },
        Crash(testDescription: "by a power cut that took everything but names", outcome: .empty) { bench, name, _, _ in
            try bench.put(Data(count: 100_000), name.part)
            try bench.put(Data(), name.journal)
        },
    ]
}

extension ClipBench {
    fileprivate func put(_ data: Data, _ name: String) throws {
        try data.write(to: URL(filePath: folder.file(name)))
    }

    fileprivate func list(_ name: ClipName) throws {
        try listed.insert(
            FinishedRecording(
                camera: camera, startMicroseconds: 0, durationSeconds: 1, fileName: name.video, fileBytes: 1,
                thumbnailName: nil, cleanThumbnailName: nil, objects: []))
    }

    fileprivate func recover() throws -> Recovery.Report {
        try Recovery(folder: folder, sink: listed, style: .test, logger: .quiet).run()
    }
}

@Suite(.serialized) struct RecoveryTests {
    @Test func whereverItEndsTheClipIsListedOnceAndWhole() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let source = try packets(of: Material.withSound.file(in: folder, seconds: 3))
            let model = try ClipBench(folder.appending(path: "model"))
            let name = ClipName(base: "front-door_2027-01-15_08-00-00")
            _ = try model.write(source, name: name)
            let part = try Data(contentsOf: URL(filePath: model.folder.file(name.part)))
            _ = try model.settlement.settle(name, model.journal(), picture: nil)
            let finished = try Data(contentsOf: URL(filePath: model.folder.file(name.video)))
            for (index, crash) in Crash.all.enumerated() {
                let bench = try ClipBench(folder.appending(path: "\(index)"))
                var journal = bench.journal()
                journal.objects = [
                    ClipObject(
                        className: "person", confidence: 0.8, x1: 1, y1: 2, x2: 3, y2: 4, trackID: 5,
                        firstSeenMicroseconds: 6, lastSeenMicroseconds: 7)
                ]
                journal.best = .init(seconds: 1.2, x1: 10, y1: 10, x2: 100, y2: 100, label: "person", classIndex: 0)
                try bench.put(Data(journal.json), name.journal)
                try crash.leave(bench, name, part, finished)
                try expect(crash, bench, name)
            }
        }
    }

    private func expect(_ crash: Crash, _ bench: ClipBench, _ name: ClipName) throws {
        let report = try bench.recover()
        let comment = Comment(rawValue: crash.testDescription)
        #expect(report.recovered == (crash.outcome == .recovered ? [name.video] : []), comment)
        #expect(report.wasListed == (crash.outcome == .wasListed ? [name.video] : []), comment)
        #expect(report.empty == (crash.outcome == .empty ? [name.video] : []), comment)
        #expect(report.failed.isEmpty, comment)
        // Nothing is left to do, and nothing is done twice.
        #expect(try bench.recover() == Recovery.Report(), comment)
        let videos = bench.files.filter { $0.hasSuffix(".mp4") }
        #expect(bench.files.allSatisfy { $0.hasSuffix(".mp4") || $0.hasSuffix(".jpg") }, "\(crash): \(bench.files)")
        #expect(videos == (crash.outcome == .empty ? [] : [name.video]), comment)
        guard crash.outcome == .recovered else { return }
        let row = try #require(bench.listed.all.first)
        #expect(row.camera == bench.camera && row.startMicroseconds == 1_800_000_000_000_000, comment)
        #expect(row.durationSeconds > 1.9 && row.durationSeconds < 3.1, comment)
        #expect(try Peer.complaints(about: bench.folder.file(name.video)) == "", comment)
    }

    @Test func whatWasSeenUpToTheCrashIsKnownAndHasAPicture() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let source = try packets(of: Material.plain.file(in: folder, seconds: 8))
            let bench = try RecorderBench(folder, packets: source)
            bench.visits = [(9, 3, 7)]
            bench.play(source)
            // The process is gone: nobody ends the clip.
            #expect(bench.clips.files.count == 2)
            let report = try Recovery(
                folder: bench.clips.folder, sink: bench.clips.listed, style: .test, logger: .quiet
            ).run()
            #expect(report.recovered == ["front-door_2027-01-15_08-00-01.mp4"])
            let row = try #require(bench.listed.first)
            #expect(row.objects.map(\.trackID) == [9] && row.objects.map(\.className) == ["person"])
            #expect(row.durationSeconds > 4.9)
            let thumbnail = try #require(row.thumbnailName)
            #expect(try Peer.probe(bench.clips.folder.file(thumbnail), "stream=width,height") == "320\n240")
        }
    }

    @Test func aClipThatCannotBeListedNowIsKeptAndListedLater() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let source = try packets(of: Material.plain.file(in: folder, seconds: 2))
            let bench = try ClipBench(folder)
            let name = ClipName(base: "clip")
            _ = try bench.write(source, name: name)
            bench.listed.failing(CocoaError(.fileWriteOutOfSpace))
            let report = try bench.recover()
            #expect(report.failed.keys.sorted() == [name.video] && report.recovered.isEmpty)
            #expect(bench.files == [name.video, name.journal].sorted())
            bench.listed.failing(nil)
            #expect(try bench.recover().recovered == [name.video])
            #expect(bench.listed.all.count == 1)
        }
    }

    @Test func aJournalOfGarbageDoesNotTrap() {
        for text in ["", "{", "[]", "{\"version\":1}", String(repeating: "[", count: 100_000), "{\"version\":99}"] {
            #expect(ClipJournal(json: Array(text.utf8)) == nil)
        }
    }
}

/// A real process, killed for real.
@Suite(.serialized) struct KillTests {
    private static let lossSeconds = 2.0

    @Test func aKilledRecorderLosesAtMostItsLastFragment() async throws {
        try await withTemporaryDirectory { folder in
            let file = try await onThread { try Material.withSound.file(in: folder, seconds: 6) }
            // Between a clip's beginning and end, at its remux, between clips: wherever it happens to be.
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for round in 0..<6 {
                    let home = folder.appending(path: "\(round)").path
                    tasks.addTask {
                        try await onThread { try self.killAndRecover(source: "file://\(file.path)", folder: home) }
                    }
                }
                try await tasks.waitForAll()
            }
        }
    }

    private func killAndRecover(source: String, folder: String) throws {
        let probe = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
            path: "RecorderProbe"
        ).path
        let output = folder + ".log"
        let limit = Double.random(in: 1.5...4.5)
        // The shell's timeout kills it without a word.
        _ = try? Program.run([
            "sh", "-c",
            "timeout -s KILL \(limit) \"$0\" record \"$1\" \"$2\" present=2 period=3 pre=1 post=0.4 longest=3 > \"$3\"",
            probe, source, folder, output,
        ])
        let published = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").compactMap {
            Double($0.dropFirst(2))
        }
        _ = try Program.run([probe, "recover", folder])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let clips = names.filter { $0.hasSuffix(".mp4") }
        // Killed early, there may be none.
        // Half-written rows of the probe's own database, which is a folder, have other names.
        let rows = ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/rows")) ?? [])
            .filter { $0.hasSuffix(".json") }.sorted()
        #expect(clips.map { $0 + ".json" } == rows)
        #expect(!names.contains { $0.hasSuffix(".part") || $0.hasSuffix(".tmp") || $0.hasSuffix(".json") })
        for clip in clips { #expect(try Peer.complaints(about: "\(folder)/\(clip)") == "") }
        try expectLittleLoss(published: published, rows: rows.map { "\(folder)/rows/\($0)" })
    }

    /// When somebody was in sight at the end, what is recorded reaches to within two seconds of it.
    private func expectLittleLoss(published: [Double], rows: [String]) throws {
        struct Row: Decodable {
            var start: Double
            var duration: Double
        }
        guard let last = published.last, last.truncatingRemainder(dividingBy: 3) < 2 else { return }
        let spans = try rows.map { path in
            let row = try JSONDecoder().decode(Row.self, from: Data(contentsOf: URL(filePath: path)))
            return (start: row.start / 1e6, end: row.start / 1e6 + row.duration)
        }
        // The first clip starts with the first picture that was published.
        let begin = spans.map(\.start).min() ?? 0
        let end = spans.map(\.end).max() ?? 0
        // In the first half second of a visit the clip of the one before may be the last.
        guard last < 3 || last.truncatingRemainder(dividingBy: 3) > 0.5 else { return }
        #expect(end - begin >= last - Self.lossSeconds, "published \(last), recorded \(end - begin)")
    }
}
