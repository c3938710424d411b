import Plumbing
import Testing

@Suite struct BackoffTests {
    @Test func waitsGrowByTheTable() {
        var backoff = Backoff()
        let waits = (1...22).map { _ in backoff.nextDelaySeconds(random: 0.5) }
        #expect(
            waits == Array(repeating: 1, count: 5) + Array(repeating: 5, count: 5) + Array(repeating: 10, count: 10) + [
                60, 60,
            ])
        backoff.reset()
        #expect(backoff.nextDelaySeconds(random: 0.5) == 1)
    }

    @Test func jitterStaysWithinAFifth() {
        var backoff = Backoff()
        #expect(backoff.nextDelaySeconds(random: 0).isApproximately(0.8))
        #expect(backoff.nextDelaySeconds(random: 1).isApproximately(1.2))
        #expect(backoff.nextDelaySeconds(random: 17).isApproximately(1.2))
    }
}

@Suite struct StopSignalTests {
    @Test func waitingEndsWhenRaised() {
        let signal = StopSignal()
        #expect(!signal.wait(seconds: 0.01))
        let thread = WorkerThread(name: "raise") { signal.raise() }
        #expect(signal.wait(seconds: 10))
        #expect(thread.join(seconds: 10))
    }
}

extension Double {
    fileprivate func isApproximately(_ other: Double) -> Bool { abs(self - other) < 1e-9 }
}
