import CTurboJPEG

/// Makes JPEG files (4:2:0) with libjpeg-turbo. Its buffers are reused from picture to picture.
///
/// Not thread-safe and not `Sendable`: one thread at a time.
package final class JPEGEncoder {
    /// Qualities that `encode` takes.
    package static let qualities = 1...100

    private let handle: tjhandle
    private var output: UnsafeMutableBufferPointer<UInt8>
    /// Planes widened to the full range: luma, then both chroma planes.
    private var widened: [UInt8] = []

    package init() throws(JPEGError) {
        guard let handle = tjInitCompress() else {
            throw JPEGError(call: "tjInitCompress", subject: "", reason: Self.reason(nil))
        }
        self.handle = handle
        output = UnsafeMutableBufferPointer(start: nil, count: 0)
    }

    deinit {
        tjDestroy(handle)
        output.deallocate()
    }

    /// A whole JPEG file of the canvas. Throws for a `quality` outside `qualities` and when the library fails.
    package func encode(_ canvas: Canvas, quality: Int) throws(JPEGError) -> [UInt8] {
        let subject = "\(canvas.width)x\(canvas.height) quality \(quality)"
        try prepare(width: canvas.width, height: canvas.height, quality: quality, call: "tjCompress2", subject: subject)
        return try canvas.withUnsafeMutableBytes { bytes throws(JPEGError) in
            try compress(call: "tjCompress2", subject: subject) { destination, size in
                tjCompress2(
                    handle, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(canvas.width),
                    Int32(canvas.bytesPerRow), Int32(canvas.height), spectrax_tjpf_cairo_rgb24, &destination, &size,
                    spectrax_tjsamp_420, Int32(quality), TJFLAG_NOREALLOC)
            }
        }
    }

    /// A whole JPEG file straight from a decoder's planes, without a conversion to RGB. A limited-range picture is
    /// widened first, because JPEG (JFIF) samples are full range. JFIF also fixes the BT.601 matrix: the colours of BT.709 video
    /// shift slightly this way; where that matters, convert to a `Canvas`.
    ///
    /// Throws for a `quality` outside `qualities`, for planes too small for the size they claim, and when the library fails.
    package func encode(_ picture: YUV420Planes, quality: Int) throws(JPEGError) -> [UInt8] {
        let call = "tjCompressFromYUVPlanes"
        let subject = "\(picture.width)x\(picture.height) quality \(quality)"
        try prepare(width: picture.width, height: picture.height, quality: quality, call: call, subject: subject)
        if let objection = picture.objection {
            throw JPEGError(call: call, subject: subject, reason: objection)
        }
        if picture.range == .limited {
            picture.widen(into: &widened)
            return try widened.withUnsafeBufferPointer { bytes throws(JPEGError) in
                let lumaCount = picture.width * picture.height
                let chromaCount = picture.chromaWidth * picture.chromaHeight
                let start = bytes.baseAddress
                return try compress(
                    planes: [start, start.map { $0 + lumaCount }, start.map { $0 + lumaCount + chromaCount }],
                    strides: [picture.width, picture.chromaWidth, picture.chromaWidth], of: picture, quality: quality,
                    call: call, subject: subject)
            }
        }
        return try compress(
            planes: [picture.y.baseAddress, picture.u.baseAddress, picture.v.baseAddress],
            strides: [picture.yStride, picture.uStride, picture.vStride], of: picture, quality: quality, call: call,
            subject: subject)
    }

    private func compress(
        planes: [UnsafePointer<UInt8>?], strides: [Int], of picture: YUV420Planes, quality: Int, call: String,
        subject: String
    ) throws(JPEGError) -> [UInt8] {
        var planes = planes
        let strides = strides.map { Int32(clamping: $0) }
        return try compress(call: call, subject: subject) { destination, size in
            tjCompressFromYUVPlanes(
                handle, &planes, Int32(picture.width), strides, Int32(picture.height), spectrax_tjsamp_420,
                &destination, &size, Int32(quality), TJFLAG_NOREALLOC)
        }
    }

    /// Checks the arguments and grows the output buffer to the size that no picture of these sides exceeds.
    private func prepare(width: Int, height: Int, quality: Int, call: String, subject: String) throws(JPEGError) {
        guard Self.qualities.contains(quality) else {
            throw JPEGError(call: call, subject: subject, reason: "the quality must be 1 to 100")
        }
        guard Canvas.sides.contains(width), Canvas.sides.contains(height) else {
            throw JPEGError(
                call: call, subject: subject, reason: "both sides must be 1 to \(Canvas.sides.upperBound) pixels")
        }
        let needed = tjBufSize(Int32(width), Int32(height), spectrax_tjsamp_420)
        guard let capacity = Int(exactly: needed), capacity > 0 else {
            throw JPEGError(call: "tjBufSize", subject: subject, reason: Self.reason(handle))
        }
        if output.count < capacity {
            output.deallocate()
            output = .allocate(capacity: capacity)
        }
    }

    private func compress(
        call: String, subject: String,
        _ body: (inout UnsafeMutablePointer<UInt8>?, inout UInt) -> Int32
    ) throws(JPEGError) -> [UInt8] {
        var destination = output.baseAddress
        var size = UInt(output.count)
        guard body(&destination, &size) == 0 else {
            throw JPEGError(call: call, subject: subject, reason: Self.reason(handle))
        }
        return Array(UnsafeBufferPointer(start: destination, count: min(Int(clamping: size), output.count)))
    }

    private static func reason(_ handle: tjhandle?) -> String {
        tjGetErrorStr2(handle).map { String(cString: $0) } ?? "no reason given"
    }
}

/// Why a picture could not be made into a JPEG.
package struct JPEGError: Error, Equatable, CustomStringConvertible {
    /// The TurboJPEG function.
    package let call: String
    /// Size and quality of the picture.
    package let subject: String
    package let reason: String

    package var description: String { "\(call) failed\(subject.isEmpty ? "" : " on \(subject)"): \(reason)" }
}
