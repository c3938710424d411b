package import Domain
package import Foundation

/// What the small JSON file beside a model says of it: `yolox_nano.json` beside `yolox_nano.onnx`. Every key may be
/// left out where the model speaks for itself.
package struct ModelManifest: Sendable, Hashable {
    package var name: String?
    package var source: String?
    package var sha256: String?
    package var licence: String?
    package var layout: InputTreatment.Layout?
    package var range: InputTreatment.Range?
    package var letterbox: Letterbox.Placement?
    /// 0...255.
    package var pad: Int?
    /// One number a plane, in units of `range`, in the planes' order.
    package var mean: [Float]?
    package var deviation: [Float]?
    /// Pixels of the input, for models that leave it open.
    package var inputWidth: Int?
    package var inputHeight: Int?
    package var head: Head?
    /// For heads whose queries come with raw scores.
    package var activation: OutputLayout.Activation?
    package var classes: ClassList?

    private static let maximumBytes = 1 << 20
    private static let maximumClasses = 10_000

    package init() {}

    /// Where a model's manifest lies.
    package static func file(besideModel model: String) -> String {
        (model as NSString).deletingPathExtension + ".json"
    }

    /// Reads the manifest beside a model; an empty one when there is none.
    ///
    /// - Throws: `ModelError` that names file and key.
    package init(besideModel model: String) throws(ModelError) {
        self.init()
        let file = Self.file(besideModel: model)
        guard FileManager.default.fileExists(atPath: file) else { return }
        guard let handle = FileHandle(forReadingAtPath: file),
            let data = try? handle.read(upToCount: Self.maximumBytes + 1) ?? Data()
        else { throw ModelError(file, "it cannot be read") }
        self = try ModelManifest(json: data, file: file)
    }

    package init(json: Data, file: String) throws(ModelError) {
        guard json.count <= Self.maximumBytes else {
            throw ModelError(file, "it is larger than \(Self.maximumBytes) bytes, expected a model's manifest")
        }
        guard let object = (try? JSONSerialization.jsonObject(with: json)) as? [String: Any] else {
            throw ModelError(file, "it is no JSON object")
        }
        let known = ["name", "source", "sha256", "licence", "input", "head", "activation", "classes"]
        try Self.refuseUnknown(object, known: known, prefix: "", file: file)
        name = try Self.text(object, "name", file)
        source = try Self.text(object, "source", file)
        sha256 = try Self.text(object, "sha256", file)
        licence = try Self.text(object, "licence", file)
        head = try Self.choice(object, "head", Head.self, file)
        activation = try Self.choice(object, "activation", OutputLayout.Activation.self, file)
        if let value = object["input"] {
            guard let input = value as? [String: Any] else { throw ModelError(file, "input: expected an object") }
            try readInput(input, file)
        }
        if let value = object["classes"] { classes = try Self.classes(value, file) }
    }

    private mutating func readInput(_ input: [String: Any], _ file: String) throws(ModelError) {
        let known = ["layout", "range", "letterbox", "pad", "size", "mean", "std"]
        try Self.refuseUnknown(input, known: known, prefix: "input.", file: file)
        layout = try Self.choice(input, "layout", InputTreatment.Layout.self, file, prefix: "input.")
        range = try Self.choice(input, "range", InputTreatment.Range.self, file, prefix: "input.")
        letterbox = try Self.choice(input, "letterbox", Letterbox.Placement.self, file, prefix: "input.")
        if let size = input["size"] {
            guard let sides = Self.numbers(size), sides.count == 2,
                sides.allSatisfy({ (32...4096).contains($0) && $0 == $0.rounded() })
            else {
                throw ModelError(file, "input.size: expected [width, height], each in 32...4096")
            }
            (inputWidth, inputHeight) = (Int(sides[0]), Int(sides[1]))
        }
        if let value = input["pad"] {
            guard let number = Self.number(value), (0...255).contains(number), number == number.rounded() else {
                throw ModelError(file, "input.pad: expected a whole number in 0...255")
            }
            pad = Int(number)
        }
        if let value = input["mean"] {
            guard let numbers = Self.numbers(value), numbers.count == 3,
                numbers.allSatisfy({ (-1000...1000).contains($0) })
            else {
                throw ModelError(file, "input.mean: expected three numbers, one a plane, in the range of the input")
            }
            mean = numbers.map { Float($0) }
        }
        if let value = input["std"] {
            guard let numbers = Self.numbers(value), numbers.count == 3,
                numbers.allSatisfy({ (0.001...1000).contains($0) })
            else { throw ModelError(file, "input.std: expected three numbers, one a plane, each in 0.001...1000") }
            deviation = numbers.map { Float($0) }
        }
    }

    private static func classes(_ value: Any, _ file: String) throws(ModelError) -> ClassList {
        switch value as? String {
        case "coco-80": return .coco80
        case "coco-91": return .coco91
        default: break
        }
        guard let names = value as? [String], (1...maximumClasses).contains(names.count) else {
            throw ModelError(
                file, "classes: expected \"coco-80\", \"coco-91\" or a list of 1...\(maximumClasses) names")
        }
        var seen: Set<String> = []
        for (index, name) in names.enumerated() {
            guard name.contains(where: { !$0.isWhitespace }) else {
                throw ModelError(file, "classes[\(index)]: the name is empty")
            }
            guard seen.insert(name.lowercased()).inserted else {
                throw ModelError(file, "classes[\(index)]: \"\(name)\" is there twice, and the settings name classes")
            }
        }
        return ClassList(names)
    }

    /// A finite number; nil for anything else, true and false included, which `NSNumber` would take for 1 and 0.
    private static func number(_ value: Any) -> Double? {
        guard let number = value as? NSNumber, String(cString: number.objCType) != "c", number.doubleValue.isFinite
        else { return nil }
        return number.doubleValue
    }

    private static func numbers(_ value: Any) -> [Double]? {
        guard let list = value as? [Any] else { return nil }
        let numbers = list.compactMap { number($0) }
        return numbers.count == list.count ? numbers : nil
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

    private static func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ object: [String: Any], _ key: String, _ type: Value.Type, _ file: String, prefix: String = ""
    ) throws(ModelError) -> Value? {
        guard let value = object[key] else { return nil }
        let accepted = Value.allCases.map(\.rawValue).joined(separator: ", ")
        guard let text = value as? String else {
            throw ModelError(file, "\(prefix)\(key): expected one of \(accepted)")
        }
        guard let choice = Value(rawValue: text) else {
            throw ModelError(file, "\(prefix)\(key): \"\(text.prefix(100))\" is none of \(accepted)")
        }
        return choice
    }
}
