import Domain
import Plumbing
import Store
import TestSupport
import Testing

/// Whoever observes a store hears of every change, after it is done.
@Suite struct ChangeTests {
    private static let october: Int64 = 1_760_486_400_000_000

    @Test func everyChangeIsToldOnce() async throws {
        try await withTemporaryDirectory { folder in
            let store = try makeStore(folder)
            let before = try store.insertWithFiles(try store.sample(name: "before"))
            let told = Locked<[String]>([])
            store.observe { change in
                switch change {
                case .listed(let recording): told.withLock { $0.append("+\(recording.id) \(recording.fileName)") }
                case .removed(let recording):
                    // As it was, though it is gone.
                    told.withLock { $0.append("-\(recording.id) \(recording.fileName) \(recording.isRetained)") }
                }
            }
            let first = try store.insertWithFiles(try store.sample(name: "first"))
            let second = try store.insertWithFiles(try store.sample(name: "second"))
            #expect(try store.delete(first))
            #expect(try store.delete(first) == false)
            _ = try store.setProtected(second, true)
            let report = try store.applyRetention(
                RetentionLimits(maxBytes: 1), nowMicroseconds: Self.october)
            #expect(report.removals.map(\.clip.id) == [before])
            #expect(
                told.withLock { $0 } == [
                    "+\(first) first.mp4", "+\(second) second.mp4", "-\(first) first.mp4 true",
                    "-\(before) before.mp4 true",
                ])
        }
    }
}
