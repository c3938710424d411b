/// A decoded picture borrowed as three planes of 8 bits: luma at full size, chroma (Cb, Cr) at half of both sides,
/// rounded up. The buffers must outlive the value.
package struct YUV420Planes {
    package enum Range: Sendable {
        /// 0...255 (JPEG; libav's `AVCOL_RANGE_JPEG`).
        case full
        /// Luma 16...235, chroma 16...240 (most video; libav's `AVCOL_RANGE_MPEG`).
        case limited
    }

    package let width: Int
    package let height: Int
    package let y: UnsafeBufferPointer<UInt8>
    package let u: UnsafeBufferPointer<UInt8>
    package let v: UnsafeBufferPointer<UInt8>
    /// Bytes between the starts of two rows; bottom-up pictures (negative) are refused.
    package let yStride: Int
    package let uStride: Int
    package let vStride: Int
    package let range: Range

    package init(
        width: Int, height: Int, y: UnsafeBufferPointer<UInt8>, yStride: Int, u: UnsafeBufferPointer<UInt8>,
        uStride: Int, v: UnsafeBufferPointer<UInt8>, vStride: Int, range: Range
    ) {
        self.width = width
        self.height = height
        self.y = y
        self.u = u
        self.v = v
        self.yStride = yStride
        self.uStride = uStride
        self.vStride = vStride
        self.range = range
    }

    var chromaWidth: Int { width / 2 + width % 2 }
    var chromaHeight: Int { height / 2 + height % 2 }

    /// Why the planes cannot hold the picture, or nil. For sides within `Canvas.sides`.
    var objection: String? {
        Self.objection("Y", y, stride: yStride, width: width, height: height)
            ?? Self.objection("U", u, stride: uStride, width: chromaWidth, height: chromaHeight)
            ?? Self.objection("V", v, stride: vStride, width: chromaWidth, height: chromaHeight)
    }

    private static func objection(
        _ name: String, _ plane: UnsafeBufferPointer<UInt8>, stride: Int, width: Int, height: Int
    ) -> String? {
        guard stride >= width, stride <= Int(Int32.max) else {
            return "the \(name) plane's stride is \(stride) for rows of \(width) bytes"
        }
        let needed = stride * (height - 1) + width
        return plane.count >= needed ? nil : "the \(name) plane has \(plane.count) bytes and needs \(needed)"
    }

    /// The three planes in full range, one after the other without gaps. Only where `objection` is nil.
    /// Luma `(v - 16) * 255 / 219`, chroma `(v - 128) * 255 / 224 + 128` (ITU-R BT.601, ITU-T T.871).
    func widen(into result: inout [UInt8]) {
        let chromaCount = chromaWidth * chromaHeight
        let total = width * height + 2 * chromaCount
        if result.count != total { result = [UInt8](repeating: 0, count: total) }
        let widths = (luma: width, chroma: chromaWidth)
        result.withUnsafeMutableBufferPointer { target in
            Self.map(y, stride: yStride, width: widths.luma, height: height, table: Self.lumaTable, to: target, at: 0)
            Self.map(
                u, stride: uStride, width: widths.chroma, height: chromaHeight, table: Self.chromaTable, to: target,
                at: width * height)
            Self.map(
                v, stride: vStride, width: widths.chroma, height: chromaHeight, table: Self.chromaTable, to: target,
                at: width * height + chromaCount)
        }
    }

    private static func map(
        _ plane: UnsafeBufferPointer<UInt8>, stride: Int, width: Int, height: Int, table: [UInt8],
        to target: UnsafeMutableBufferPointer<UInt8>, at offset: Int
    ) {
        table.withUnsafeBufferPointer { table in
            for row in 0..<height {
                let from = row * stride
                let to = offset + row * width
                for column in 0..<width {
                    target[to + column] = table[Int(plane[from + column])]
                }
            }
        }
    }

    private static let lumaTable: [UInt8] = (0..<256).map { value in
        UInt8(clamping: Int((Double(value - 16) * 255 / 219).rounded()))
    }
    private static let chromaTable: [UInt8] = (0..<256).map { value in
        UInt8(clamping: Int((Double(value - 128) * 255 / 224).rounded()) + 128)
    }
}
