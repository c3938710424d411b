private import Foundation

/// What the files of one clip are called: `front-door_2026-01-31_23-59-59.mp4` and what stands beside it.
struct ClipName: Hashable, Sendable {
    /// Without extension.
    let base: String

    var video: String { base + ".mp4" }
    /// The clip while it grows.
    var part: String { video + ".part" }
    /// What is known of a clip that is not listed yet.
    var journal: String { part + ".json" }
    /// The finished clip before it gets its name.
    var temporary: String { video + ".tmp" }
    var thumbnail: String { base + "_thumb.jpg" }
    var cleanThumbnail: String { base + "_clean.jpg" }

    init(base: String) {
        self.base = base
    }

    /// - Parameters:
    ///   - startMicroseconds: since 1970 UTC; the name carries whole seconds of UTC.
    ///   - number: tells clips of one camera and second apart, from 1.
    init(cameraName: String, startMicroseconds: Int64, number: Int = 1) {
        var seconds = time_t(startMicroseconds.flooredSeconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = String(
            format: "%04d-%02d-%02d_%02d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
            parts.tm_hour, parts.tm_min, parts.tm_sec)
        base = "\(Self.slug(cameraName))_\(date)" + (number > 1 ? "-\(number)" : "")
    }

    /// The clip that a file in the folder belongs to, going by `suffix`; nil for other files.
    init?(file: String, suffix: String) {
        let ending = ".mp4" + suffix
        guard file.hasSuffix(ending), file.count > ending.count else { return nil }
        base = String(file.dropLast(ending.count))
    }

    /// Lower-case ASCII letters and digits with single dashes between, 64 at most; `camera` when nothing is left.
    static func slug(_ name: String) -> String {
        var slug = ""
        for scalar in name.lowercased().decomposedStringWithCanonicalMapping.unicodeScalars {
            switch scalar {
            case "a"..."z", "0"..."9": slug.unicodeScalars.append(scalar)
            // Accents, apart from their letters now.
            case "\u{300}"..."\u{36F}": continue
            default: if !slug.isEmpty, !slug.hasSuffix("-") { slug += "-" }
            }
        }
        slug = String(slug.prefix(64))
        while slug.hasSuffix("-") { slug.removeLast() }
        return slug.isEmpty ? "camera" : slug
    }
}

extension Int64 {
    /// Microseconds to whole seconds, towards the past.
    fileprivate var flooredSeconds: Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: 1_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The nearest microsecond; a value that is no finite number counts as 0.
    init(microsecondsOf seconds: Double) {
        self = seconds.isFinite ? Int64((Swift.min(Swift.max(seconds, -9e12), 9e12) * 1_000_000).rounded()) : 0
    }
}
