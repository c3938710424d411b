import FFmpeg
import Foundation
import Streaming
import TestSupport
import Testing

@Suite struct JpegTests {
    /// Pixels of a JPEG picture, as FFmpeg decodes it.
    private static func pixels(_ picture: [UInt8], in folder: URL) throws -> Data {
        let file = folder.appending(path: "\(UUID().uuidString).jpg")
        let raw = file.appendingPathExtension("gray")
        try Data(picture).write(to: file)
        try Program.run([
            "ffmpeg", "-v", "error", "-xerror", "-i", file.path, "-pix_fmt", "yuv420p", "-f", "rawvideo", raw.path,
        ])
        return try Data(contentsOf: raw)
    }

    private static func packetizer(_ picture: [UInt8]) throws -> Packetizer {
        let stream = try StreamInfo.video(index: 0, codec: "mjpeg", keyFrame: picture, extradata: [], clockRate: 90_000)
        return try #require(Packetizer(stream, track: 0))
    }

    @Test(arguments: ["yuvj420p", "yuvj422p"]) func picturesComeBackWithTheSamePixels(_ format: String) async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let file = try Footage.make(
                "\(format).jpg", in: folder,
                [
                    "-f", "lavfi", "-i", "testsrc2=size=640x360", "-frames:v", "1", "-huffman", "default", "-pix_fmt",
                    format, "-q:v", "2",
                ])
            let picture = Array(try Data(contentsOf: file))
            var packetizer = try Self.packetizer(picture)
            var depacketizer = try Rtp.depacketizer(.mjpeg)
            let packets = packetizer.packets(of: picture, at: 1)
            // FFmpeg's 4:2:2 has a form that the payload format cannot hold; other makers' has the usual one.
            guard format == "yuvj420p" else {
                #expect(packets.isEmpty)
                return
            }
            #expect(packets.count > 5 && packets.allSatisfy { $0.count <= 1412 })
            let received = depacketizer.receive(all: packets)
            #expect(received.count == 1)
            #expect(try Self.pixels(received[0].bytes, in: folder) == Self.pixels(picture, in: folder))
        }
    }

    @Test func aSizeThatIsNoMultipleOfEightIsRoundedUp() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let file = try Footage.make(
                "odd.jpg", in: folder,
                [
                    "-f", "lavfi", "-i", "testsrc=size=322x242", "-frames:v", "1", "-huffman", "default", "-pix_fmt",
                    "yuvj420p",
                ])
            let picture = Array(try Data(contentsOf: file))
            var packetizer = try Self.packetizer(picture)
            var depacketizer = try Rtp.depacketizer(.mjpeg)
            let received = depacketizer.receive(all: packetizer.packets(of: picture, at: 1))
            let stream = try StreamInfo.video(
                index: 0, codec: "mjpeg", keyFrame: try #require(received.first).bytes, extradata: [],
                clockRate: 90_000)
            #expect(stream.width == 328 && stream.height == 248)
            #expect(try Self.pixels(received[0].bytes, in: folder).count == 328 * 248 * 3 / 2)
        }
    }

    /// A picture of 16 × 16 in one packet, with a table of its own or the quality's.
    private func payload(
        offset: UInt8 = 0, type: UInt8 = 1, quality: UInt8, tables: [UInt8]? = nil, content: [UInt8] = [1, 2, 3]
    ) -> [UInt8] {
        let header = [0, 0, 0, offset, type, quality, 2, 2]
        let restart: [UInt8] = type >= 64 ? [0, 4, 0xFF, 0xFF] : []
        let quantisers = tables.map { [0, 0, 0, UInt8($0.count)] + $0 } ?? []
        return header + restart + quantisers + content
    }

    @Test func tablesThatWereSentOnceAreKeptForTheirQuality() throws {
        var depacketizer = try Rtp.depacketizer(.mjpeg)
        let tables = [UInt8](1...128)
        let payloads = [
            payload(quality: 200, tables: tables), payload(quality: 200, tables: []), payload(quality: 201, tables: []),
            payload(quality: 255, tables: tables), payload(quality: 255, tables: []),
        ]
        let units = payloads.enumerated().map { number, payload in
            depacketizer.receive(Rtp.packet(UInt16(number), payload, at: UInt32(number), isMarked: true, type: 26))
        }
        #expect(units.map(\.count) == [1, 1, 0, 1, 0])
        #expect(units[0].map(\.bytes) == units[1].map(\.bytes))
        #expect(depacketizer.losses.units == 2)
    }

    @Test func headersHaveWhatThePayloadLeavesOut() throws {
        var depacketizer = try Rtp.depacketizer(.mjpeg)
        let unit = depacketizer.receive(
            Rtp.packet(1, payload(type: 65, quality: 50, content: [9, 9]), isMarked: true, type: 26))
        let bytes = try #require(unit.first).bytes
        #expect(bytes.starts(with: [0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0, 16, 11, 12, 14]))
        // The restart interval, and the end of the picture.
        #expect(Data(bytes).range(of: Data([0xFF, 0xDD, 0, 4, 0, 4])) != nil)
        #expect(bytes.suffix(4) == [9, 9, 0xFF, 0xD9])
    }

    @Test func whatMakesNoSenseIsLeftOutAndTheNextPictureComes() throws {
        var depacketizer = try Rtp.depacketizer(.mjpeg)
        var units: [AccessUnit] = []
        let bad: [[UInt8]] = [
            [], [0], payload(quality: 0), payload(type: 2, quality: 50), payload(offset: 9, quality: 50),
            payload(quality: 200, tables: [1, 2, 3]), [0, 0, 0, 0, 1, 200, 2, 2, 0, 0, 0, 128, 1],
            [0, 0, 0, 0, 1, 50, 0, 2, 1], [0, 0, 0, 0, 64, 50, 2, 2, 0],
        ]
        for (number, payload) in bad.enumerated() {
            units += depacketizer.receive(
                Rtp.packet(UInt16(number), payload, at: UInt32(number), isMarked: true, type: 26))
        }
        #expect(units.isEmpty)
        units += depacketizer.receive(Rtp.packet(9, payload(quality: 50), at: 99, isMarked: true, type: 26))
        #expect(units.count == 1)
    }

    @Test func aPictureThatLostAPartIsLeftOut() throws {
        var depacketizer = try Rtp.depacketizer(.mjpeg)
        let packets = [
            Rtp.packet(1, payload(quality: 50), at: 1, type: 26),
            Rtp.packet(3, payload(offset: 6, quality: 50), at: 1, isMarked: true, type: 26),
            // The end of the first was lost with its marker: the second is whole.
            Rtp.packet(4, payload(quality: 50), at: 2, type: 26),
            Rtp.packet(6, payload(quality: 50), at: 3, isMarked: true, type: 26),
        ]
        #expect(depacketizer.receive(all: packets).map(\.timestamp) == [3])
        #expect(depacketizer.losses.units == 2)
    }

    @Test func noByteOfAPictureDoesHarm() throws {
        var depacketizer = try Rtp.depacketizer(.mjpeg)
        let picture = try #require(
            depacketizer.receive(Rtp.packet(1, payload(quality: 50), isMarked: true, type: 26)).first
        ).bytes
        var packetizer = try Self.packetizer(picture)
        #expect(packetizer.packets(of: picture, at: 0).count == 1)
        // Every byte changed, every length cut: nothing traps.
        for index in picture.indices {
            var other = picture
            other[index] ^= 0xFF
            _ = packetizer.packets(of: other, at: 0)
            _ = packetizer.packets(of: Array(picture.prefix(index)), at: 0)
        }
    }
}
