import CCairo
import Domain

/// Draws boxes, labels, a caption, or a full placeholder picture on a `Canvas`.
///
/// Keeps fonts from picture to picture. Not thread-safe and not `Sendable`: one thread at a time. A failed call may
/// have drawn a part of its work; the renderer and the canvas stay usable.
package final class OverlayRenderer {
    package let style: OverlayStyle

    private struct FontKey: Hashable {
        var size: Int
        var isBold: Bool
    }
    private var fonts: [FontKey: OverlayFont] = [:]

    package init(style: OverlayStyle) {
        self.style = style
    }

    /// Draws over the picture: every box with its label, and in the bottom left corner the camera's name and the clock
    /// (e.g. `2026-11-24 01:58:03 UTC`). Texts that are empty are left out. Throws when cairo reports an error.
    package func draw(
        _ boxes: [OverlayBox], cameraName: String, clock: String, on canvas: Canvas
    ) throws(CanvasError) {
        try withContext(on: canvas, operation: "drawing \(boxes.count) boxes") { context throws(CanvasError) in
            let scale = Self.scale(of: canvas)
            let font = try self.font(size: 26 * style.textScale * scale, isBold: style.textThickness > 1)
            let visible = boxes.compactMap { Self.placed($0, on: canvas) }
            for item in visible {
                stroke(item, scale: scale, context: context)
            }
            // Labels after all boxes: a neighbour's line must not cross a text.
            for item in visible {
                drawLabel(item, font: font, scale: scale, canvas: canvas, context: context)
            }
            try drawCaption(cameraName: cameraName, clock: clock, scale: scale, canvas: canvas, context: context)
        }
    }

    /// Replaces the whole picture by a dark one with the camera's name and its state in words, e.g.
    /// `no signal: connection refused; next try in 5 s`, and the clock where there is one. Throws when cairo reports an error.
    package func drawMessage(
        _ message: String, cameraName: String, clock: String, on canvas: Canvas
    ) throws(CanvasError) {
        try withContext(on: canvas, operation: "drawing a message") { context throws(CanvasError) in
            let scale = Self.scale(of: canvas)
            setColor(OverlayColor(0x15181D), context: context)
            cairo_paint(context)
            let titleFont = try font(size: 26 * scale, isBold: true)
            let bodyFont = try font(size: 16 * scale, isBold: false)
            let limit = Double(canvas.width) * 0.84
            let title = titleFont.fit(OverlayText.printable(cameraName), width: limit).text
            let lines = bodyFont.wrap(OverlayText.printable(message), width: limit, maximum: 4)
            let gap = (10 * scale).rounded()
            let height = titleFont.lineHeight + gap + bodyFont.lineHeight * Double(lines.count)
            var top = max(0, ((Double(canvas.height) - height) / 2).rounded())
            drawCentered(title, 0xF3F4F6, font: titleFont, top: top, canvas: canvas, context: context)
            top += titleFont.lineHeight + gap
            for line in lines {
                drawCentered(line, 0x9CA3AF, font: bodyFont, top: top, canvas: canvas, context: context)
                top += bodyFont.lineHeight
            }
            try drawCaption(cameraName: "", clock: clock, scale: scale, canvas: canvas, context: context)
        }
    }

    // MARK: - Boxes

    private struct Placed {
        let overlay: OverlayBox
        /// Whole pixels inside the picture.
        let x1: Double, y1: Double, x2: Double, y2: Double
    }

    private static func placed(_ overlay: OverlayBox, on canvas: Canvas) -> Placed? {
        guard overlay.box.isFinite else { return nil }
        let inside = overlay.box.clipped(toWidth: Float(canvas.width), height: Float(canvas.height))
        guard inside.width > 0, inside.height > 0 else { return nil }
        // Never thinner than a pixel, nor beyond the last one.
        let x1 = min(Double(inside.x1.rounded()), Double(canvas.width - 1))
        let y1 = min(Double(inside.y1.rounded()), Double(canvas.height - 1))
        return Placed(
            overlay: overlay, x1: x1, y1: y1, x2: max(Double(inside.x2.rounded()), x1 + 1),
            y2: max(Double(inside.y2.rounded()), y1 + 1))
    }

    private func stroke(_ item: Placed, scale: Double, context: OpaquePointer) {
        let width = max(1, (Double(style.boxThickness) * scale).rounded())
        // Half a line inwards: the line's outer edge is the box's edge, on whole pixels.
        let innerWidth = item.x2 - item.x1 - width
        let innerHeight = item.y2 - item.y1 - width
        setColor(color(of: item), context: context)
        guard innerWidth > 0, innerHeight > 0 else {
            // All line and nothing within: cairo strokes nothing around an empty rectangle.
            cairo_rectangle(context, item.x1, item.y1, item.x2 - item.x1, item.y2 - item.y1)
            cairo_fill(context)
            return
        }
        cairo_set_line_width(context, width)
        if item.overlay.isPredicted {
            let dashes = [4 * width, 3 * width]
            cairo_set_dash(context, dashes, Int32(dashes.count), 0)
        } else {
            cairo_set_dash(context, nil, 0, 0)
        }
        cairo_rectangle(context, item.x1 + width / 2, item.y1 + width / 2, innerWidth, innerHeight)
        cairo_stroke(context)
    }

    private func drawLabel(
        _ item: Placed, font: OverlayFont, scale: Double, canvas: Canvas, context: OpaquePointer
    ) {
        let label = OverlayText.printable(item.overlay.label)
        guard !label.isEmpty else { return }
        let padding = (Double(style.textPadding) * scale).rounded()
        let fitted = font.fit(label, width: Double(canvas.width) - 2 * padding)
        guard !fitted.text.isEmpty else { return }
        let width = fitted.width + 2 * padding
        // Sides and top alike look uneven: letters have air above them already.
        let height = font.lineHeight + (padding / 2).rounded(.up) * 2
        let origin = labelOrigin(item, width: width, height: height, canvas: canvas)
        let color = color(of: item)
        setColor(color, context: context)
        fillPlate(
            x: origin.x, y: origin.y, width: width, height: height, radius: Double(style.borderRadius) * scale,
            context: context)
        setColor(color.readableText, context: context)
        show(
            fitted.text, font: font, x: origin.x + padding,
            baseline: origin.y + (padding / 2).rounded(.up) + font.ascent, thickness: style.textThickness,
            context: context)
    }

    private func labelOrigin(
        _ item: Placed, width: Double, height: Double, canvas: Canvas
    ) -> (x: Double, y: Double) {
        let left =
            switch style.labelPosition {
            case .topLeft, .centerLeft, .bottomLeft: item.x1
            case .topCenter, .center, .bottomCenter: ((item.x1 + item.x2 - width) / 2).rounded()
            case .topRight, .centerRight, .bottomRight: item.x2 - width
            }
        let top =
            switch style.labelPosition {
            case .topLeft, .topCenter, .topRight: item.y1 >= height ? item.y1 - height : item.y1
            case .centerLeft, .center, .centerRight: ((item.y1 + item.y2 - height) / 2).rounded()
            case .bottomLeft, .bottomCenter, .bottomRight:
                item.y2 + height <= Double(canvas.height) ? item.y2 : item.y2 - height
            }
        return (
            max(0, min(left, Double(canvas.width) - width)), max(0, min(top, Double(canvas.height) - height))
        )
    }

    private func color(of item: Placed) -> OverlayColor {
        OverlayColor.of(style.boxColor, index: item.overlay.colorIndex)
    }

    // MARK: - Texts

    private func drawCaption(
        cameraName: String, clock: String, scale: Double, canvas: Canvas, context: OpaquePointer
    ) throws(CanvasError) {
        let text = [cameraName, clock].map(OverlayText.printable).filter { !$0.isEmpty }.joined(separator: "   ")
        guard !text.isEmpty else { return }
        let font = try font(size: 13 * scale, isBold: false)
        let margin = (8 * scale).rounded()
        let padding = (7 * scale).rounded()
        let fitted = font.fit(text, width: Double(canvas.width) - 2 * (margin + padding))
        guard !fitted.text.isEmpty else { return }
        let height = font.lineHeight + 2 * (padding / 2).rounded()
        let top = max(0, Double(canvas.height) - margin - height)
        cairo_set_source_rgba(context, 0.05, 0.06, 0.07, 0.62)
        fillPlate(
            x: margin, y: top, width: fitted.width + 2 * padding, height: height, radius: 4 * scale, context: context)
        setColor(OverlayColor(0xF9FAFB), context: context)
        show(
            fitted.text, font: font, x: margin + padding, baseline: top + (padding / 2).rounded() + font.ascent,
            thickness: 1, context: context)
    }

    private func drawCentered(
        _ text: String, _ rgb: UInt32, font: OverlayFont, top: Double, canvas: Canvas, context: OpaquePointer
    ) {
        setColor(OverlayColor(rgb), context: context)
        let left = ((Double(canvas.width) - font.width(of: text)) / 2).rounded()
        show(text, font: font, x: left, baseline: top + font.ascent, thickness: 1, context: context)
    }

    private func show(
        _ text: String, font: OverlayFont, x: Double, baseline: Double, thickness: Int, context: OpaquePointer
    ) {
        cairo_set_scaled_font(context, font.handle)
        cairo_move_to(context, x, baseline)
        cairo_show_text(context, text)
        // The toy fonts have two weights: the third is the bold one, twice.
        if thickness > 2 {
            cairo_move_to(context, x + 0.5, baseline)
            cairo_show_text(context, text)
        }
    }

    private func font(size: Double, isBold: Bool) throws(CanvasError) -> OverlayFont {
        let key = FontKey(size: Int(max(9, size.rounded())), isBold: isBold)
        if let font = fonts[key] { return font }
        // A few sizes a camera; the bound is for a renderer that many canvas sizes pass through.
        if fonts.count >= 16 { fonts.removeAll() }
        let font = try OverlayFont(size: Double(key.size), isBold: isBold)
        fonts[key] = font
        return font
    }

    // MARK: - cairo

    /// Lengths of the style are for 960 pixels; smaller pictures keep texts legible, larger ones grow.
    private static func scale(of canvas: Canvas) -> Double {
        min(max(Double(canvas.width) / 960, 0.92), 8)
    }

    private func setColor(_ color: OverlayColor, context: OpaquePointer) {
        cairo_set_source_rgb(context, color.red, color.green, color.blue)
    }

    private func fillPlate(
        x: Double, y: Double, width: Double, height: Double, radius: Double, context: OpaquePointer
    ) {
        let radius = min(radius, min(width, height) / 2)
        cairo_new_sub_path(context)
        cairo_arc(context, x + width - radius, y + radius, radius, -.pi / 2, 0)
        cairo_arc(context, x + width - radius, y + height - radius, radius, 0, .pi / 2)
        cairo_arc(context, x + radius, y + height - radius, radius, .pi / 2, .pi)
        cairo_arc(context, x + radius, y + radius, radius, .pi, 3 * .pi / 2)
        cairo_close_path(context)
        cairo_fill(context)
    }

    /// A new surface and context for each picture: cairo's errors stick to both, and making them takes microseconds.
    private func withContext(
        on canvas: Canvas, operation: String, _ body: (OpaquePointer) throws(CanvasError) -> Void
    ) throws(CanvasError) {
        try canvas.withUnsafeMutableBytes { bytes throws(CanvasError) in
            let surface = cairo_image_surface_create_for_data(
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), CAIRO_FORMAT_RGB24, Int32(canvas.width),
                Int32(canvas.height), Int32(canvas.bytesPerRow))
            defer { cairo_surface_destroy(surface) }
            guard let context = cairo_create(surface) else {
                throw CanvasError(operation: operation, reason: "cairo_create returned nothing")
            }
            defer { cairo_destroy(context) }
            try body(context)
            cairo_surface_flush(surface)
            let status = cairo_status(context)
            guard status == CAIRO_STATUS_SUCCESS else {
                throw CanvasError(
                    operation: "\(operation) on \(canvas.width)x\(canvas.height)",
                    reason: "cairo: " + String(cString: cairo_status_to_string(status)))
            }
        }
    }
}
