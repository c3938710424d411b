import Frames
import Testing

struct CanvasTests {
    @Test(arguments: [(0, 10), (10, 0), (-1, 10), (16385, 1), (1, Int.max)])
    func sizesOutsideTheRangeAreRefused(width: Int, height: Int) {
        #expect(throws: CanvasError.self) { try Canvas(width: width, height: height) }
    }

    @Test(arguments: [(1, 1), (16384, 1), (1, 16384), (961, 541)])
    func rowsAndMemoryAreAligned(width: Int, height: Int) throws {
        let canvas = try Canvas(width: width, height: height)
        #expect(canvas.bytesPerRow >= width * 4)
        #expect(canvas.bytesPerRow.isMultiple(of: 64))
        canvas.withUnsafeMutableBytes { bytes in
            #expect(bytes.count == canvas.bytesPerRow * height)
            #expect(Int(bitPattern: bytes.baseAddress).isMultiple(of: 64))
            #expect(bytes.allSatisfy { $0 == 0 })
        }
    }

    @Test func memoryStaysWhereItIsFromFrameToFrame() throws {
        let canvas = try Canvas(width: 320, height: 240)
        let first = canvas.withUnsafeMutableBytes { Int(bitPattern: $0.baseAddress) }
        canvas.fill(0x102030)
        let second = canvas.withUnsafeMutableBytes { Int(bitPattern: $0.baseAddress) }
        #expect(first == second)
        #expect(canvas.pixel(x: 319, y: 239) == 0x102030)
        #expect(canvas.pixel(x: 320, y: 0) == nil)
        #expect(canvas.pixel(x: 0, y: -1) == nil)
    }
}
