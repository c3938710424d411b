import Domain
import FFmpeg
import Foundation
import TestSupport
import Testing

/// Decodes the first picture of a file.
private func firstPicture(of file: URL) throws -> Frame {
    var demuxer = try Demuxer(url: file.path, subject: file.lastPathComponent, interrupt: Interrupt())
    let best = demuxer.bestVideoStream
    let video = try #require(best)
    var decoder = try Decoder(video.parameters, subject: file.lastPathComponent)
    var first: Frame?
    while first == nil, let packet = try demuxer.next() {
        first = try decoder.decode(packet).first
    }
    let rest = try decoder.finish()
    first = first ?? rest.first
    return try #require(first)
}

@Suite struct PictureTests {
    struct Case: CustomTestStringConvertible {
        let matrix: String
        let range: String
        var testDescription: String { "\(matrix) \(range)" }
    }

    @Test(arguments: [
        Case(matrix: "bt601", range: "tv"), Case(matrix: "bt601", range: "pc"), Case(matrix: "bt709", range: "tv"),
        Case(matrix: "bt709", range: "pc"),
    ])
    func coloursSurviveEveryMatrixAndRange(_ colourSpace: Case) async throws {
        try await withTemporaryDirectory { folder in
            let (red, green, blue) = (200, 60, 30)
            let frame = try firstPicture(
                of: Footage.solid(
                    red: red, green: green, blue: blue, matrix: colourSpace.matrix, range: colourSpace.range, in: folder
                ))
            #expect(frame.colour.isFullRange == (colourSpace.range == "pc"))
            var scaler = Scaler()
            let side = 32
            var packed = [UInt32](repeating: 0, count: side * side)
            try packed.withUnsafeMutableBytes { bytes in
                try scaler.scale(frame, toRGB32: bytes, bytesPerRow: side * 4, width: side, height: side)
            }
            let pixel = packed[side * side / 2 + side / 2]
            #expect(abs(Int(pixel >> 16 & 255) - red) <= 2)
            #expect(abs(Int(pixel >> 8 & 255) - green) <= 2)
            #expect(abs(Int(pixel & 255) - blue) <= 2)

            var planes = [Float](repeating: -1, count: 3 * side * side)
            try planes.withUnsafeMutableBufferPointer { buffer in
                let base = try #require(buffer.baseAddress)
                try scaler.scale(
                    frame, toRed: base, green: base + side * side, blue: base + 2 * side * side, rowStride: side,
                    width: side, height: side)
            }
            for (plane, expected) in zip(0..., [red, green, blue]) {
                let value = planes[plane * side * side + side * side / 2]
                #expect(abs(value * 255 - Float(expected)) <= 2)
            }
        }
    }

    @Test func aScalerRefusesBuffersThatAreTooSmall() async throws {
        try await withTemporaryDirectory { folder in
            let frame = try firstPicture(of: Footage.testPattern(in: folder, seconds: 1))
            var scaler = Scaler()
            var small = [UInt8](repeating: 0, count: 100)
            #expect(throws: FFmpegError.self) {
                try small.withUnsafeMutableBytes {
                    try scaler.scale(frame, toRGB32: $0, bytesPerRow: 320 * 4, width: 320, height: 240)
                }
            }
        }
    }

    @Test func everyPictureOfAFileIsDecoded() async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 2, arguments: ["-bf", "2"])
            var demuxer = try Demuxer(url: file.path, subject: "pattern", interrupt: Interrupt())
            let best = demuxer.bestVideoStream
            var decoder = try Decoder(try #require(best).parameters, subject: "pattern")
            var times: [Double] = []
            while let packet = try demuxer.next() {
                times += try decoder.decode(packet).map { $0.presentationTime?.seconds ?? -1 }
            }
            times += try decoder.finish().map { $0.presentationTime?.seconds ?? -1 }
            #expect(times.count == 50)
            #expect(times == times.sorted())
        }
    }

    @Test func damagedPacketsAreErrorsAndDecodingGoesOn() async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 2)
            var bytes = try Data(contentsOf: file)
            var random = SystemRandomNumberGenerator()
            for _ in 0..<400 { bytes[Int.random(in: 2000..<bytes.count - 3000, using: &random)] ^= 0x5a }
            let broken = folder.appending(path: "broken.mp4")
            try bytes.write(to: broken)
            var demuxer = try Demuxer(url: broken.path, subject: "broken", interrupt: Interrupt())
            guard let video = demuxer.bestVideoStream else { return }
            var decoder = try Decoder(video.parameters, subject: "broken")
            while let packet = try? demuxer.next() {
                let frames = try? decoder.decode(packet)
                #expect((frames ?? []).allSatisfy { $0.width > 0 })
            }
        }
    }
}

@Suite struct MuxerTests {
    @Test func packetsCopiedIntoAnotherFileAreTheSameBytes() async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 2)
            let copy = folder.appending(path: "copy.mp4")
            var demuxer = try Demuxer(url: file.path, subject: "pattern", interrupt: Interrupt())
            var muxer = try Muxer(path: copy.path, streams: demuxer.streams.map(\.parameters))
            var original: [[UInt8]] = []
            while let packet = try demuxer.next() {
                original.append(packet.withBytes(Array.init))
                try muxer.write(packet, stream: packet.streamIndex)
            }
            try muxer.finish()
            var reader = try Demuxer(url: copy.path, subject: "copy", interrupt: Interrupt())
            var copied: [[UInt8]] = []
            while let packet = try reader.next() { copied.append(packet.withBytes(Array.init)) }
            #expect(copied == original)
            #expect(copied.count == 50)
        }
    }

    @Test func aFolderThatIsNotThereIsAnError() async throws {
        try await withTemporaryDirectory { folder in
            let file = try Footage.testPattern(in: folder, seconds: 1)
            let demuxer = try Demuxer(url: file.path, subject: "pattern", interrupt: Interrupt())
            let path = folder.appending(path: "missing/out.mp4").path
            let error = #expect(throws: FFmpegError.self) {
                _ = try Muxer(path: path, streams: demuxer.streams.map(\.parameters))
            }
            #expect(error?.call == "avio_open")
        }
    }
}
