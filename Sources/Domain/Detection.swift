/// One object that a detector found in one picture.
package struct Detection: Hashable, Sendable {
    /// Index into the detector's class list.
    package var classIndex: Int
    /// 0...1.
    package var confidence: Float
    /// In pixels of the picture that was analysed, before any scaling.
    package var box: PixelBox

    package init(classIndex: Int, confidence: Float, box: PixelBox) {
        self.classIndex = classIndex
        self.confidence = confidence
        self.box = box
    }
}

/// The names of the classes that a model knows, by index.
package struct ClassList: Hashable, Sendable {
    package let names: [String]

    package init(_ names: [String]) {
        self.names = names
    }

    package var count: Int { names.count }

    /// The name of a class, or `class 7` for an index outside the list.
    package func name(of index: Int) -> String {
        names.indices.contains(index) ? names[index] : "class \(index)"
    }

    /// The index of a class, upper and lower case alike.
    package func index(of name: String) -> Int? {
        names.firstIndex { $0.lowercased() == name.lowercased() }
    }
}
