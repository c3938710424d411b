import Cameras
import Testing

@Suite struct CameraSessionTests {
    @Test func aCameraThatIsNotThereIsTriedEverMorePatiently() {
        var session = CameraSession()
        #expect(session.start() == .open)
        var waits: [Double] = []
        for _ in 0..<21 {
            guard case .wait(let seconds) = session.failed("refused", at: 0, random: 0.5) else { return }
            waits.append(seconds)
            #expect(session.retry() == .open)
        }
        #expect(
            waits == Array(repeating: 1, count: 5) + Array(repeating: 5, count: 5) + Array(repeating: 10, count: 10) + [
                60
            ])
    }

    @Test func flappingDoesNotStartTheBackoffAnewButAGoodRunDoes() {
        var session = CameraSession()
        _ = session.start()
        for _ in 0..<6 {
            session.opened(at: 0)
            _ = session.failed("dropped", at: 5, random: 0.5)
            _ = session.retry()
        }
        session.opened(at: 0)
        #expect(session.failed("dropped", at: 59, random: 0.5) == .wait(seconds: 5))
        _ = session.retry()
        session.opened(at: 0)
        #expect(session.failed("dropped", at: 61, random: 0.5) == .wait(seconds: 1))
    }

    @Test func theReasonIsKeptWhileWaiting() {
        var session = CameraSession()
        _ = session.start()
        _ = session.failed("401 Unauthorized", at: 10, random: 0.5)
        #expect(session.state == .waiting(until: 11, reason: "401 Unauthorized"))
    }

    @Test func aStoppedSessionStaysStopped() {
        var session = CameraSession()
        _ = session.start()
        session.stop()
        #expect(session.retry() == .end)
        #expect(session.failed("late", at: 0, random: 0) == .end)
        #expect(session.ended() == .end)
        #expect(session.state == .stopped)
    }
}
