package import Domain
package import Foundation

/// What the small JSON file beside a model says of it: `yolox_nano.json` beside `yolox_nano.onnx`. Every key may be
/// left out where the model speaks for itself.
package struct ModelManifest: Sendable, Hashable {
    package enum Layout: String, Sendable, Codable { case rgb, bgr }
    package enum Range: String, Sendable, Codable {
        case unit = "0-1"
        case bytes = "0-255"
    }

    package var name: String?
    package var source: String?
    package var sha256: String?
    package var licence: String?
    package var layout: Layout?
    package var range: Range?
    package var letterbox: Letterbox.Placement?
    /// 0...255.
    package var pad: Int?
    /// Pixels of the input, for models that leave it open.
    package var inputWidth: Int?
    package var inputHeight: Int?
    package var head: Head?
    package var classes: ClassList?

    package init() {}

    /// Reads the manifest beside a model; an empty one when there is none.
    ///
    /// - Throws: `ModelError` that names file and key.
    package init(besideModel model: String) throws(ModelError) {
        self.init()
        let file = (model as NSString).deletingPathExtension + ".json"
        guard let data = FileManager.default.contents(atPath: file) else { return }
        self = try ModelManifest(json: data, file: file)
    }

    package init(json: Data, file: String) throws(ModelError) {
        guard json.count <= 1 << 20, let object = (try? JSONSerialization.jsonObject(with: json)) as? [String: Any]
        else {
            throw ModelError(file, "it is no JSON object")
        }
        let known = ["name", "source", "sha256", "licence", "input", "head", "classes"]
        try Self.refuseUnknown(object, known: known, prefix: "", file: file)
        name = try Self.text(object, "name", file)
        source = try Self.text(object, "source", file)
        sha256 = try Self.text(object, "sha256", file)
        licence = try Self.text(object, "licence", file)
        head = try Self.choice(object, "head", Head.self, Head.allCases.map(\.rawValue), file)
        if let value = object["input"] {
            guard let input = value as? [String: Any] else { throw ModelError(file, "input: expected an object") }
            try Self.refuseUnknown(
                input, known: ["layout", "range", "letterbox", "pad", "size"], prefix: "input.", file: file)
            layout = try Self.choice(input, "layout", Layout.self, ["rgb", "bgr"], file, prefix: "input.")
            range = try Self.choice(input, "range", Range.self, ["0-1", "0-255"], file, prefix: "input.")
            letterbox = try Self.choice(
                input, "letterbox", Letterbox.Placement.self, ["centre", "top-left"], file, prefix: "input.")
            if let size = input["size"] {
                guard let sides = size as? [Int], sides.count == 2, sides.allSatisfy({ (32...4096).contains($0) })
                else {
                    throw ModelError(file, "input.size: expected [width, height], each in 32...4096")
                }
                (inputWidth, inputHeight) = (sides[0], sides[1])
            }
            if let pad = input["pad"] {
                guard let number = pad as? Int, (0...255).contains(number) else {
                    throw ModelError(file, "input.pad: expected a number in 0...255")
                }
                self.pad = number
            }
        }
        if let value = object["classes"] {
            if value as? String == "coco-80" {
                classes = .coco80
            } else if let names = value as? [String], !names.isEmpty {
                classes = ClassList(names)
            } else {
                throw ModelError(file, "classes: expected \"coco-80\" or a list of names")
            }
        }
    }

    private static func refuseUnknown(_ object: [String: Any], known: [String], prefix: String, file: String)
        throws(ModelError)
    {
        for key in object.keys.sorted() where !known.contains(key) {
            throw ModelError(file, "\(prefix)\(key): unknown key (known: \(known.joined(separator: ", ")))")
        }
    }

    private static func text(_ object: [String: Any], _ key: String, _ file: String) throws(ModelError) -> String? {
        guard let value = object[key] else { return nil }
        guard let text = value as? String else { throw ModelError(file, "\(key): expected a text") }
        return text
    }

    private static func choice<Value: RawRepresentable<String>>(
        _ object: [String: Any], _ key: String, _ type: Value.Type, _ accepted: [String], _ file: String,
        prefix: String = ""
    ) throws(ModelError) -> Value? {
        guard let text = try text(object, key, file) else { return nil }
        guard let value = Value(rawValue: text) else {
            throw ModelError(file, "\(prefix)\(key): \"\(text)\" is none of \(accepted.joined(separator: ", "))")
        }
        return value
    }
}

extension ClassList {
    /// The 80 classes of COCO, in the order of its detectors.
    package static let coco80 = ClassList([
        "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
        "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
        "elephant",
        "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis",
        "snowboard",
        "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
        "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli",
        "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed", "dining table",
        "toilet",
        "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
        "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
    ])

    /// Reads what Ultralytics' exports carry: `{0: 'person', 1: 'bicycle', …}`.
    init?(pythonDictionary text: String) {
        var names: [Int: String] = [:]
        var rest = text[...]
        while let colon = rest.firstIndex(of: ":") {
            let number = rest[..<colon].reversed().prefix { $0.isNumber }.reversed()
            rest = rest[rest.index(after: colon)...].drop { $0 == " " }
            guard let quote = rest.first, quote == "'" || quote == "\"", let index = Int(String(number)) else {
                return nil
            }
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: quote) else { return nil }
            names[index] = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
        }
        guard !names.isEmpty, names.count <= 100_000, Set(names.keys) == Set(0..<names.count) else { return nil }
        self.init((0..<names.count).map { names[$0] ?? "" })
    }
}
