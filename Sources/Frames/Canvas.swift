/// An owned picture to draw on: 32-bit pixels in cairo's RGB24 form, a native-endian `0x00RRGGBB` each
/// (bytes B, G, R, unused on little-endian machines: libav's `AV_PIX_FMT_BGR0`). Make one and reuse it for every
/// frame of the same size.
///
/// Not thread-safe and not `Sendable`: one thread at a time.
package final class Canvas {
    /// Widths and heights that a canvas can have, in pixels.
    package static let sides = 1...16384
    /// Bytes at whose multiples the memory and every row start.
    package static let alignment = 64

    /// In pixels.
    package let width: Int
    /// In pixels.
    package let height: Int
    /// Distance between the starts of two rows: `4 * width` rounded up to a multiple of `alignment`.
    package let bytesPerRow: Int

    private let pixels: UnsafeMutableRawBufferPointer

    /// A black picture. Throws when a side is outside `sides`.
    package init(width: Int, height: Int) throws(CanvasError) {
        guard Self.sides.contains(width), Self.sides.contains(height) else {
            throw CanvasError(
                operation: "making a canvas of \(width)x\(height)",
                reason: "both sides must be \(Self.sides.lowerBound) to \(Self.sides.upperBound) pixels")
        }
        self.width = width
        self.height = height
        bytesPerRow = (width * 4 + Self.alignment - 1) / Self.alignment * Self.alignment
        pixels = .allocate(byteCount: bytesPerRow * height, alignment: Self.alignment)
        pixels.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        pixels.deallocate()
    }

    /// All `bytesPerRow * height` bytes. The pointer is valid only inside `body`.
    package func withUnsafeMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(pixels)
    }

    /// The colour at a place as `0xRRGGBB`, or nil outside the picture.
    package func pixel(x: Int, y: Int) -> UInt32? {
        guard (0..<width).contains(x), (0..<height).contains(y) else { return nil }
        return pixels.load(fromByteOffset: y * bytesPerRow + x * 4, as: UInt32.self) & 0xFF_FFFF
    }
}

/// Why a picture could not be made or drawn on.
package struct CanvasError: Error, Equatable, CustomStringConvertible {
    /// What was attempted, with its subject.
    package let operation: String
    package let reason: String

    package var description: String { "\(operation) failed: \(reason)" }
}
