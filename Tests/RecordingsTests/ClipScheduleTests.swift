import Domain
import Events
import Foundation
import Testing

@testable import Recordings

/// A recorder's life in words: `open 3` (from 3 s), `seen 4`, `close 9`, `end`, `fail`, or a stretch of packets `0-5`, four a
/// second with a key frame each second. Told back: where clips begin, end and are split.
private struct Life: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let script: [String]
    let expected: [String]

    static let all = [
        Life(testDescription: "nothing is wanted", script: ["0-5"], expected: []),
        Life(
            testDescription: "one clip", script: ["0-5", "open 2", "seen 4", "5-9", "close 8"],
            expected: ["open 2", "close"]),
        Life(
            testDescription: "a clip ends with the first packet past its end",
            script: ["0-5", "open 2", "seen 4", "close 6", "5-9"], expected: ["open 2", "close 6.0"]),
        Life(
            testDescription: "a new event before the end keeps it open",
            script: ["0-5", "open 2", "seen 4", "close 7", "5-6", "open 4", "seen 6", "6-9"], expected: ["open 2"]),
        Life(
            testDescription: "longer than ten seconds: split at key frames",
            script: ["0-5", "open 2", "seen 4", "5-15", "seen 14", "15-29"],
            expected: ["open 2", "split 12.0", "split 22.0"]),
        Life(
            testDescription: "the analysis falls silent: it ends by itself, and begins anew when it speaks again",
            script: ["0-5", "open 2", "seen 4", "5-11", "seen 11", "11-60", "seen 60"],
            expected: ["open 2", "split 12.0", "split 22.0", "split 32.0", "split 42.0", "close 42.25", "open 58"]),
        Life(
            testDescription: "the source ends", script: ["0-5", "open 2", "seen 4", "end", "5-9"],
            expected: ["open 2", "close"]),
        Life(
            testDescription: "a failure is tried again, from where it was safe",
            script: ["0-5", "open 2", "seen 4", "fail 4", "wait 2", "5-7"], expected: ["open 2", "open 4"]),
        Life(
            testDescription: "but not at once", script: ["0-5", "open 2", "seen 4", "fail 4", "5-7"],
            expected: ["open 2"]),
        Life(
            testDescription: "and not when it is over meanwhile",
            script: ["0-5", "open 2", "seen 4", "fail 4", "close 5", "wait 2", "5-7"], expected: ["open 2"]),
        Life(
            testDescription: "nothing to start with: at the next key frame", script: ["open 0", "seen 0", "0-2"],
            expected: ["open 0", "open 0"]),
    ]
}

@Suite struct ClipScheduleTests {
    @Test(arguments: Life.all) private func whatComesOf(_ life: Life) {
        var rules = EventRules()
        rules.preBufferSeconds = 2
        rules.postBufferSeconds = 1
        var schedule = ClipSchedule(rules: rules, maximumSeconds: 10)
        var told: [String] = []
        var (now, hasPackets) = (0.0, false)
        func note(_ step: ClipSchedule.Step, at seconds: Double?) {
            let place = seconds.map { " \($0)" } ?? ""
            switch step {
            case .skip, .write: break
            case .close: told.append("close" + place)
            case .split:
                told.append("split" + place)
                schedule.opened(atSeconds: seconds ?? 0)
            case .open(let from):
                told.append("open \(Int(from))")
                // With an empty pre-roll there is nothing to begin with.
                if hasPackets { schedule.opened(atSeconds: from) }
            }
        }
        for line in life.script {
            let words = line.split(separator: " ")
            let value = words.last.flatMap { Double($0) } ?? 0
            switch words.first {
            case "open": note(schedule.act(on: .openClip(fromSeconds: value), now: now), at: nil)
            case "seen": note(schedule.act(on: .updated(event(at: value)), now: now), at: nil)
            case "close": note(schedule.act(on: .closeClip(atSeconds: value), now: now), at: nil)
            case "end": note(schedule.sourceEnded(), at: nil)
            case "fail": schedule.failed(safeUntilSeconds: value, now: now)
            case "wait": now += value
            default:
                let ends = line.split(separator: "-").compactMap { Double($0) }
                for quarter in Int(ends[0] * 4)..<Int(ends[1] * 4) {
                    let seconds = Double(quarter) / 4
                    hasPackets = true
                    note(
                        schedule.take(isVideo: true, isKeyFrame: quarter % 4 == 0, at: seconds, now: now), at: seconds)
                }
            }
        }
        #expect(told == life.expected)
    }

    private func event(at seconds: Double) -> Event {
        Event(
            first: .init(
                sighting: Sighting(
                    trackID: 1, classIndex: 0, confidence: 0.9, box: PixelBox(x1: 0, y1: 0, x2: 10, y2: 10)),
                seconds: seconds, pictureWidth: 100, pictureHeight: 100))
    }

    @Test func theBackoffGrowsToHalfAMinuteAndForgetsWhenThingsGoWell() {
        var backoff = RetryBackoff()
        #expect(backoff.allows(now: 0))
        var waits: [Double] = []
        for _ in 0..<7 {
            backoff.failed(now: 100)
            waits.append((0...60).map(Double.init).first { backoff.allows(now: 100 + $0) } ?? -1)
        }
        #expect(waits == [1, 2, 4, 8, 16, 30, 30])
        backoff.succeeded()
        #expect(backoff.allows(now: 100))
        backoff.reset()
        backoff.failed(now: 100)
        #expect(backoff.allows(now: 101))
    }
}

@Suite struct ClipNameTests {
    @Test(arguments: [
        ("Front Door", "front-door"), ("  Küche / Süd ", "kuche-sud"), ("../../etc/passwd", "etc-passwd"),
        ("$(id)`x`", "id-x"), ("客厅", "camera"), ("", "camera"), ("a__b", "a-b"),
        (String(repeating: "x", count: 300), String(repeating: "x", count: 64)),
    ]) func namesAreHarmless(_ name: String, _ slug: String) {
        #expect(ClipName.slug(name) == slug)
    }

    @Test func timesAreUTCAndClipsOfOneSecondDiffer() {
        let clip = ClipName(cameraName: "Front Door", startMicroseconds: 1_760_295_930_999_999, number: 2)
        #expect(clip.video == "front-door_2025-10-12_19-05-30-2.mp4")
        #expect(clip.thumbnail == "front-door_2025-10-12_19-05-30-2_thumb.jpg")
        #expect(ClipName(file: clip.part, suffix: ".part") == clip)
        #expect(ClipName(file: clip.journal, suffix: ".part.json") == clip)
        #expect(ClipName(file: ".mp4.part", suffix: ".part") == nil)
        #expect(ClipName(cameraName: "a", startMicroseconds: -1).base == "a_1969-12-31_23-59-59")
    }
}
