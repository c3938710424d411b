/// Moments on the wall clock as microseconds since 1970-01-01T00:00:00 UTC, and their text. Proleptic Gregorian calendar,
/// always UTC, no leap seconds.
package enum WallTime {
    package static let microsecondsADay: Int64 = 86_400_000_000

    /// The first and last microsecond of the years 0001 to 9999, which text can show; other values are moved to them.
    private static let shown: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_999_999

    /// `2025-10-12T19:05:30.123456`, without a zone: the form of the API's `timestamp`.
    package static func isoText(_ microseconds: Int64) -> String {
        text(microseconds, dateEnd: "T", timeSeparator: ":", withFraction: true)
    }

    /// `2025-10-12T19:05:30.123456Z`
    package static func zonedText(_ microseconds: Int64) -> String { isoText(microseconds) + "Z" }

    /// `2025-10-12_19-05-30`: the form in file names.
    package static func fileText(_ microseconds: Int64) -> String {
        text(microseconds, dateEnd: "_", timeSeparator: "-", withFraction: false)
    }

    private static func text(
        _ microseconds: Int64, dateEnd: Unicode.Scalar, timeSeparator: Unicode.Scalar, withFraction: Bool
    ) -> String {
        let moment = min(max(microseconds, shown.lowerBound), shown.upperBound)
        let (days, rest) = floorDivision(moment, microsecondsADay)
        let date = civil(days: days)
        return String(unsafeUninitializedCapacity: 26) { bytes in
            var end = 0
            func put(_ value: Int64, digits: Int) {
                var value = value
                for place in stride(from: end + digits - 1, through: end, by: -1) {
                    bytes.initializeElement(at: place, to: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
                    value /= 10
                }
                end += digits
            }
            func put(_ mark: Unicode.Scalar) {
                bytes.initializeElement(at: end, to: UInt8(ascii: mark))
                end += 1
            }
            put(date.year, digits: 4)
            put("-")
            put(date.month, digits: 2)
            put("-")
            put(date.day, digits: 2)
            put(dateEnd)
            put(rest / 3_600_000_000, digits: 2)
            put(timeSeparator)
            put(rest / 60_000_000 % 60, digits: 2)
            put(timeSeparator)
            put(rest / 1_000_000 % 60, digits: 2)
            if withFraction {
                put(".")
                put(rest % 1_000_000, digits: 6)
            }
            return end
        }
    }

    private static func floorDivision(_ value: Int64, _ by: Int64) -> (quotient: Int64, remainder: Int64) {
        let remainder = (value % by + by) % by
        return ((value - remainder) / by, remainder)
    }

    /// Days since 1970-01-01 to a date, after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivision(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }

    /// A date to days since 1970-01-01; the inverse of `civil`.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivision(shiftedYear, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
