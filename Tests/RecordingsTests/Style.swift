import Frames

extension OverlayStyle {
    static var test: OverlayStyle {
        OverlayStyle(
            boxThickness: 2, boxColor: .red, textScale: 0.5, textThickness: 1, textPadding: 10,
            labelPosition: .topLeft, borderRadius: 0)
    }
}
