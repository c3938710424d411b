extension WallTime {
    /// A text as ISO 8601 and RFC 3339 write moments, taken apart.
    package struct Parsed: Hashable, Sendable {
        package let microseconds: Int64
        /// Only a date was given; the moment is its midnight.
        package let isDateOnly: Bool

        package init(microseconds: Int64, isDateOnly: Bool) {
            self.microseconds = microseconds
            self.isDateOnly = isDateOnly
        }
    }

    /// Reads `2025-10-12`, `2025-10-12T19:05`, `2025-10-12 19:05:30.123456`, each time with `Z`, `+02:00`, `+0200` or no
    /// zone (UTC). Digits beyond the microsecond are cut off.
    ///
    /// - Returns: nil for anything else, impossible dates and times included.
    package static func parse(_ text: String) -> Parsed? {
        var source = Scanner(text.utf8)
        guard let year = source.number(digits: 4), year > 0, source.take("-"), let month = source.number(digits: 2),
            source.take("-"), let day = source.number(digits: 2), (1...12).contains(month), day > 0
        else { return nil }
        let midnight = days(year: year, month: month, day: day)
        // A day that the month does not have comes back as one of the next month.
        guard civil(days: midnight) == (year, month, day) else { return nil }
        if source.isAtEnd { return Parsed(microseconds: midnight * microsecondsADay, isDateOnly: true) }
        guard source.take("T") || source.take("t") || source.take(" "), let hour = source.number(digits: 2),
            hour < 24, source.take(":"), let minute = source.number(digits: 2), minute < 60
        else { return nil }
        var microseconds = (hour * 60 + minute) * 60_000_000
        if source.take(":") {
            guard let second = source.number(digits: 2), second < 60 else { return nil }
            microseconds += second * 1_000_000
            if source.take(".") || source.take(",") {
                guard let fraction = source.fraction() else { return nil }
                microseconds += fraction
            }
        }
        guard let offset = source.zoneOffsetMinutes(), source.isAtEnd else { return nil }
        return Parsed(
            microseconds: midnight * microsecondsADay + microseconds - offset * 60_000_000, isDateOnly: false)
    }

    private struct Scanner {
        private var rest: Substring.UTF8View

        init(_ text: String.UTF8View) { rest = text[...] }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func take(_ mark: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: mark) else { return false }
            rest = rest.dropFirst()
            return true
        }

        private mutating func digit() -> Int64? {
            guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            rest = rest.dropFirst()
            return Int64(byte - UInt8(ascii: "0"))
        }

        mutating func number(digits: Int) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<digits {
                guard let next = digit() else { return nil }
                value = value * 10 + next
            }
            return value
        }

        /// Digits after the decimal point, as microseconds.
        mutating func fraction() -> Int64? {
            var value: Int64 = 0
            var place: Int64 = 100_000
            guard var next = digit() else { return nil }
            while true {
                value += next * place
                place /= 10
                guard let following = digit() else { return value }
                next = following
            }
        }

        /// Minutes east of UTC; 0 at the end of the text.
        mutating func zoneOffsetMinutes() -> Int64? {
            if isAtEnd || take("Z") || take("z") { return 0 }
            let sign: Int64
            if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
            guard let hours = number(digits: 2), hours < 24 else { return nil }
            _ = take(":")
            guard let minutes = isAtEnd ? 0 : number(digits: 2), minutes < 60 else { return nil }
            return sign * (hours * 60 + minutes)
        }
    }
}
