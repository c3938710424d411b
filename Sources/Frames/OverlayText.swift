import CCairo

/// A cairo font at one size and weight. Not thread-safe.
final class OverlayFont {
    let ascent: Double
    let lineHeight: Double
    let handle: OpaquePointer

    /// `size` in pixels. fontconfig takes the nearest sans-serif where DejaVu Sans is not installed.
    init(size: Double, isBold: Bool) throws(CanvasError) {
        let face = cairo_toy_font_face_create(
            "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
        defer { cairo_font_face_destroy(face) }
        let options = cairo_font_options_create()
        defer { cairo_font_options_destroy(options) }
        cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT)
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_ON)
        var matrix = cairo_matrix_t()
        cairo_matrix_init_scale(&matrix, size, size)
        var identity = cairo_matrix_t()
        cairo_matrix_init_identity(&identity)
        guard let font = cairo_scaled_font_create(face, &matrix, &identity, options) else {
            throw CanvasError(operation: "cairo_scaled_font_create at \(size) px", reason: "it returned nothing")
        }
        let status = cairo_scaled_font_status(font)
        guard status == CAIRO_STATUS_SUCCESS else {
            cairo_scaled_font_destroy(font)
            throw CanvasError(
                operation: "cairo_scaled_font_create at \(size) px",
                reason: String(cString: cairo_status_to_string(status)))
        }
        var extents = cairo_font_extents_t()
        cairo_scaled_font_extents(font, &extents)
        ascent = extents.ascent.rounded(.up)
        lineHeight = (extents.ascent + extents.descent).rounded(.up)
        handle = font
    }

    deinit {
        cairo_scaled_font_destroy(handle)
    }

    /// Advance width in pixels of a text that `OverlayText.printable` returned.
    func width(of text: String) -> Double {
        var extents = cairo_text_extents_t()
        cairo_scaled_font_text_extents(handle, text, &extents)
        return max(extents.x_advance, extents.x_bearing + extents.width).rounded(.up)
    }

    /// The text, or as much of its start as fits beside an ellipsis; empty when not even that fits.
    func fit(_ text: String, width limit: Double) -> (text: String, width: Double) {
        let whole = width(of: text)
        if whole <= limit { return (text, whole) }
        let characters = Array(text)
        var low = 0
        var high = characters.count
        var best = (text: "", width: 0.0)
        while low < high {
            let middle = (low + high) / 2
            let candidate = String(characters[..<middle]) + "\u{2026}"
            let candidateWidth = width(of: candidate)
            if candidateWidth <= limit {
                best = (candidate, candidateWidth)
                low = middle + 1
            } else {
                high = middle
            }
        }
        return best
    }

    /// Lines of at most `width` pixels, broken at spaces, at most `maximum` of them: the last is shortened to fit.
    func wrap(_ text: String, width limit: Double, maximum: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            let longer = line.isEmpty ? String(word) : line + " " + word
            if line.isEmpty || lines.count + 1 >= maximum || width(of: longer) <= limit {
                line = longer
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines.map { fit($0, width: limit).text }.filter { !$0.isEmpty }
    }
}

enum OverlayText {
    /// More than fits any picture; bounds the work on hostile input.
    static let maximumScalars = 240

    /// A text that cairo takes and that shows as one line: control characters become spaces; what reorders
    /// text invisibly and Unicode's non-characters (which cairo refuses as invalid) become U+FFFD; cut at `maximumScalars`.
    static func printable(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(maximumScalars) {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: result.append(" ")
            case .format where scalar != "\u{200D}": result.append("\u{FFFD}")
            default:
                result.append(scalar.properties.isNoncharacterCodePoint ? "\u{FFFD}" : scalar)
            }
        }
        return String(result)
    }
}
