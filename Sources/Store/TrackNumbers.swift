package import Domain
private import Plumbing

/// Gives out track numbers, each once in the life of the database, without touching it for each.
package final class TrackNumbers: Sendable {
    /// How many are taken from the database at a time; a crash skips at most this many.
    private static let blockSize = 1000

    private let store: Store
    private let reserved: Locked<Range<TrackID>>

    /// Reserves the first block.
    package init(_ store: Store) throws {
        self.store = store
        reserved = Locked(try store.reserveTrackIDs(Self.blockSize))
    }

    /// The next number. Blocks on the disk once in a thousand calls.
    ///
    /// Where the database cannot be written, numbers go on above the block: unique in this process, and reserved as
    /// soon as it can be written again.
    package func next() -> TrackID {
        reserved.withLock { reserved in
            if reserved.isEmpty {
                let former = reserved.upperBound
                let block = (try? store.reserveTrackIDs(Self.blockSize)) ?? former..<(former + 1)
                reserved = max(block.lowerBound, former)..<max(block.upperBound, former + 1)
            }
            let next = reserved.lowerBound
            reserved = (next + 1)..<reserved.upperBound
            return next
        }
    }
}
