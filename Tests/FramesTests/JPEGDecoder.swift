import CTurboJPEG
import Frames
import Testing

/// A picture read back from JPEG: what the encoder's readers will see.
struct DecodedPicture {
    let width: Int
    let height: Int
    /// R, G, B a pixel, no gaps.
    let bytes: [UInt8]

    init(jpeg: [UInt8]) throws {
        let handle = try #require(tjInitDecompress())
        defer { tjDestroy(handle) }
        var width: Int32 = 0
        var height: Int32 = 0
        var subsampling: Int32 = 0
        var colorspace: Int32 = 0
        try #require(
            tjDecompressHeader3(handle, jpeg, UInt(jpeg.count), &width, &height, &subsampling, &colorspace) == 0)
        #expect(subsampling == spectrax_tjsamp_420)
        var bytes = [UInt8](repeating: 0, count: Int(width) * Int(height) * 3)
        try #require(
            tjDecompress2(
                handle, jpeg, UInt(jpeg.count), &bytes, width, width * 3, height, Int32(TJPF_RGB.rawValue), 0) == 0)
        self.width = Int(width)
        self.height = Int(height)
        self.bytes = bytes
    }

    func rgb(_ x: Int, _ y: Int) -> [Int] {
        let start = (y * width + x) * 3
        return bytes[start..<start + 3].map(Int.init)
    }
}

/// Whether each component is within `tolerance`.
func isNear(_ left: [Int], _ right: [Int], tolerance: Int) -> Bool {
    zip(left, right).allSatisfy { abs($0 - $1) <= tolerance }
}

extension Canvas {
    func fill(_ rgb: UInt32) {
        withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: UInt32.self) { $0.update(repeating: rgb) }
        }
    }

    /// All visible pixels, row by row.
    var rgb: [UInt32] {
        withUnsafeMutableBytes { bytes in
            var rows: [UInt32] = []
            for y in 0..<height {
                let row = UnsafeRawBufferPointer(rebasing: bytes[y * bytesPerRow..<y * bytesPerRow + width * 4])
                rows += row.bindMemory(to: UInt32.self).map { $0 & 0xFF_FFFF }
            }
            return rows
        }
    }
}
