internal import CFFmpeg
package import Domain

/// One decoded picture.
///
/// Owns a reference to the pixels, counted by libav; never changed after it was made, so it may travel between threads.
package final class Frame: @unchecked Sendable {
    // Safe: written only in `init`, read-only afterwards; libav's reference counts are atomic.
    let pointer: UnsafeMutablePointer<AVFrame>
    /// When to show it, on the source's own timeline; nil when the source does not say.
    package let presentationTime: MediaTime?

    /// Takes over the reference that `source` holds; `source` is blank afterwards.
    init(moving source: UnsafeMutablePointer<AVFrame>, timeBase: AVRational, subject: String) throws(FFmpegError) {
        let pointer = try allocated(av_frame_alloc(), "av_frame_alloc", on: subject)
        av_frame_move_ref(pointer, source)
        self.pointer = pointer
        let best = pointer.pointee.best_effort_timestamp
        let ticks = best != spx_nopts ? best : pointer.pointee.pts
        if ticks == spx_nopts || timeBase.num <= 0 || timeBase.den <= 0 {
            presentationTime = nil
        } else if timeBase.num == 1 {
            presentationTime = MediaTime(ticks: ticks, clockRate: timeBase.den)
        } else {
            presentationTime = MediaTime(seconds: Double(ticks) * av_q2d(timeBase))
        }
    }

    deinit {
        var frame: UnsafeMutablePointer<AVFrame>? = pointer
        av_frame_free(&frame)
    }

    /// Pixels.
    package var width: Int { Int(pointer.pointee.width) }
    package var height: Int { Int(pointer.pointee.height) }
    /// e.g. `yuv420p`.
    package var pixelFormat: String {
        av_get_pix_fmt_name(AVPixelFormat(pointer.pointee.format)).map { String(cString: $0) } ?? "unknown"
    }

    /// How to turn its YUV into RGB.
    package var colour: Colour {
        let isJPEG = Self.jpegFormats.contains(pointer.pointee.format)
        return Colour(
            matrix: matrix(isJPEG: isJPEG),
            isFullRange: isJPEG || pointer.pointee.color_range == AVCOL_RANGE_JPEG)
    }

    private func matrix(isJPEG: Bool) -> Colour.Matrix {
        switch pointer.pointee.colorspace {
        case AVCOL_SPC_BT709: .bt709
        case AVCOL_SPC_BT470BG, AVCOL_SPC_SMPTE170M, AVCOL_SPC_FCC: .bt601
        case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: .bt2020
        // Said nothing: JPEG is BT.601 by its standard (JFIF); video is guessed by picture size, as players do.
        default: isJPEG || (width < 1280 && height <= 576) ? .bt601 : .bt709
        }
    }

    /// The formats whose very name says full range.
    private static let jpegFormats: Set<Int32> = [
        AV_PIX_FMT_YUVJ420P.rawValue, AV_PIX_FMT_YUVJ422P.rawValue, AV_PIX_FMT_YUVJ444P.rawValue,
        AV_PIX_FMT_YUVJ440P.rawValue, AV_PIX_FMT_YUVJ411P.rawValue,
    ]
}

/// The matrix and range of a picture's YUV values.
package struct Colour: Hashable, Sendable {
    package enum Matrix: Hashable, Sendable { case bt601, bt709, bt2020 }

    package var matrix: Matrix
    /// 0–255 instead of 16–235.
    package var isFullRange: Bool
}
