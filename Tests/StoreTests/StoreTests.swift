import Domain
import Foundation
import Store
import TestSupport
import Testing

@Suite struct StoreTests {
    @Test func aCameraKeepsItsIdentifierForLife() async throws {
        try await withTemporaryDirectory { folder in
            let file = folder.appending(path: "deep/recordings.db").path
            let door = try StreamPath("video/front-door")
            let first = try Store(path: file).cameraID(of: door)
            let store = try Store(path: file)
            #expect(try store.cameraID(of: door) == first)
            #expect(try store.cameraID(of: StreamPath("video/garage")) != first)
        }
    }

    @Test func trackNumbersAreNeverGivenOutTwice() async throws {
        try await withTemporaryDirectory { folder in
            let file = folder.appending(path: "recordings.db").path
            var seen: Set<TrackID> = []
            for _ in 0..<3 {
                let numbers = try TrackNumbers(Store(path: file))
                for _ in 0..<2500 {
                    #expect(seen.insert(numbers.next()).inserted)
                }
            }
            #expect(seen.min() == 1)
        }
    }

    @Test func aFileThatIsNoDatabaseIsAnErrorThatNamesIt() async throws {
        try await withTemporaryDirectory { folder in
            let file = folder.appending(path: "recordings.db")
            try Data(repeating: 0x41, count: 5000).write(to: file)
            let error = #expect(throws: StoreError.self) { _ = try Store(path: file.path) }
            #expect("\(try #require(error))".contains("recordings.db: could not open"))
            #expect(try Data(contentsOf: file).count == 5000)
        }
    }
}
