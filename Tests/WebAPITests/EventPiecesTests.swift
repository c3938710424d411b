import Domain
import NIOCore
import Testing

@testable import WebAPI

/// The journal, the queue of a client, and the filter.
struct EventPiecesTests {
    private func message(
        _ sequence: Int64, _ kind: LiveMessage.Kind = .event, classes: Set<String> = [], padding: Int = 0
    )
        -> LiveMessage
    {
        LiveMessage(
            sequence: sequence, kind: kind, camera: try? StreamPath("video/a"), classes: classes,
            body: ByteBuffer(string: String(repeating: " ", count: padding) + "\"x\":1}"))
    }

    @Test func theJournalTellsWhatCameAfterAMessage() {
        var journal = EventJournal(limit: .init(messages: 3, bytes: 1 << 20), firstSequence: 100)
        func after(_ sequence: Int64, latest: Int64) -> ([Int64], Bool) {
            let found = journal.after(sequence, latest: latest)
            return (found.messages.map(\.sequence), found.isComplete)
        }
        #expect(after(99, latest: 99) == ([], true), "before the first message nothing is missed")
        #expect(after(98, latest: 99) == ([], false), "a number of the run before")
        for sequence: Int64 in [100, 103, 104] { journal.append(message(sequence)) }
        #expect(after(99, latest: 105) == ([100, 103, 104], true))
        #expect(after(100, latest: 105) == ([103, 104], true))
        #expect(after(102, latest: 105) == ([103, 104], true), "the number of a frame between")
        #expect(after(105, latest: 105) == ([], true))
        #expect(after(106, latest: 105) == ([100, 103, 104], false), "a number from the future")
        journal.append(message(106))
        #expect(after(99, latest: 106) == ([103, 104, 106], false), "the first was let go")
        #expect(after(100, latest: 106) == ([103, 104, 106], true))
    }

    @Test func theJournalKeepsItsBounds() {
        let bound = 10 * message(5000, padding: 1000).size
        var journal = EventJournal(limit: .init(messages: 100_000, bytes: bound), firstSequence: 1000)
        for sequence in 1000...Int64(5000) { journal.append(message(sequence, padding: 1000)) }
        #expect(journal.count == 10)
        #expect(journal.byteCount == bound)
        #expect(journal.after(4990, latest: 5000).messages.map(\.sequence) == Array(4991...5000))
    }

    private func append(_ message: LiveMessage, to queue: inout ClientQueue) -> Bool { queue.append(message) }

    /// What is sent, as `seq` and count of a loss.
    private func drain(_ queue: inout ClientQueue, latest: Int64 = 1000) -> [String] {
        var sent: [String] = []
        while let message = queue.next(latest: latest, nowMicroseconds: 0) {
            let text = String(buffer: message.eventStreamBytes)
            let count = text.firstMatch(of: /"count":(\w+)/).map { " lost \($0.1)" } ?? ""
            #expect(text.hasPrefix("id: ") == count.isEmpty, "a loss is no message to go on from")
            sent.append("\(message.sequence)\(count)")
        }
        return sent
    }

    @Test func aSlowClientLosesTheOldestFramesAndIsTold() {
        var queue = ClientQueue(limit: .init(frames: 2, messages: 10, bytes: 1 << 20))
        #expect(queue.isEmpty)
        for (sequence, kind) in [
            (1, LiveMessage.Kind.frame), (2, .event), (3, .frame), (4, .frame), (5, .frame), (6, .event),
        ] {
            #expect(append(message(Int64(sequence), kind), to: &queue))
        }
        #expect(drain(&queue) == ["1 lost 2", "2", "4", "5", "6"])
        #expect(queue.isEmpty && queue.lostCount == 2)
        queue.missed(3)
        #expect(drain(&queue, latest: 50) == ["50 lost 3"])
    }

    @Test func whoLetsTheOthersPileUpIsGivenUp() {
        var queue = ClientQueue(limit: .init(frames: 2, messages: 3, bytes: 1 << 20))
        for sequence in 1...Int64(3) { #expect(append(message(sequence), to: &queue)) }
        #expect(append(message(4, .frame), to: &queue), "frames do not count")
        #expect(!append(message(5), to: &queue))
        var narrow = ClientQueue(limit: .init(frames: 2, messages: 3, bytes: message(1).size))
        let taken = [narrow.append(message(1)), narrow.append(message(2))]
        #expect(taken == [true, false])
    }

    @Test func whatWasMissedComesFirstAndIsNotCounted() {
        let missed = (1...Int64(20)).map { message($0) }
        var queue = ClientQueue(
            limit: .init(frames: 1, messages: 1, bytes: 1 << 20), backlog: missed[...], isComplete: false)
        #expect(!queue.isEmpty)
        #expect(append(message(21), to: &queue))
        #expect(drain(&queue) == ["0 lost null"] + (1...21).map { "\($0)" })
        var empty = ClientQueue(limit: .init(), isComplete: false)
        #expect(drain(&empty, latest: 7) == ["7 lost null"])
    }

    @Test func aFilterTakesWhatItNames() throws {
        var filter = EventFilter()
        #expect(filter.admits(message(1, .frame)))
        filter.classes = ["person"]
        #expect(!filter.admits(message(1, .frame)), "a frame without objects")
        #expect(!filter.admits(message(1, .frame, classes: ["car"])))
        #expect(filter.admits(message(1, .event, classes: ["car", "person"])))
        #expect(filter.admits(message(1, .camera)), "it is about no objects")
        filter = EventFilter(cameras: [try StreamPath("video/b")], kinds: [.camera])
        #expect(!filter.admits(message(1, .camera)))
        #expect(filter.admits(message(1, .lost)), "everybody hears of losses")
    }
}
