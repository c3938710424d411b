import Testing

@testable import Access

@Suite struct GuessLimitTests {
    @Test func afterFiveWrongPasswordsWaitsGrowAndEnd() {
        var limit = GuessLimit()
        for second in 0..<5 { limit.fail("peer", now: Double(second)) }
        #expect(limit.waitSeconds("peer", now: 4) == nil)
        limit.fail("peer", now: 5)
        #expect(limit.waitSeconds("peer", now: 5) == 1)
        limit.fail("peer", now: 6)
        #expect(limit.waitSeconds("peer", now: 6) == 2)
        #expect(limit.waitSeconds("another", now: 6) == nil)
        #expect(limit.waitSeconds("peer", now: 8) == nil)
        for _ in 0..<20 { limit.fail("peer", now: 9) }
        #expect(limit.waitSeconds("peer", now: 9) == GuessLimit.maximumWaitSeconds)
        limit.succeed("peer")
        #expect(limit.waitSeconds("peer", now: 9) == nil)
    }
}
