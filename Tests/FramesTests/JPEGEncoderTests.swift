import Frames
import Testing

struct JPEGEncoderTests {
    @Test(arguments: [0xFF0000, 0x00FF00, 0x0000FF, 0x808080] as [UInt32])
    func coloursSurviveARoundTrip(color: UInt32) throws {
        let canvas = try Canvas(width: 65, height: 33)
        canvas.fill(color)
        let picture = try DecodedPicture(jpeg: JPEGEncoder().encode(canvas, quality: 95))
        #expect(picture.width == 65 && picture.height == 33)
        let expected = [color >> 16 & 0xFF, color >> 8 & 0xFF, color & 0xFF].map(Int.init)
        for (x, y) in [(0, 0), (64, 0), (0, 32), (64, 32), (30, 15)] {
            #expect(isNear(picture.rgb(x, y), expected, tolerance: 6))
        }
    }

    @Test(arguments: [(1, 1), (16384, 1), (1, 16384), (17, 3)])
    func extremeSizesAreEncoded(width: Int, height: Int) throws {
        let picture = try DecodedPicture(jpeg: JPEGEncoder().encode(Canvas(width: width, height: height), quality: 80))
        #expect(picture.width == width && picture.height == height)
    }

    @Test func oneEncoderTakesAllSizesInTurnWithTheSameResult() throws {
        let encoder = try JPEGEncoder()
        let small = try Canvas(width: 32, height: 32)
        let large = try Canvas(width: 640, height: 360)
        small.fill(0x336699)
        // The worst case for the output's size: noise at the best quality.
        var state: UInt32 = 1
        large.withUnsafeMutableBytes { bytes in
            for index in bytes.indices {
                state = state &* 1_664_525 &+ 1_013_904_223
                bytes[index] = UInt8(truncatingIfNeeded: state >> 24)
            }
        }
        let before = try encoder.encode(small, quality: 80)
        let noise = try encoder.encode(large, quality: 100)
        #expect(try DecodedPicture(jpeg: noise).width == 640)
        #expect(try encoder.encode(small, quality: 80) == before)
        #expect(try JPEGEncoder().encode(small, quality: 80) == before)
        #expect(try encoder.encode(large, quality: 20).count < noise.count)
    }

    @Test(arguments: [0, 101, -5, Int.max])
    func qualitiesOutsideTheRangeAreNamed(quality: Int) throws {
        let canvas = try Canvas(width: 8, height: 8)
        let encoder = try JPEGEncoder()
        let error = try #require(throws: JPEGError.self) { try encoder.encode(canvas, quality: quality) }
        #expect(error.description.contains("tjCompress2 failed on 8x8 quality \(quality): the quality must be"))
    }

    /// Luma, Cb, Cr of one colour, its range, and the RGB it stands for.
    @Test(arguments: [
        ([16, 128, 128], YUV420Planes.Range.limited, [0, 0, 0]),
        ([235, 128, 128], .limited, [255, 255, 255]),
        ([81, 90, 240], .limited, [255, 0, 0]),
        ([0, 128, 128], .full, [0, 0, 0]),
        ([255, 128, 128], .full, [255, 255, 255]),
        ([76, 85, 255], .full, [255, 0, 0]),
    ])
    func planesKeepTheirColoursInBothRanges(
        samples: [UInt8], range: YUV420Planes.Range, expected: [Int]
    ) throws {
        // Padding of another colour: strides that are mistaken show.
        let (width, height, yStride, chromaStride) = (35, 21, 64, 32)
        let y = Self.plane(samples[0], width: width, height: height, stride: yStride)
        let u = Self.plane(samples[1], width: 18, height: 11, stride: chromaStride)
        let v = Self.plane(samples[2], width: 18, height: 11, stride: chromaStride)
        let encoder = try JPEGEncoder()
        let jpeg = try y.withUnsafeBufferPointer { y in
            try u.withUnsafeBufferPointer { u in
                try v.withUnsafeBufferPointer { v in
                    try encoder.encode(
                        YUV420Planes(
                            width: width, height: height, y: y, yStride: yStride, u: u, uStride: chromaStride, v: v,
                            vStride: chromaStride, range: range), quality: 95)
                }
            }
        }
        let picture = try DecodedPicture(jpeg: jpeg)
        #expect(picture.width == width && picture.height == height)
        for (x, y) in [(0, 0), (34, 0), (0, 20), (34, 20), (17, 9)] {
            #expect(isNear(picture.rgb(x, y), expected, tolerance: 8))
        }
    }

    @Test(arguments: [(63, 64, 32), (64, 63, 32), (64, 64, 31), (64, -64, 32)])
    func planesThatAreTooSmallAreRefused(width: Int, yStride: Int, chromaStride: Int) throws {
        let bytes = [UInt8](repeating: 128, count: 64 * 30 + 20)
        let encoder = try JPEGEncoder()
        bytes.withUnsafeBufferPointer { bytes in
            let picture = YUV420Planes(
                width: width == 63 ? 63 : 64, height: width == 63 ? 32 : 16, y: bytes, yStride: yStride, u: bytes,
                uStride: chromaStride, v: bytes, vStride: chromaStride, range: .limited)
            #expect(throws: JPEGError.self) { try encoder.encode(picture, quality: 80) }
        }
    }

    private static func plane(_ value: UInt8, width: Int, height: Int, stride: Int) -> [UInt8] {
        (0..<height * stride).map { $0 % stride < width ? value : 7 }
    }
}
