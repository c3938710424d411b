import Domain
import Foundation
import Testing

@Suite struct WallTimeTests {
    @Test func momentsAreShownAsTheContractAndFileNamesWriteThem() {
        let moment: Int64 = 1_760_295_930_123_456
        #expect(WallTime.isoText(moment) == "2025-10-12T19:05:30.123456")
        #expect(WallTime.fileText(moment) == "2025-10-12_19-05-30")
        #expect(WallTime.isoText(0) == "1970-01-01T00:00:00.000000")
        #expect(WallTime.isoText(-1) == "1969-12-31T23:59:59.999999")
        #expect(WallTime.isoText(.max) == "9999-12-31T23:59:59.999999")
        #expect(WallTime.isoText(.min) == "0001-01-01T00:00:00.000000")
    }

    @Test func textAndFoundationAgreeOnEveryKindOfDay() throws {
        let day = WallTime.microsecondsADay
        for number in stride(from: Int64(-25_567), to: 100_000, by: 17) {
            let moment = number * day + number &* 7_919 % day
            let text = WallTime.isoText(moment)
            #expect(WallTime.parse(text) == .init(microseconds: moment, isDateOnly: false))
            let seconds = (Double(moment) / 1e6).rounded(.down)
            let reference = Date(timeIntervalSince1970: seconds).ISO8601Format()
            #expect(text.prefix(19) + "Z" == reference)
        }
    }

    @Test(arguments: [
        ("2025-10-12T19:05:30.123456", 1_760_295_930_123_456), ("2025-10-12 19:05:30.123456", 1_760_295_930_123_456),
        ("2025-10-12T19:05:30Z", 1_760_295_930_000_000), ("2025-10-12T21:05:30+02:00", 1_760_295_930_000_000),
        ("2025-10-12T14:35:30.5-0430", 1_760_295_930_500_000), ("2025-10-12T19:05", 1_760_295_900_000_000),
        ("2025-10-12T19:05:30.1234569999Z", 1_760_295_930_123_456), ("2024-02-29T00:00:00", 1_709_164_800_000_000),
    ])
    func momentsAreReadInTheUsualForms(text: String, microseconds: Int64) {
        #expect(WallTime.parse(text) == .init(microseconds: microseconds, isDateOnly: false))
    }

    @Test func aDateIsItsMidnight() {
        #expect(WallTime.parse("2025-10-12") == .init(microseconds: 1_760_227_200_000_000, isDateOnly: true))
    }

    @Test(arguments: [
        "", "2025", "2025-13-01", "2025-00-01", "2025-02-29", "2025-01-32", "0000-01-01", "2025-10-12T",
        "2025-10-12T24:00",
        "2025-10-12T19:60", "2025-10-12T19:05:60", "2025-10-12T19:05:30.", "2025-10-12T19:05:30x",
        "2025-10-12T19:05:30+25:00", "2025-10-12T19:05:30+1", "2025-10-12Z", " 2025-10-12", "٢٠٢٥-١٠-١٢",
        "12345678901234567890-01-01",
    ])
    func whatIsNoMomentIsRefused(text: String) {
        #expect(WallTime.parse(text) == nil)
    }

    @Test func noTextOfThisAlphabetIsTooMuch() {
        var state: UInt64 = 1
        let alphabet = Array("0123456789-:.TZ+ ")
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<(state >> 60) + 8 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            if let parsed = WallTime.parse(text), !parsed.isDateOnly {
                #expect(WallTime.parse(WallTime.isoText(parsed.microseconds)) == parsed)
            }
        }
    }
}
