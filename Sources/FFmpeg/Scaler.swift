internal import CFFmpeg

/// Turns decoded pictures into the size and format that somebody needs, with the right colours.
///
/// Keeps its tables from picture to picture as long as the geometry stays. Used from one thread at a time.
package struct Scaler: ~Copyable {
    /// What comes out.
    private enum Output: Hashable, Sendable {
        /// 32 bits a pixel in the machine's byte order, `0x00RRGGBB`, as cairo has it. Area filter.
        case rgb32
        /// Three planes of float, 0...1. Area filter.
        case planarFloat
    }

    private struct Geometry: Hashable {
        var sourceWidth: Int32
        var sourceHeight: Int32
        var sourceFormat: Int32
        var colour: Colour
        var width: Int32
        var height: Int32
        var output: Output
    }

    private var context: OpaquePointer?
    private var geometry: Geometry?

    package init() {}

    deinit {
        sws_freeContext(context)
    }

    /// Writes `frame`, scaled to `width` × `height`, as packed 32-bit RGB.
    ///
    /// - Parameter bytesPerRow: distance between rows; `pixels` holds at least `height` such rows.
    package mutating func scale(
        _ frame: Frame, toRGB32 pixels: UnsafeMutableRawBufferPointer, bytesPerRow: Int, width: Int, height: Int
    ) throws(FFmpegError) {
        guard bytesPerRow >= width * 4, pixels.count >= bytesPerRow * height, let base = pixels.baseAddress else {
            throw Self.refusal("a buffer of \(pixels.count) bytes for \(width)x\(height) pixels")
        }
        try scale(
            frame, output: .rgb32, width: width, height: height,
            planes: [base.assumingMemoryBound(to: UInt8.self), nil, nil, nil],
            strides: [Int32(clamping: bytesPerRow), 0, 0, 0])
    }

    /// Writes `frame`, scaled to `width` × `height`, as three planes of float in 0...1.
    ///
    /// - Parameters:
    ///   - red, green, blue: first value of each plane, with room for `height` rows.
    ///   - rowStride: distance between rows in floats.
    package mutating func scale(
        _ frame: Frame, toRed red: UnsafeMutablePointer<Float>, green: UnsafeMutablePointer<Float>,
        blue: UnsafeMutablePointer<Float>, rowStride: Int, width: Int, height: Int
    ) throws(FFmpegError) {
        guard rowStride >= width else {
            throw Self.refusal("rows of \(rowStride) floats for \(width) pixels")
        }
        let bytesPerRow = Int32(clamping: rowStride * MemoryLayout<Float>.stride)
        // The format's planes are in the order G, B, R.
        try scale(
            frame, output: .planarFloat, width: width, height: height,
            planes: [Self.bytes(green), Self.bytes(blue), Self.bytes(red), nil],
            strides: [bytesPerRow, bytesPerRow, bytesPerRow, 0])
    }

    private mutating func scale(
        _ frame: Frame, output: Output, width: Int, height: Int, planes: [UnsafeMutablePointer<UInt8>?],
        strides: [Int32]
    ) throws(FFmpegError) {
        let context = try prepare(for: frame, output: output, width: width, height: height)
        let source = frame.pointer.pointee
        let status = withUnsafePointer(to: source.data) { data in
            withUnsafePointer(to: source.linesize) { lines in
                data.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: 8) { data in
                    lines.withMemoryRebound(to: Int32.self, capacity: 8) { lines in
                        sws_scale(context, data, lines, 0, source.height, planes, strides)
                    }
                }
            }
        }
        try check(status, "sws_scale", on: "a picture of \(frame.width)x\(frame.height) \(frame.pixelFormat)")
    }

    private mutating func prepare(for frame: Frame, output: Output, width: Int, height: Int)
        throws(FFmpegError) -> OpaquePointer
    {
        guard width > 0, height > 0, width <= 16384, height <= 16384 else {
            throw Self.refusal("a picture of \(width)x\(height) pixels")
        }
        let wanted = Geometry(
            sourceWidth: frame.pointer.pointee.width, sourceHeight: frame.pointer.pointee.height,
            sourceFormat: frame.pointer.pointee.format, colour: frame.colour, width: Int32(width),
            height: Int32(height), output: output)
        if let context, geometry == wanted { return context }
        sws_freeContext(context)
        context = nil
        geometry = nil
        let subject = "\(frame.width)x\(frame.height) \(frame.pixelFormat) to \(width)x\(height)"
        guard
            let made = sws_getContext(
                wanted.sourceWidth, wanted.sourceHeight, Self.plain(wanted.sourceFormat), wanted.width, wanted.height,
                Self.pixelFormat(of: output), spx_sws_area | spx_sws_exact, nil, nil, nil)
        else {
            throw FFmpegError(.other, call: "sws_getContext", subject: subject, reason: "no conversion between the two")
        }
        context = made
        let table = sws_getCoefficients(Self.coefficients(of: wanted.colour.matrix))
        // -1 means that the formats need no such table (RGB to RGB).
        _ = sws_setColorspaceDetails(
            made, table, wanted.colour.isFullRange ? 1 : 0, table, 1, 0, 1 << 16, 1 << 16)
        geometry = wanted
        return made
    }

    private static func pixelFormat(of output: Output) -> AVPixelFormat {
        switch output {
        case .rgb32: spx_pixel_format(spx_pixel_rgb32)
        case .planarFloat: spx_pixel_format(spx_pixel_gbrpf32)
        }
    }

    /// swscale's number of a matrix (`SWS_CS_…`).
    private static func coefficients(of matrix: Colour.Matrix) -> Int32 {
        switch matrix {
        case .bt601: 5
        case .bt709: 1
        case .bt2020: 9
        }
    }

    /// The formats named for JPEG are the plain ones with full range, which is told apart.
    private static func plain(_ format: Int32) -> AVPixelFormat {
        switch AVPixelFormat(format) {
        case AV_PIX_FMT_YUVJ420P: AV_PIX_FMT_YUV420P
        case AV_PIX_FMT_YUVJ422P: AV_PIX_FMT_YUV422P
        case AV_PIX_FMT_YUVJ444P: AV_PIX_FMT_YUV444P
        case AV_PIX_FMT_YUVJ440P: AV_PIX_FMT_YUV440P
        case AV_PIX_FMT_YUVJ411P: AV_PIX_FMT_YUV411P
        case let other: other
        }
    }

    private static func bytes(_ floats: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<UInt8> {
        UnsafeMutableRawPointer(floats).assumingMemoryBound(to: UInt8.self)
    }

    private static func refusal(_ what: String) -> FFmpegError {
        FFmpegError(.other, call: "sws_scale", subject: what, reason: "the sizes do not fit")
    }
}
