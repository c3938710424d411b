import NIOCore
import Testing

@testable import Streaming

/// Segments and parts of cameras of every kind, by playlists held to the rules at each picture.
@Suite struct HLSWindowTests {
    /// What a camera sends.
    struct Scene: CustomTestStringConvertible {
        var name: String
        /// Seconds between pictures; repeated.
        var steps: [Double]
        /// Pictures from key frame to key frame.
        var gop: Int
        var seconds = 60.0
        /// Of every segment that is neither the first nor forced to end.
        var segment: ClosedRange<Double>
        var testDescription: String { name }
    }

    static let scenes = [
        Scene(name: "25/s, key frame every 2 s", steps: [0.04], gop: 50, segment: 1.999...2.001),
        Scene(name: "30/s, key frame every second", steps: [1 / 30.0], gop: 30, segment: 0.999...1.001),
        Scene(name: "15/s, key frame every 4 s", steps: [1 / 15.0], gop: 60, segment: 3.999...4.001),
        Scene(name: "12.5/s, key frame every 0.4 s", steps: [0.08], gop: 5, segment: 1.199...1.201),
        Scene(name: "10/s, only key frames", steps: [0.1], gop: 1, segment: 0.999...1.101),
        Scene(name: "1/s", steps: [1], gop: 10, segment: 1...4.4),
        Scene(name: "0.3/s", steps: [3.3], gop: 2, segment: 3.2...4.4),
        Scene(name: "20/s, key frame every 10 s", steps: [0.05], gop: 200, segment: 0.05...4.4),
        Scene(name: "times that shake", steps: [0.033, 0.047, 0.04, 0.038, 0.042], gop: 50, segment: 1.9...2.1),
        Scene(
            name: "25/s by day, 5/s at night",
            steps: Array(repeating: 0.04, count: 500) + Array(repeating: 0.2, count: 100), gop: 20, seconds: 90,
            segment: 0.79...4.4),
    ]

    private static func header(_ width: Int = 640) -> VideoPiece {
        .header(
            VideoHeader(
                codecs: "avc1.64001E", width: width, height: 360, generation: 1,
                bytes: ByteBuffer(string: "moov\(width)")))
    }

    private static func picture(_ index: Int, at seconds: Double, isKey: Bool) -> VideoPiece {
        .fragment(
            VideoFragment(
                isKeyFrame: isKey, decodeSeconds: seconds, bufferSeconds: seconds, mediaSeconds: seconds,
                wallSeconds: 1e9 + seconds, bytes: ByteBuffer(string: "\(index).")))
    }

    /// Checks the playlist if that changes it.
    private static func take(_ piece: VideoPiece, into window: inout HLSWindow, check: inout PlaylistCheck) {
        let before = window.nextPosition
        window.take(piece)
        if window.nextPosition != before, let text = window.mediaPlaylist(session: "s") { check.take(text) }
    }

    private static func play(_ scene: Scene, into window: inout HLSWindow, check: inout PlaylistCheck) -> Int {
        var (seconds, index) = (0.0, 0)
        while seconds < scene.seconds {
            take(picture(index, at: seconds, isKey: index % scene.gop == 0), into: &window, check: &check)
            seconds += scene.steps[index % scene.steps.count]
            index += 1
        }
        return index
    }

    @Test(arguments: scenes) func playlistsKeepToTheRules(_ scene: Scene) throws {
        var window = HLSWindow()
        var check = PlaylistCheck()
        window.take(Self.header())
        _ = Self.play(scene, into: &window, check: &check)
        #expect(check.faults.count == 0, "\(check.faults.prefix(5))")
        let segments = try #require(check.latest?.segments)
        #expect(segments.count >= 3)
        for segment in segments {
            let seconds = segment.seconds ?? 1
            #expect(segment.seconds == nil || scene.segment.contains(seconds), "segment \(segment.number): \(seconds)")
        }
    }

    @Test func everyPictureIsInItOnceAndInOrder() throws {
        for scene in Self.scenes {
            var window = HLSWindow()
            var check = PlaylistCheck()
            window.take(Self.header())
            var scene = scene
            scene.seconds = 25
            let count = Self.play(scene, into: &window, check: &check)
            window.take(.ended(reason: "test"))
            let text = window.segments.flatMap { window[.segment($0.number)] ?? [] }.map(String.init(buffer:)).joined()
            #expect(text.split(separator: ".").compactMap { Int($0) } == Array(0..<count), "\(scene.name)")
            for segment in window.segments {
                let parts = segment.parts.indices.flatMap { window[.part(segment: segment.number, index: $0)] ?? [] }
                #expect(window[.segment(segment.number)] == parts)
            }
        }
    }

    @Test func aCameraThatReturnsWithAnotherSizeIsADiscontinuity() throws {
        var window = HLSWindow()
        var check = PlaylistCheck()
        let scene = Scene(name: "", steps: [0.04], gop: 50, seconds: 7, segment: 2...2)
        for width in [640, 320, 640, 1280] {
            window.take(Self.header(width))
            _ = Self.play(scene, into: &window, check: &check)
            window.take(.ended(reason: "gone"))
        }
        // Dates go back in this scene: each run starts anew.
        let others = check.faults.count { !$0.contains("has a date") }
        #expect(others == 0, "\(check.faults.prefix(5))")
        let playlist = try #require(check.latest)
        #expect(playlist.discontinuitySequence + playlist.segments.count { $0.isDiscontinuous } == 3)
        #expect(Set(playlist.segments.map(\.map)).count >= 2)
        for map in Set(playlist.segments.map(\.map)) {
            #expect(window[try #require(HLSName(map, session: "s"))] != nil, "\(map)")
        }
        let master = try #require(window.multivariantPlaylist(mediaName: "media.m3u8"))
        #expect(master.contains("RESOLUTION=1280x360") && master.contains("CODECS=\"avc1.64001E\""))
        #expect(master.contains("FRAME-RATE=25.000") && master.hasSuffix("\nmedia.m3u8\n"))
    }

    @Test func aPauseIsADiscontinuityAndNoLongSegment() throws {
        var window = HLSWindow()
        window.take(Self.header())
        for (index, seconds) in [0, 0.5, 1, 1.5, 30, 30.5, 31, 31.5, 32, 33].enumerated() {
            window.take(Self.picture(index, at: seconds, isKey: seconds == 0 || seconds >= 31))
        }
        #expect(window.segments.map(\.isDiscontinuous).first == false)
        #expect(window.segments.dropFirst().first?.isDiscontinuous == true)
        #expect(window.segments.allSatisfy { $0.seconds <= 4.4 })
        // Pictures without their key frame are of no use.
        #expect(window.segments.dropFirst().first?.wallSeconds == 1e9 + 31)
    }

    /// 25 pictures/s, a key frame every 2 s; those between 9.16 and 12.92 s, or less, are lost.
    @Test(arguments: [10.2, 11.6, 12.92]) func lostPicturesAreADiscontinuityAndNoLongPart(_ end: Double) throws {
        var window = HLSWindow()
        var check = PlaylistCheck()
        window.take(Self.header())
        for index in 0..<1000 where !(9.17..<end).contains(Double(index) * 0.04) {
            Self.take(
                Self.picture(index, at: Double(index) * 0.04, isKey: index % 50 == 0), into: &window, check: &check)
        }
        #expect(check.faults.isEmpty, "\(check.faults.prefix(5))")
        #expect(window.segments.count { $0.isDiscontinuous } == 1)
        #expect(try #require(window.partTargetSeconds) < 0.6)
        #expect(window.segments.suffix(5).allSatisfy { abs($0.seconds - 2) < 0.001 || !$0.isComplete })
    }

    /// As above, but late pictures, none lost, just where a segment without a key frame has to end.
    @Test func aLatePictureMakesNoSegmentTooLong() throws {
        for late in stride(from: 3.0, through: 4.4, by: 0.04) {
            var window = HLSWindow()
            var check = PlaylistCheck()
            window.take(Self.header())
            for index in 0..<300 {
                let seconds = Double(index) * 0.04
                let picture = Self.picture(index, at: seconds < late ? seconds : seconds + 0.9, isKey: index == 0)
                Self.take(picture, into: &window, check: &check)
            }
            // That there is a longer picture than the target of the parts allows for, and that the segment ends before the
            // part that was hinted at, nobody could know.
            let others = check.faults.filter { !$0.contains("lasts only") && !$0.contains("and the hint was") }
            #expect(others.isEmpty && window.segments.allSatisfy { $0.seconds <= 4.4 }, "\(late): \(others.prefix(2))")
            let count = window.segments.reduce(0) { $0 + $1.parts.reduce(0) { $0 + $1.pictureCount } }
            #expect(count > 250 && !window.segments.contains { $0.isDiscontinuous })
        }
    }

    @Test func aPartBehindTheLastIsTheFirstOfTheNextSegment() throws {
        var window = HLSWindow()
        window.take(Self.header())
        func position(_ segment: Int, _ part: Int?) -> HLSPosition { HLSPosition(segment: segment, part: part) }
        var wasComplete = false
        for index in 0..<200 {
            window.take(Self.picture(index, at: Double(index) * 0.04, isKey: index % 50 == 0))
            guard let first = window.segments.first else { continue }
            let count = first.parts.count
            #expect(window.has(position(0, count - 1)) && window.has(position(0, nil)) == first.isComplete)
            for part in [count, count + 1, .max] {
                // The segment after it has a part.
                #expect(window.has(position(0, part)) == (window.segments.count > 1), "\(part) at \(index)")
            }
            if first.isComplete, window.segments.count == 1 { wasComplete = true }
        }
        #expect(wasComplete)
        #expect(window.has(position(1, 99)) && window.has(position(2, 99)) && !window.has(position(3, 99)))
        #expect(!window.has(position(4, 0)))
    }

    @Test func onlyWhatIsPromisedIsKept() throws {
        var window = HLSWindow()
        var check = PlaylistCheck()
        window.take(Self.header())
        _ = Self.play(Self.scenes[0], into: &window, check: &check)
        let kept = window.segments.reduce(0) { $0 + $1.seconds }
        let listed = window.listed.reduce(0) { $0 + $1.seconds }
        #expect((16...20).contains(listed) && kept >= listed + 12 && kept <= 36, "\(listed), \(kept)")

        var small = HLSWindow(byteLimit: 1000)
        small.take(Self.header())
        _ = Self.play(Self.scenes[0], into: &small, check: &check)
        #expect(small.segments.reduce(0) { $0 + $1.byteCount } <= 1000 + 50 * 6)
        #expect(!small.segments.isEmpty)
    }

    @Test func namesAreReadInOneWay() {
        for name in [HLSName.header(0), .segment(17), .part(segment: 17, index: 3)] {
            #expect(HLSName(name.text(session: "ab1"), session: "ab1") == name)
            #expect(HLSName(name.text(session: "ab1"), session: "ab2") == nil)
        }
        let wrong = [
            "", "-", "s", "s-segment", "s-segment-", "s-segment--1.m4s", "s-segment-+1.m4s", "s-segment-01.m4s",
            "s-segment-1.mp4", "s-segment-1.m4s.m4s", "s-segment-99999999999999999999.m4s", "s-part-1.m4s",
            "s-part-1-2-3.m4s", "s-part-1-2.m4s ", "s-init-1", "s-init-1.m4s", "../s-init-1.mp4", "s-x-1.m4s",
            String(repeating: "s-segment-1", count: 1000),
        ]
        for text in wrong { #expect(HLSName(text, session: "s") == nil, "\(text.prefix(40))") }
    }
}
