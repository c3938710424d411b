package import Domain

/// What exporters write into a model's metadata, as far as it says what the outputs mean. The keys are Ultralytics'.
package struct ModelMetadata: Hashable, Sendable {
    /// `names`: `{0: 'person', 1: 'bicycle'}`, or a list.
    package var classes: ClassList?
    /// `imgsz`: `[height, width]`, pixels.
    package var inputWidth: Int?
    package var inputHeight: Int?
    /// `task`: `detect`, `segment`, `pose`, `obb`, `classify`.
    package var task: String?
    /// `head`: the class of the last layer, such as `Detect` or `RTDETRDecoder`.
    package var headClass: String?
    /// `end2end`, or `nms` among the export's arguments.
    package var isEndToEnd = false

    package init() {}

    /// - Parameter value: the value of a key, nil where the model has none.
    package init(_ value: (String) -> String?) {
        classes = value("names").flatMap { ClassList(pythonLiteral: $0) }
        task = value("task")
        headClass = value("head")
        isEndToEnd = value("end2end") == "True" || value("args")?.contains("'nms': True") == true
        let sides = (value("imgsz") ?? "").split { !$0.isASCII || !$0.isNumber }.compactMap { Int($0) }
        if sides.count == 2, sides.allSatisfy({ (1...4096).contains($0) }) {
            (inputHeight, inputWidth) = (sides[0], sides[1])
        }
    }

    /// Whether more numbers may follow a candidate's class scores: of masks or of a pose, which are left aside.
    var allowsExtras: Bool { task == "segment" || task == "pose" }

    /// Whether a model of this task has boxes to give; nil tasks do.
    var hasBoxes: Bool { task.map { ["detect", "segment", "pose"].contains($0) } ?? true }
}
