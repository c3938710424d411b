import Domain
import Frames
import Testing

struct OverlayRendererTests {
    private static let background: UInt32 = 0x777777
    private static let red: UInt32 = 0xEF4444
    /// Valid UTF-8 that cairo refuses: U+FDD0, U+FFFE, U+FFFF, U+10FFFF.
    private static let noncharacters = String(
        decoding: [0xEF, 0xB7, 0x90, 0xEF, 0xBF, 0xBE, 0xEF, 0xBF, 0xBF, 0xF4, 0x8F, 0xBF, 0xBF], as: UTF8.self)

    private func style(
        color: OverlayStyle.BoxColor = .red, position: OverlayStyle.LabelPosition = .topLeft, thickness: Int = 2
    ) -> OverlayStyle {
        OverlayStyle(
            boxThickness: thickness, boxColor: color, textScale: 0.5, textThickness: 1, textPadding: 5,
            labelPosition: position, borderRadius: 3)
    }

    private func picture(_ width: Int = 960, _ height: Int = 540) throws -> Canvas {
        let canvas = try Canvas(width: width, height: height)
        canvas.fill(Self.background)
        return canvas
    }

    private func box(_ x1: Float, _ y1: Float, _ x2: Float, _ y2: Float, _ label: String = "") -> OverlayBox {
        OverlayBox(box: PixelBox(x1: x1, y1: y1, x2: x2, y2: y2), label: label, colorIndex: 0)
    }

    @Test func theLineLiesJustInsideTheBox() throws {
        let canvas = try picture()
        try OverlayRenderer(style: style()).draw([box(100, 80, 300, 400)], cameraName: "", clock: "", on: canvas)
        for (x, y) in [(100, 200), (101, 200), (298, 200), (299, 200), (200, 80), (200, 399)] {
            #expect(canvas.pixel(x: x, y: y) == Self.red)
        }
        for (x, y) in [(99, 200), (102, 200), (297, 200), (300, 200), (200, 79), (200, 400), (200, 240)] {
            #expect(canvas.pixel(x: x, y: y) == Self.background)
        }
    }

    @Test func theLineIsStillThereInTheJPEG() throws {
        let canvas = try picture()
        try OverlayRenderer(style: style(thickness: 4))
            .draw([box(100, 80, 300, 400)], cameraName: "", clock: "", on: canvas)
        let decoded = try DecodedPicture(jpeg: JPEGEncoder().encode(canvas, quality: 90))
        #expect(isNear(decoded.rgb(102, 200), [0xEF, 0x44, 0x44], tolerance: 45))
        #expect(isNear(decoded.rgb(200, 240), [0x77, 0x77, 0x77], tolerance: 4))
    }

    @Test func aPredictedBoxIsDashed() throws {
        let canvas = try picture()
        var predicted = box(100, 80, 300, 400)
        predicted.isPredicted = true
        try OverlayRenderer(style: style()).draw([predicted], cameraName: "", clock: "", on: canvas)
        let edge = (100..<380).map { canvas.pixel(x: 100, y: $0) }
        #expect(edge.contains(Self.red))
        #expect(edge.contains(Self.background))
    }

    /// A label's background has the box's colour: in every place of the box, and in every position, as many
    /// pixels of it are in the picture as for a box in the middle.
    @Test(arguments: OverlayStyle.LabelPosition.allCases)
    func aLabelStaysInsideThePicture(position: OverlayStyle.LabelPosition) throws {
        let renderer = OverlayRenderer(style: style(position: position))
        func plate(_ x: Float, _ y: Float) throws -> Int {
            let bare = try picture(320, 180)
            try renderer.draw([box(x, y, x + 40, y + 60)], cameraName: "", clock: "", on: bare)
            let labelled = try picture(320, 180)
            try renderer.draw([box(x, y, x + 40, y + 60, "person 0.87 #42")], cameraName: "", clock: "", on: labelled)
            return zip(bare.rgb, labelled.rgb).count { $0 != $1 }
        }
        let middle = try plate(140, 60)
        #expect(middle > 1000)
        for (x, y) in [(0, 0), (280, 0), (0, 120), (280, 120), (140, 2), (140, 115)] as [(Float, Float)] {
            #expect(try Double(plate(x, y)) > Double(middle) * 0.85)
        }
    }

    @Test func theTextIsReadableOnEveryColour() throws {
        for (color, isTextDark) in [
            (OverlayStyle.BoxColor.white, true), (.yellow, true), (.black, false), (.blue, false),
        ] {
            let canvas = try picture()
            try OverlayRenderer(style: style(color: color))
                .draw([box(100, 80, 300, 400, "MMMM")], cameraName: "", clock: "", on: canvas)
            let label = (60..<79).flatMap { y in (102..<150).compactMap { canvas.pixel(x: $0, y: y) } }
            #expect(label.contains(isTextDark ? 0x101214 : 0xFFFFFF))
        }
    }

    @Test func thePaletteTakesAnyIndex() throws {
        let canvas = try picture()
        let renderer = OverlayRenderer(style: style(color: .roboflow))
        var boxes = [box(10, 10, 50, 50), box(110, 10, 150, 50), box(210, 10, 250, 50), box(310, 10, 350, 50)]
        for (index, color) in [0, 1, Int.min, Int.max].enumerated() { boxes[index].colorIndex = color }
        try renderer.draw(boxes, cameraName: "", clock: "", on: canvas)
        #expect(canvas.pixel(x: 10, y: 30) == 0xA351FB)
        #expect(canvas.pixel(x: 110, y: 30) == 0xFF4040)
        #expect(canvas.pixel(x: 210, y: 30) != Self.background)
    }

    @Test func boxesThatCannotBeDrawnAreLeftOut() throws {
        let canvas = try picture()
        try OverlayRenderer(style: style()).draw(
            [
                box(.nan, 0, 10, 10, "a"), box(0, 0, .infinity, 10, "b"), box(50, 50, 50, 50, "c"),
                box(300, 300, 100, 100, "d"), box(-500, -500, -100, -100, "e"), box(2000, 10, 3000, 100, "f"),
            ], cameraName: "", clock: "", on: canvas)
        #expect(canvas.rgb.allSatisfy { $0 == Self.background })
    }

    @Test func aBoxLargerThanThePictureIsDrawnAtItsEdges() throws {
        let canvas = try picture(64, 48)
        let huge = Float.greatestFiniteMagnitude
        try OverlayRenderer(style: style()).draw([box(-huge, -huge, huge, huge)], cameraName: "", clock: "", on: canvas)
        #expect(canvas.pixel(x: 0, y: 20) == Self.red && canvas.pixel(x: 63, y: 20) == Self.red)
        #expect(canvas.pixel(x: 32, y: 24) == Self.background)
    }

    @Test(arguments: [(0.2, 0.2), (1, 30), (3, 3), (30, 0.1)] as [(Float, Float)])
    func aBoxSmallerThanItsLineIsStillSeen(width: Float, height: Float) throws {
        let canvas = try picture(64, 48)
        try OverlayRenderer(style: style(thickness: 4)).draw(
            [box(10, 10, 10 + width, 10 + height), box(64 - width, 48 - height, 64, 48)], cameraName: "", clock: "",
            on: canvas)
        #expect(canvas.pixel(x: 10, y: 10) == Self.red)
        #expect(canvas.pixel(x: 63, y: 47) == Self.red)
        #expect(canvas.pixel(x: 9, y: 9) == Self.background)
    }

    @Test func hundredsOfBoxesAreDrawn() throws {
        let canvas = try picture()
        let boxes = (0..<800).map { (index: Int) -> OverlayBox in
            let x = Float(index % 40 * 24)
            let y = Float(index / 40 * 27)
            return box(x, y, x + 20, y + 20)
        }
        try OverlayRenderer(style: style()).draw(boxes, cameraName: "", clock: "", on: canvas)
        for item in boxes { #expect(canvas.pixel(x: Int(item.box.x1), y: Int(item.box.y1) + 10) == Self.red) }
    }

    @Test(arguments: [
        "<script>alert(1)</script>", "\u{1F469}\u{200D}\u{1F52C}\u{1F6B2} emoji", "\u{0}", "before\u{0}after",
        "line\nbreak\r\t\u{7F}",
        Self.noncharacters, "\u{202E}reversed", "e" + String(repeating: "\u{301}", count: 5000),
        String(repeating: "10 kB of text ", count: 750),
        String(decoding: [0xC3, 0x28, 0xFF, 0xED, 0xA0, 0x80], as: UTF8.self),
    ])
    func noTextBreaksTheDrawing(text: String) throws {
        let renderer = OverlayRenderer(style: style())
        let canvas = try picture()
        try renderer.draw([box(100, 80, 300, 400, text)], cameraName: text, clock: text, on: canvas)
        #expect(canvas.pixel(x: 100, y: 200) == Self.red)
        try renderer.drawMessage(text, cameraName: text, clock: text, on: canvas)
        // The same renderer then draws as a new one does.
        let after = try picture(320, 420)
        let fresh = try picture(320, 420)
        try renderer.draw([box(100, 80, 300, 400, "car 0.5")], cameraName: "gate", clock: "", on: after)
        try OverlayRenderer(style: style())
            .draw([box(100, 80, 300, 400, "car 0.5")], cameraName: "gate", clock: "", on: fresh)
        #expect(after.rgb == fresh.rgb)
    }

    @Test func whatFollowsANULIsDrawnToo() throws {
        let renderer = OverlayRenderer(style: style())
        let cut = try picture()
        let whole = try picture()
        try renderer.draw([box(100, 80, 300, 400, "before")], cameraName: "", clock: "", on: cut)
        try renderer.draw([box(100, 80, 300, 400, "before\u{0}after")], cameraName: "", clock: "", on: whole)
        #expect(whole.rgb != cut.rgb)
    }

    @Test func theCaptionIsInTheBottomLeftCornerAndNowhereElse() throws {
        let canvas = try picture()
        try OverlayRenderer(style: style())
            .draw([], cameraName: "Front door", clock: "2026-11-24 01:58:03 UTC", on: canvas)
        let changed = canvas.rgb.enumerated().filter { $0.element != Self.background }.map(\.offset)
        #expect(changed.count > 2000)
        #expect(changed.allSatisfy { $0 / 960 > 500 && $0 % 960 < 400 })
    }

    @Test(arguments: [(1, 1), (16, 9), (768, 576), (960, 540), (16384, 2), (2, 16384)])
    func everySizeTakesBoxesAndMessages(width: Int, height: Int) throws {
        let renderer = OverlayRenderer(style: style())
        let canvas = try picture(width, height)
        try renderer.draw(
            [box(0, 0, Float(width), Float(height), "person 0.87 #42")], cameraName: "Front door",
            clock: "2026-11-24 01:58:03 UTC", on: canvas)
        #expect(canvas.pixel(x: 0, y: height - 1) != Self.background)
        try renderer.drawMessage("no signal", cameraName: "Front door", clock: "", on: canvas)
        #expect(!canvas.rgb.contains(Self.background))
    }

    @Test func aMessageReplacesThePictureAndShowsBothTexts() throws {
        let renderer = OverlayRenderer(style: style())
        func message(_ text: String, _ name: String) throws -> [UInt32] {
            let canvas = try picture()
            try renderer.drawMessage(text, cameraName: name, clock: "2026-11-24 01:58:03 UTC", on: canvas)
            return canvas.rgb
        }
        let first = try message("no signal: connection refused; next try in 5 s", "Front door")
        #expect(!first.contains(Self.background))
        #expect(Set(first).count > 20)
        #expect(try message("no signal: connection refused; next try in 6 s", "Front door") != first)
        #expect(try message("no signal: connection refused; next try in 5 s", "Back door") != first)
    }

    @Test func styleValuesOutsideTheirRangesAreBounded() {
        let style = OverlayStyle(
            boxThickness: -1, boxColor: .green, textScale: .nan, textThickness: 99, textPadding: .max,
            labelPosition: .center, borderRadius: .min)
        #expect(style.boxThickness == 1 && style.textScale == 0.3 && style.textThickness == 3)
        #expect(style.textPadding == 40 && style.borderRadius == 0)
    }
}
