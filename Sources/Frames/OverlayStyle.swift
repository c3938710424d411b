package import Domain

/// How boxes and labels look. Lengths are pixels of a picture 960 wide and grow with wider ones.
/// Values outside a range count as its nearest end.
package struct OverlayStyle: Hashable, Sendable {
    /// Raw values are the names that the settings use.
    package enum BoxColor: String, CaseIterable, Sendable {
        case green, red, blue, yellow, white, black
        /// One colour for each `OverlayBox.colorIndex`, from the palette of Roboflow's supervision library.
        case roboflow
    }

    /// Where the label stands: above the box, within it at half height, or below it. A label that would leave
    /// the picture is moved back into it. Raw values are the names that the settings use.
    package enum LabelPosition: String, CaseIterable, Sendable {
        case topLeft = "top_left"
        case topCenter = "top_center"
        case topRight = "top_right"
        case centerLeft = "center_left"
        case center
        case centerRight = "center_right"
        case bottomLeft = "bottom_left"
        case bottomCenter = "bottom_center"
        case bottomRight = "bottom_right"
    }

    package static let boxThicknesses = 1...20
    package static let textScales = 0.3...1.0
    package static let textThicknesses = 1...3
    package static let textPaddings = 0...40
    package static let borderRadii = 0...40

    package let boxThickness: Int
    package let boxColor: BoxColor
    /// 0.5 is a font of 13 pixels.
    package let textScale: Double
    /// 1 is a normal weight, 2 bold, 3 heavier still.
    package let textThickness: Int
    /// Between a label's text and the edge of its background.
    package let textPadding: Int
    package let labelPosition: LabelPosition
    /// Of the corners of a label's background.
    package let borderRadius: Int

    package init(
        boxThickness: Int, boxColor: BoxColor, textScale: Double, textThickness: Int, textPadding: Int,
        labelPosition: LabelPosition, borderRadius: Int
    ) {
        self.boxThickness = Self.bound(boxThickness, to: Self.boxThicknesses)
        self.boxColor = boxColor
        self.textScale =
            textScale.isNaN ? Self.textScales.lowerBound : Self.bound(textScale, to: Self.textScales)
        self.textThickness = Self.bound(textThickness, to: Self.textThicknesses)
        self.textPadding = Self.bound(textPadding, to: Self.textPaddings)
        self.labelPosition = labelPosition
        self.borderRadius = Self.bound(borderRadius, to: Self.borderRadii)
    }

    private static func bound<Value: Comparable>(_ value: Value, to range: ClosedRange<Value>) -> Value {
        min(max(value, range.lowerBound), range.upperBound)
    }
}

/// One box to draw.
package struct OverlayBox: Hashable, Sendable {
    /// In pixels of the canvas. Boxes that are not finite, empty or outside the picture are left out.
    package var box: PixelBox
    /// E.g. `person 0.87 #42`; none when empty. Shortened with an ellipsis when wider than the picture.
    package var label: String
    /// Chooses the palette's colour, any integer; the class index as a rule.
    package var colorIndex: Int
    /// Dashed: where the object is expected, not where it was seen.
    package var isPredicted: Bool

    package init(box: PixelBox, label: String, colorIndex: Int, isPredicted: Bool = false) {
        self.box = box
        self.label = label
        self.colorIndex = colorIndex
        self.isPredicted = isPredicted
    }
}

/// A colour of an overlay, components 0...1, sRGB.
struct OverlayColor: Hashable {
    let red: Double
    let green: Double
    let blue: Double

    init(_ rgb: UInt32) {
        red = Double(rgb >> 16 & 0xFF) / 255
        green = Double(rgb >> 8 & 0xFF) / 255
        blue = Double(rgb & 0xFF) / 255
    }

    /// Black or white, whichever stands out more: by luma (BT.601 weights on the sRGB values).
    var readableText: OverlayColor {
        0.299 * red + 0.587 * green + 0.114 * blue > 0.55 ? OverlayColor(0x101214) : OverlayColor(0xFFFFFF)
    }

    static func of(_ choice: OverlayStyle.BoxColor, index: Int) -> OverlayColor {
        switch choice {
        case .green: OverlayColor(0x22C55E)
        case .red: OverlayColor(0xEF4444)
        case .blue: OverlayColor(0x3B82F6)
        case .yellow: OverlayColor(0xFACC15)
        case .white: OverlayColor(0xFFFFFF)
        case .black: OverlayColor(0x000000)
        case .roboflow: OverlayColor(palette[Int(index.magnitude % UInt(palette.count))])
        }
    }

    /// `DEFAULT_COLOR_PALETTE` of github.com/roboflow/supervision.
    private static let palette: [UInt32] = [
        0xA351FB, 0xFF4040, 0xFFA1A0, 0xFF7633, 0xFFB633, 0xD1D435, 0x4CFB12, 0x94CF1A, 0x40DE8A, 0x1B9640, 0x00D6C1,
        0x2E9CAA, 0x00C4FF, 0x364797, 0x6675FF, 0x0019EF, 0x863AFF, 0x530087, 0xCD3AFF, 0xFF97CA, 0xFF39C9,
    ]
}
