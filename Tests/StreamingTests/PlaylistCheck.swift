import Foundation

/// Holds media playlists of low-latency HLS to what RFC 8216bis asks of servers, and successive ones to each other.
struct PlaylistCheck {
    struct Part: Equatable {
        var uri: String
        var seconds: Double
        var isIndependent: Bool
    }

    struct Segment: Equatable {
        var number: Int
        /// nil while it grows.
        var uri: String?
        var seconds: Double?
        var map: String
        var isDiscontinuous = false
        var date: Date?
        var parts: [Part] = []
    }

    struct Playlist {
        var target = 0
        var partTarget = 0.0
        var sequence = 0
        var discontinuitySequence = 0
        var segments: [Segment] = []
        var hint: String?
    }

    private(set) var faults: [String] = []
    private(set) var latest: Playlist?
    private var count = 0
    /// The part target under which each part was first listed: it may grow for a camera that slows down.
    private var targets: [String: Double] = [:]

    /// Looks at the next playlist of the same stream.
    mutating func take(_ text: String) {
        count += 1
        guard let playlist = read(text) else { return }
        checkAlone(playlist)
        if let latest { check(playlist, after: latest) }
        latest = playlist
    }

    private mutating func expect(_ isTrue: Bool, _ what: String) {
        if !isTrue { faults.append("playlist \(count): \(what)") }
    }

    private mutating func read(_ text: String) -> Playlist? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        expect(lines.last == "", "it ends with a line's end")
        lines.removeLast()
        expect(lines.first == "#EXTM3U", "it begins with EXTM3U")
        expect(!lines.contains(""), "no line is empty")
        var playlist = Playlist()
        var seen: Set<String> = []
        var next = Segment(number: 0, map: "")
        var hasParts = false
        for line in lines.dropFirst() {
            let (tag, value) = Self.split(line)
            let once = [
                "#EXT-X-VERSION", "#EXT-X-TARGETDURATION", "#EXT-X-SERVER-CONTROL", "#EXT-X-PART-INF",
                "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE",
            ]
            if once.contains(tag) {
                expect(seen.insert(tag).inserted, "\(tag) comes once")
                expect(playlist.segments.isEmpty && next.parts.isEmpty, "\(tag) comes before the segments")
            }
            expect(playlist.hint == nil, "nothing comes after the hint")
            switch tag {
            case "#EXT-X-VERSION": expect(Int(value).map { $0 >= 6 } ?? false, "the version has EXT-X-MAP")
            case "#EXT-X-TARGETDURATION": playlist.target = Int(value) ?? 0
            case "#EXT-X-PART-INF": playlist.partTarget = Self.number(value, "PART-TARGET")
            case "#EXT-X-MEDIA-SEQUENCE":
                playlist.sequence = Int(value) ?? -1
                next.number = playlist.sequence
            case "#EXT-X-DISCONTINUITY-SEQUENCE": playlist.discontinuitySequence = Int(value) ?? -1
            case "#EXT-X-SERVER-CONTROL":
                expect(Self.attributes(value)["CAN-BLOCK-RELOAD"] == "YES", "it can be waited for")
                expect(Self.number(value, "HOLD-BACK") >= 3 * Double(playlist.target), "HOLD-BACK is three targets")
            case "#EXT-X-DISCONTINUITY":
                expect(next.parts.isEmpty, "a discontinuity comes before the segment's parts")
                next.isDiscontinuous = true
            case "#EXT-X-MAP":
                let uri = Self.attributes(value)["URI"] ?? ""
                expect(next.map.isEmpty || next.isDiscontinuous, "another header comes with a discontinuity")
                next.map = uri
            case "#EXT-X-PROGRAM-DATE-TIME":
                let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
                next.date = try? style.parse(value)
                expect(next.date != nil, "\(value) is a date")
            case "#EXT-X-PART":
                hasParts = true
                let found = Self.attributes(value)
                next.parts.append(
                    Part(
                        uri: found["URI"] ?? "", seconds: Self.number(value, "DURATION"),
                        isIndependent: found["INDEPENDENT"] == "YES"))
            case "#EXTINF": next.seconds = Double(value.dropLast())
            case "#EXT-X-PRELOAD-HINT":
                expect(Self.attributes(value)["TYPE"] == "PART", "the hint is for a part")
                playlist.hint = Self.attributes(value)["URI"]
            default:
                expect(!line.hasPrefix("#"), "\(tag) is known")
                next.uri = line
                expect(next.seconds != nil && !next.map.isEmpty, "\(line) has a duration and a header")
                expect(!hasParts || !next.parts.isEmpty, "\(line) has parts, as those before it")
                playlist.segments.append(next)
                next = Segment(number: next.number + 1, map: next.map)
            }
        }
        if !next.parts.isEmpty { playlist.segments.append(next) }
        expect(seen.count == 6, "all of the head is there: \(seen)")
        if let control = lines.first(where: { $0.hasPrefix("#EXT-X-SERVER-CONTROL") }) {
            let holdBack = Self.number(Self.split(control).1, "PART-HOLD-BACK")
            expect(holdBack >= 3 * playlist.partTarget - 1e-9, "PART-HOLD-BACK \(holdBack) is three part targets")
        }
        return playlist
    }

    private mutating func checkAlone(_ playlist: Playlist) {
        expect(playlist.hint != nil, "there is a hint")
        for segment in playlist.segments {
            if let seconds = segment.seconds {
                expect(Int(seconds.rounded()) <= playlist.target, "segment \(segment.number) lasts \(seconds) s")
                let sum = segment.parts.reduce(0) { $0 + $1.seconds }
                expect(segment.parts.isEmpty || abs(sum - seconds) < 1e-3, "its parts last \(sum) s, it \(seconds) s")
            }
            for (index, part) in segment.parts.enumerated() {
                expect(part.seconds <= playlist.partTarget + 1e-6, "\(part.uri) lasts \(part.seconds) s")
                let target = targets[part.uri] ?? playlist.partTarget
                targets[part.uri] = target
                let isLast = index == segment.parts.count - 1 && segment.uri != nil
                expect(
                    isLast || part.seconds >= 0.85 * target - 1e-6,
                    "\(part.uri) lasts only \(part.seconds) of \(target) s")
            }
        }
        let listed = playlist.segments.reduce(0) { $0 + ($1.seconds ?? 0) }
        expect(
            playlist.sequence == 0 || listed >= 3 * Double(playlist.target),
            "it lists \(listed) s although more was there")
        let dates = playlist.segments.compactMap(\.date)
        expect(dates == dates.sorted() && dates.count == playlist.segments.count, "every segment has a date, in order")
    }

    private mutating func check(_ playlist: Playlist, after former: Playlist) {
        expect(playlist.target == former.target, "the target duration stays")
        expect(playlist.sequence >= former.sequence, "the sequence goes on")
        let gone = former.segments.filter { $0.number < playlist.sequence }
        let first = playlist.segments.first
        // The tag before the first segment goes only with it.
        let tags = gone.count { $0.isDiscontinuous }
        expect(
            playlist.discontinuitySequence == former.discontinuitySequence + tags,
            "\(tags) discontinuities went, and the sequence is \(playlist.discontinuitySequence)")
        for old in former.segments where old.number >= playlist.sequence {
            guard let new = playlist.segments.first(where: { $0.number == old.number }) else {
                expect(false, "segment \(old.number) is still there")
                continue
            }
            expect(new.map == old.map && new.isDiscontinuous == old.isDiscontinuous, "segment \(old.number) stays")
            expect(old.uri == nil || (new.uri == old.uri && new.seconds == old.seconds), "\(old.number) stays")
            expect(new.parts.isEmpty || Array(new.parts.prefix(old.parts.count)) == old.parts, "its parts stay")
        }
        let known = Set(former.segments.flatMap { $0.parts.map(\.uri) })
        let added = playlist.segments.flatMap { $0.parts.map(\.uri) }.filter { !known.contains($0) }
        if let hint = former.hint, let next = added.first, first != nil {
            expect(next == hint, "\(next) comes, and the hint was \(hint)")
        }
    }

    static func split(_ line: String) -> (String, String) {
        guard line.hasPrefix("#"), let colon = line.firstIndex(of: ":") else { return (line, "") }
        return (String(line[..<colon]), String(line[line.index(after: colon)...]))
    }

    static func attributes(_ text: String) -> [String: String] {
        let matches = text.matches(of: /([A-Z0-9-]+)=(?:"([^"]*)"|([^,\n]*))/)
        return Dictionary(matches.map { (String($0.1), String($0.2 ?? $0.3 ?? "")) }, uniquingKeysWith: { $1 })
    }

    private static func number(_ text: String, _ name: String) -> Double {
        attributes(text)[name].flatMap(Double.init) ?? -1
    }
}
