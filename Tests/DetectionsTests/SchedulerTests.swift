import Detections
import Domain
import Foundation
import TestSupport
import Testing

/// A picture that is a number.
private struct Numbered: DetectionInput {
    let number: Int
    let width = 10
    let height = 10
    func fill(_ planes: TensorPlanes) throws {}
}

/// A detector that waits for the test's word, and notes what it was given.
private final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let lock = NSLock()
    nonisolated(unsafe) private var list: [Int] = []  // Guarded by `lock`.

    func open(_ count: Int = 1) { for _ in 0..<count { semaphore.signal() } }
    func pass(_ number: Int) {
        lock.withLock { list.append(number) }
        semaphore.wait()
    }
    var seen: [Int] { lock.withLock { list } }
}

private final class GatedDetector: Detector {
    let name = "gated"
    let classes = ClassList(["thing"])
    private let gate: Gate
    private let failing: Set<Int>

    init(_ gate: Gate, failing: Set<Int> = []) {
        self.gate = gate
        self.failing = failing
    }

    func detect(_ input: any DetectionInput, minimumConfidence: Float) throws -> [Detection] {
        let number = (input as? Numbered)?.number ?? -1
        gate.pass(number)
        if failing.contains(number) { throw ModelError("model.onnx", "broken picture \(number)") }
        return []
    }
}

@Suite struct SchedulerTests {
    @Test func onlyTheNewestPictureOfACameraWaitsAndCamerasTakeTurns() async {
        let gate = Gate()
        let scheduler = DetectionScheduler { GatedDetector(gate) }
        let first = scheduler.register(minimumConfidence: 0.1) { _ in }
        let second = scheduler.register(minimumConfidence: 0.1) { _ in }
        scheduler.start()
        first.offer(Numbered(number: 1), time: .zero)
        #expect(await eventually { gate.seen == [1] })
        // While 1 is in work, the first camera sends many and the second one.
        for number in 2...9 { first.offer(Numbered(number: number), time: .zero) }
        second.offer(Numbered(number: 100), time: .zero)
        first.offer(Numbered(number: 10), time: .zero)
        #expect(first.queue == (waiting: 1, lost: 8) && second.queue == (waiting: 1, lost: 0))
        gate.open(3)
        #expect(await eventually { scheduler.counters.analysed == 3 })
        #expect(gate.seen == [1, 10, 100])
        #expect(scheduler.counters.replaced == 8)
        #expect(first.queue == (waiting: 0, lost: 8))
        scheduler.shutdown()
        #expect(scheduler.join(seconds: 5))
    }

    @Test func aFailureReachesTheCameraAndTheDetectorIsMadeAnew() async {
        let gate = Gate()
        gate.open(10)
        let made = Gate()
        made.open(10)
        let failures = Gate()
        failures.open(10)
        let scheduler = DetectionScheduler {
            made.pass(0)
            return GatedDetector(gate, failing: [1])
        }
        let port = scheduler.register(minimumConfidence: 0.1) { result in
            if case .failure = result.outcome { failures.pass(1) }
        }
        scheduler.start()
        port.offer(Numbered(number: 1), time: .zero)
        #expect(await eventually { failures.seen.count == 1 })
        #expect(await eventually { made.seen.count == 2 })
        port.offer(Numbered(number: 2), time: .zero)
        #expect(await eventually { scheduler.counters.analysed == 1 })
        #expect(scheduler.state == .ready(model: "gated"))
        scheduler.shutdown()
        #expect(scheduler.join(seconds: 5))
    }

    @Test func aModelThatCannotBeLoadedIsAStateWithItsReason() async {
        let scheduler = DetectionScheduler { throw ModelError("gone.onnx", "there is no such model file") }
        scheduler.start()
        #expect(await eventually { scheduler.state == .failed(reason: "gone.onnx: there is no such model file") })
        scheduler.shutdown()
        #expect(scheduler.join(seconds: 5))
    }
}
