/// What the name of a file in the recordings folder tells.
enum RecordingFile {
    enum Kind: Hashable {
        case clip, thumbnail, unfinished

        /// `CAMERA_2025-10-12_19-05-30.mp4`, `…_thumb.jpg`, `…_clean.jpg`, `….mp4.part`, each with `-2`, `-3` … before
        /// the ending where the name was taken; nil for anything else.
        init?(_ name: String) {
            let endings: [(String, Kind)] = [
                (".mp4.part", .unfinished), ("_thumb.jpg", .thumbnail), ("_clean.jpg", .thumbnail), (".mp4", .clip),
            ]
            guard let (ending, kind) = endings.first(where: { name.hasSuffix($0.0) }),
                RecordingFile.hasTime(name.dropLast(ending.count))
            else { return nil }
            self = kind
        }
    }

    /// The clip that a file belongs to by its name.
    static func clipName(of name: String) -> String {
        for ending in ["_thumb.jpg", "_clean.jpg"] where name.hasSuffix(ending) {
            return name.dropLast(ending.count) + ".mp4"
        }
        return name
    }

    /// Whether a name ends in the time of a recording, and perhaps a number.
    private static func hasTime(_ base: Substring) -> Bool {
        var base = base
        let digits = base.reversed().prefix { $0.isASCII && $0.isNumber }.count
        let pattern = "_dddd-dd-dd_dd-dd-dd"
        // With a number: the time ends before its dash. Two digits without one are the seconds themselves.
        if !matches(base.suffix(pattern.count), pattern) {
            base = base.dropLast(digits)
            guard digits > 0, base.last == "-" else { return false }
            base = base.dropLast()
        }
        return base.count > pattern.count && matches(base.suffix(pattern.count), pattern)
    }

    private static func matches(_ text: Substring, _ pattern: String) -> Bool {
        text.count == pattern.count
            && zip(text, pattern).allSatisfy { $1 == "d" ? $0.isASCII && $0.isNumber : $0 == $1 }
    }
}
