package import Domain

extension ClassList {
    /// The 80 classes of COCO, in the order of its detectors.
    package static let coco80 = ClassList(
        """
        person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign, \
        parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, \
        handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard, \
        surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, \
        broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, \
        laptop, mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, \
        scissors, teddy bear, hair drier, toothbrush
        """.split(separator: ", ").map { String($0) })

    /// COCO's classes by its category numbers, 0...90, as DETR and RF-DETR have them. 11 numbers stand for nothing.
    package static let coco91: ClassList = {
        let unused: Set = [0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83]
        var names = coco80.names.makeIterator()
        return ClassList((0...90).map { unused.contains($0) ? "unused \($0)" : names.next() ?? "" })
    }()

    /// Reads what exporters write as the text of a Python dictionary or list: `{0: 'person', 1: 'bicycle'}`,
    /// `{"0": "person"}` or `['person', 'bicycle']`. nil for anything else, or where numbers are missing.
    package init?(pythonLiteral text: String) {
        var scanner = LiteralScanner(text)
        guard let names = scanner.isDictionary ? scanner.dictionary() : scanner.list(), !names.isEmpty else {
            return nil
        }
        self.init(names)
    }
}

/// Reads the two forms of Python literal that class names come in.
private struct LiteralScanner {
    private static let maximumCount = 100_000
    private var rest: Substring

    init(_ text: String) {
        rest = text[...]
    }

    var isDictionary: Bool { rest.first { !$0.isWhitespace } == "{" }

    mutating func list() -> [String]? {
        guard take("[") else { return nil }
        var names: [String] = []
        while !take("]") {
            guard let name = string(), names.count < Self.maximumCount else { return nil }
            names.append(name)
            if !take(",") {
                return take("]") ? names : nil
            }
        }
        return names
    }

    mutating func dictionary() -> [String]? {
        guard take("{") else { return nil }
        var names: [Int: String] = [:]
        while !take("}") {
            guard let index = number(), take(":"), let name = string(), names.count < Self.maximumCount else {
                return nil
            }
            names[index] = name
            if !take(",") {
                guard take("}") else { return nil }
                break
            }
        }
        let sorted = (0..<names.count).compactMap { names[$0] }
        return sorted.count == names.count ? sorted : nil
    }

    private mutating func take(_ character: Character) -> Bool {
        rest = rest.drop { $0.isWhitespace }
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func number() -> Int? {
        rest = rest.drop { $0.isWhitespace }
        if let quoted = string() { return Int(quoted) }
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        return Int(digits)
    }

    /// A text in single or double quotes; a backslash stands before a character that is meant as it is.
    private mutating func string() -> String? {
        rest = rest.drop { $0.isWhitespace }
        guard let quote = rest.first, quote == "'" || quote == "\"" else { return nil }
        var text = ""
        var tail = rest.dropFirst()
        while let character = tail.popFirst() {
            if character == quote {
                rest = tail
                return text
            }
            guard character == "\\" else {
                text.append(character)
                continue
            }
            guard let escaped = tail.popFirst() else { return nil }
            text.append(escaped)
        }
        return nil
    }
}
