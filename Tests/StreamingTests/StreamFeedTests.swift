import Cameras
import Domain
import FFmpeg
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Streaming

/// Notes what it gets.
private final class NotingReader: StreamFeed.Reader, @unchecked Sendable {
    // Safe: used by one test on one thread.
    private(set) var pictures: [UInt16] = []
    var onDelivery: () -> Void = {}

    func begin(_ start: StreamStart) {
        note(start.items)
    }

    func deliver(_ items: [StreamItem]) {
        note(items)
        onDelivery()
    }

    func endOfMedia(_ reason: String) {}

    /// Sequence numbers of all packets.
    private func note(_ items: [StreamItem]) {
        for case .media(let batch) in items {
            pictures += batch.packets.compactMap { batch.framed.getInteger(at: $0.lowerBound + 2) }
        }
    }
}

struct StreamFeedTests {
    @Test("A picture that comes while a reader joins is not lost to it")
    func joining() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let recorded = try Rtp.Recorded(try Footage.testPattern(in: folder))
            let camera = Camera(path: try StreamPath("video/a"), source: nil)
            let publication = try camera.publish(from: "test")
            func publish(_ number: Int) { publication.receive(recorded.packets[number], of: recorded.stream) }
            publish(0)
            let loop = EmbeddedEventLoop()
            let feeds = StreamFeeds(on: loop)
            let first = NotingReader()
            let feed = feeds.join(first, to: camera)
            loop.run()
            publish(1)
            loop.run()
            let second = NotingReader()
            _ = feeds.join(second, to: camera)
            // Waits behind the joining, and finds the picture that comes in the middle of it.
            publish(2)
            first.onDelivery = {
                first.onDelivery = {}
                publish(3)
            }
            loop.run()
            #expect(first.pictures.count >= 4)
            #expect(second.pictures == first.pictures)
            feeds.leave(first, feed)
            feeds.leave(second, feed)
            loop.run()
        }
    }
}
