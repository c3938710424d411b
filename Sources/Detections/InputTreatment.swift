/// How a picture becomes the numbers that a model takes.
package struct InputTreatment: Hashable, Sendable {
    /// The order of the planes.
    package enum Layout: String, Hashable, Sendable, CaseIterable { case rgb, bgr }

    /// What black and white are.
    package enum Range: String, Hashable, Sendable, CaseIterable {
        case unit = "0-1"
        case bytes = "0-255"

        var white: Float { self == .bytes ? 255 : 1 }
    }

    package var layout = Layout.rgb
    package var range = Range.unit
    package var placement = Letterbox.Placement.centre
    /// Grey of the padding, 0...255.
    package var pad = 114
    /// Subtracted from each plane, then each plane is divided by `deviation`; in units of `range`, in the planes' order.
    package var mean: [Float] = [0, 0, 0]
    package var deviation: [Float] = [1, 1, 1]

    /// What most networks trained on ImageNet take, for `Range.unit` and `Layout.rgb`.
    package static let imageNetMean: [Float] = [0.485, 0.456, 0.406]
    package static let imageNetDeviation: [Float] = [0.229, 0.224, 0.225]

    /// What a head's reference implementation does, with what a manifest says put over it.
    package init(layout outputs: OutputLayout, facts: ModelFacts, manifest: ModelManifest) {
        switch outputs.head {
        case .yolov8, .yolov5, .endToEnd: break
        case .yolox: (layout, range, placement) = (.bgr, .bytes, .topLeft)
        case .detr:
            placement = .stretch
            if facts.isNormalised { (mean, deviation) = (Self.imageNetMean, Self.imageNetDeviation) }
        }
        layout = manifest.layout ?? layout
        range = manifest.range ?? range
        placement = manifest.letterbox ?? placement
        pad = manifest.pad ?? pad
        mean = manifest.mean ?? mean
        deviation = manifest.deviation ?? deviation
    }

    package init() {}

    /// What is multiplied with and then added to each plane of a picture in 0...1.
    private func factors(plane: Int) -> (factor: Float, offset: Float) {
        (range.white / deviation[plane], -mean[plane] / deviation[plane])
    }

    /// Fills the whole input with the padding.
    ///
    /// - Parameter tensor: three planes.
    package func fillWithPadding(_ tensor: UnsafeMutableBufferPointer<Float>) {
        let plane = tensor.count / 3
        for index in 0..<3 {
            let (factor, offset) = factors(plane: index)
            UnsafeMutableBufferPointer(rebasing: tensor[(index * plane)..<((index + 1) * plane)])
                .update(repeating: Float(pad) / 255 * factor + offset)
        }
    }

    /// Turns the planes' region of a picture in 0...1 into what the model takes.
    ///
    /// - Parameter planes: first value of the region in each plane, in the planes' order.
    func apply(to planes: [UnsafeMutablePointer<Float>], rowStride: Int, width: Int, height: Int) {
        for (index, plane) in planes.enumerated() {
            let (factor, offset) = factors(plane: index)
            guard factor != 1 || offset != 0 else { continue }
            for row in 0..<height {
                let line = plane + row * rowStride
                for column in 0..<width { line[column] = line[column] * factor + offset }
            }
        }
    }

    /// e.g. `rgb 0-1, letterbox centre, pad 114`.
    package var text: String {
        var parts = ["\(layout.rawValue) \(range.rawValue)"]
        if mean != [0, 0, 0] || deviation != [1, 1, 1] { parts.append("mean \(mean), std \(deviation)") }
        parts.append("letterbox \(placement.rawValue)")
        if placement != .stretch { parts.append("pad \(pad)") }
        return parts.joined(separator: ", ")
    }
}

extension ModelFacts {
    /// RF-DETR's export, by its outputs' names, and the kinds with 91 classes of COCO were trained on normalised pictures.
    fileprivate var isNormalised: Bool {
        guard let (boxes, scores) = queries else { return false }
        let names = (outputs[boxes].name.lowercased(), outputs[scores].name.lowercased())
        return names == ("dets", "labels") || [91, 92].contains(outputs[scores].shape[2])
    }
}
