import Cameras
import Domain
import Foundation
import TestSupport
import Testing

@testable import Recordings

/// Disks that fill up, vanish and come back.
@Suite(.serialized) struct DiskTests {
    /// Plays footage that never ends: rounds of one file, as a camera's loop.
    private struct Endless {
        let file: URL
        var timeline = Timeline()

        mutating func next() throws -> [CameraPacket] {
            try packets(of: file, timeline: &timeline)
        }
    }

    /// Plays until `isDone`; rounds of the recorder come with pauses, for its back-off is in seconds of the clock.
    private func play(_ bench: RecorderBench, _ footage: inout Endless, until isDone: () -> Bool) throws {
        let end = ContinuousClock.now + .seconds(20)
        while !isDone(), ContinuousClock.now < end { bench.play(try footage.next()) }
        #expect(isDone(), "\(bench.recorder.status) \(bench.finisher.counters)")
    }

    private func isRecording(_ bench: RecorderBench) -> Bool {
        if case .recording = bench.recorder.status.state { true } else { false }
    }

    private func failure(_ bench: RecorderBench) -> String? {
        if case .failing(let reason) = bench.recorder.status.state { reason } else { nil }
    }

    private func expectPlayable(_ bench: RecorderBench) throws {
        for clip in bench.listed { #expect(try Peer.complaints(about: bench.clips.folder.file(clip.fileName)) == "") }
        #expect(bench.clips.files.allSatisfy { $0.hasSuffix(".mp4") || $0.hasSuffix(".jpg") }, "\(bench.clips.files)")
    }

    @Test func aFolderThatVanishesIsInTheStatusAndRecordingResumesWhenItIsBack() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            var footage = Endless(file: try Material.plain.file(in: folder, seconds: 3))
            let bench = try RecorderBench(folder, packets: try footage.next())
            footage = Endless(file: footage.file)
            bench.visits = [(1, 0.5, 1e9)]
            try play(bench, &footage) { isRecording(bench) }
            let home = bench.clips.folder.path
            try FileManager.default.moveItem(atPath: home, toPath: home + "-away")
            let lost = try part(in: home + "-away")
            try FileManager.default.removeItem(atPath: "\(home)-away/\(try #require(lost))")
            try play(bench, &footage) { failure(bench) != nil }
            #expect(failure(bench)?.contains("was removed") == true || failure(bench)?.contains("is gone") == true)
            try play(bench, &footage) { failure(bench)?.contains("is gone") == true }
            #expect(!FileManager.default.fileExists(atPath: home), "made anew where a volume may be missing")
            try FileManager.default.moveItem(atPath: home + "-away", toPath: home)
            try play(bench, &footage) { isRecording(bench) }
            bench.end()
            #expect(bench.listed.count >= 1)
            try expectPlayable(bench)
        }
    }

    private func part(in folder: String) throws -> String? {
        try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(".part") }
    }

    #if os(Linux)
        @Test func nothingIsWrittenWhereAVolumeIsNotMounted() async throws {
            // Two file systems behind one link: /dev/shm is the volume, the folder on the other is the bare mount point.
            let volume = URL(filePath: "/dev/shm/spectrax-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: volume, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: volume) }
            try await withTemporaryDirectoryBlocking { folder in
                var footage = Endless(file: try Material.plain.file(in: folder, seconds: 3))
                let link = folder.appending(path: "recordings").path
                let bare = folder.appending(path: "bare").path
                try FileManager.default.createDirectory(atPath: bare, withIntermediateDirectories: true)
                func mount(_ target: String) throws {
                    try? FileManager.default.removeItem(atPath: link)
                    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
                }
                try mount(volume.path)
                let bench = try RecorderBench(folder, packets: try footage.next())
                footage = Endless(file: footage.file)
                try mount(bare)
                bench.visits = [(1, 0.5, 1e9)]
                try play(bench, &footage) { failure(bench) != nil }
                #expect(failure(bench) == "\(link): its volume is not mounted")
                #expect(try FileManager.default.contentsOfDirectory(atPath: bare) == [])
                try mount(volume.path)
                try play(bench, &footage) { isRecording(bench) }
                // Gone again in the middle of a clip: it is finished when the volume is back.
                try mount(bare)
                let over = (bench.published.last?.decodeTime.seconds ?? 0) + 4
                bench.visits = [(1, 0.5, over)]
                try play(bench, &footage) {
                    (bench.published.last?.decodeTime.seconds ?? 0) > over + 4
                        && bench.finisher.counters.failedAttempts > 0
                }
                #expect(bench.listed.isEmpty)
                try mount(volume.path)
                try play(bench, &footage) { !bench.listed.isEmpty }
                bench.end()
                try expectPlayable(bench)
                #expect(try FileManager.default.contentsOfDirectory(atPath: bare) == [])
            }
        }

        @Test func aFullDiskKeepsWhatThereIsAndRecordingResumesWhenThereIsRoom() async throws {
            // A disk of 3 MB needs a mount, which needs root; others get a limit on the size of a file instead.
            try await withTemporaryDirectoryBlocking { folder in
                let material = Material(testDescription: "", container: "ts", video: Material.h264)
                let file = try material.file(in: folder, seconds: 3, bitRate: "2M")
                let disk = folder.appending(path: "recordings").path
                try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
                guard geteuid() == 0,
                    (try? Program.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", disk])) != nil
                else { return try aFileThatMayNotGrow(file, folder: disk) }
                defer { _ = try? Program.run(["umount", "-l", disk]) }
                var footage = Endless(file: file)
                let bench = try RecorderBench(folder, packets: try footage.next())
                footage = Endless(file: file)
                bench.visits = [(1, 0.5, 1e9)]
                try play(bench, &footage) { failure(bench) != nil }
                #expect(failure(bench)?.contains("No space left on device") == true)
                // The clip so far waits for room to be finished.
                try play(bench, &footage) { bench.finisher.counters.failure != nil }
                #expect(bench.finisher.counters.failure?.contains("No space left on device") == true)
                #expect(bench.listed.isEmpty)
                try Program.run(["mount", "-o", "remount,size=64m", disk])
                try play(bench, &footage) { isRecording(bench) && bench.listed.count >= 1 }
                bench.visits = []
                try play(bench, &footage) { !isRecording(bench) }
                bench.end()
                #expect(bench.listed.count >= 2)
                try expectPlayable(bench)
            }
        }

        /// The same with a limit on the size of a file, in a process of its own.
        private func aFileThatMayNotGrow(_ file: URL, folder: String) throws {
            let probe = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
                path: "RecorderProbe"
            ).path
            let said = try Program.run([
                "bash", "-c",
                "trap '' XFSZ; ulimit -f 120; exec \"$0\" record \"$1\" \"$2\" present=5 period=5 seconds=7 pre=1",
                probe,
                "file://\(file.path)", folder,
            ])
            struct Report: Decodable {
                var clips: Int
                var failures: Int
            }
            let last = try #require(said.split(separator: "\n").last)
            let report = try JSONDecoder().decode(Report.self, from: Data(last.utf8))
            #expect(report.failures >= 1 && report.clips >= 2)
            let clips = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".mp4") }
            #expect(clips.count >= 2)
            for clip in clips { #expect(try Peer.complaints(about: "\(folder)/\(clip)") == "") }
        }
    #endif

    @Test func aDatabaseThatFailsIsTriedAgain() async throws {
        try await withTemporaryDirectory { folder in
            let source = try await onThread { try packets(of: Material.plain.file(in: folder, seconds: 6)) }
            let bench = try RecorderBench(folder, packets: source)
            bench.clips.listed.failing(CocoaError(.fileReadCorruptFile))
            bench.visits = [(1, 1, 2)]
            bench.play(source)
            #expect(await eventually { bench.finisher.counters.failedAttempts > 0 })
            #expect(bench.listed.isEmpty && bench.finisher.counters.waiting == 1)
            bench.clips.listed.failing(nil)
            #expect(await eventually { bench.listed.count == 1 })
            #expect(await eventually { bench.finisher.counters.failure == nil })
            bench.end()
            try expectPlayable(bench)
        }
    }
}
