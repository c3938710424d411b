import Foundation
import FuzzTargets
import TestSupport
import Testing

/// Every file of the corpora goes through its parser: seeds, and what fuzzing has found.
@Suite struct FuzzCorpusTests {
    private static let corpora = checkout.appending(path: "Tests/Fuzz/corpus")

    @Test(arguments: FuzzTarget.allCases) func everyFileIsTaken(_ target: FuzzTarget) throws {
        let folder = Self.corpora.appending(path: target.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty, "\(target) has no corpus")
        for file in files {
            let bytes = try Data(contentsOf: file)
            bytes.withUnsafeBytes { target.run($0) }
            // Whatever it is, a part of it may come alone.
            for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 50)) {
                bytes.prefix(length).withUnsafeBytes { target.run($0) }
            }
        }
    }

    @Test func everyCorpusHasItsTarget() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.corpora.path)
        #expect(Set(names) == Set(FuzzTarget.allCases.map(\.rawValue)))
    }
}
