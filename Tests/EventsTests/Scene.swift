import Domain
import Events

/// A scene in words, played to a `CameraEvents` at five pictures a second.
///
/// Each line is one track: `person 1: 15-20 walks`, `car 2: 0-60 stands at 300`, `car 3: 5-60 parks at 300`,
/// with `sure 0.4` for its confidence (else 0.9) and `small` for a tenth of the size. `-- 30` ends the source.
/// Boxes of what stands jitter as a detector's do.
struct Scene {
    struct Actor {
        enum Motion { case walks, stands, parks }
        var name: String
        var id: TrackID
        var span: ClosedRange<Double>
        var motion: Motion
        var place: Float = 300
        var confidence: Float = 0.9
        var scale: Float = 1
    }

    static let picturesPerSecond = 5.0
    static let classes = ["person", "car", "dog"]
    private(set) var actors: [Actor] = []
    private(set) var sourceEnds: [Double] = []

    init(_ lines: [String]) {
        for line in lines { add(line) }
    }

    private mutating func add(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        if words.first == "--" {
            sourceEnds.append(words.dropFirst().first.flatMap(Double.init) ?? 0)
            return
        }
        guard words.count >= 4, let id = TrackID(words[1].dropLast()) else { return }
        let ends = words[2].split(separator: "-").compactMap { Double($0) }
        guard ends.count == 2, ends[0] <= ends[1] else { return }
        let motion: Actor.Motion = words[3] == "walks" ? .walks : words[3] == "parks" ? .parks : .stands
        var actor = Actor(name: words[0], id: id, span: ends[0]...ends[1], motion: motion)
        for (word, value) in zip(words, words.dropFirst()) {
            if word == "at" { actor.place = Float(value) ?? actor.place }
            if word == "sure" { actor.confidence = Float(value) ?? actor.confidence }
        }
        if words.contains("small") { actor.scale = 0.1 }
        actors.append(actor)
    }

    /// What the state machine says of it, `updated` left out, as text: `open 5.0`, `began 1 15.0`, `ended 1 20.0`,
    /// `close 30.0`.
    func play(to events: inout CameraEvents, until end: Double = 200) -> [String] {
        var said: [String] = []
        var ends = sourceEnds[...]
        for picture in 0...Int(end * Self.picturesPerSecond) {
            let seconds = Double(picture) / Self.picturesPerSecond
            if let next = ends.first, seconds >= next {
                ends.removeFirst()
                said += events.sourceEnded().compactMap(Self.text)
            }
            let sightings = actors.filter { $0.span.contains(seconds) }.map { $0.sighting(at: seconds, picture) }
            said += events.observe(sightings, at: seconds, pictureWidth: 1280, pictureHeight: 720)
                .compactMap(Self.text)
        }
        return said
    }

    static func text(_ action: EventAction) -> String? {
        switch action {
        case .began(let event): "began \(event.trackID) \(round(event.startSeconds))"
        case .updated: nil
        case .ended(let event): "ended \(event.trackID) \(round(event.lastSeconds))"
        case .openClip(let seconds): "open \(round(seconds))"
        case .closeClip(let seconds): "close \(round(seconds))"
        }
    }

    private static func round(_ seconds: Double) -> Double { (seconds * 10).rounded() / 10 }
}

extension Scene.Actor {
    func sighting(at seconds: Double, _ picture: Int) -> Sighting {
        let width: Float = (name == "car" ? 160 : 50) * scale
        let height: Float = (name == "car" ? 90 : 120) * scale
        let elapsed = Float(seconds - span.lowerBound)
        // Up to a twelfth of the size, as detectors' boxes do.
        let jitter = (Float(picture * 7 % 5) / 2 - 1) * width / 12
        let x: Float =
            switch motion {
            case .walks: 20 + 60 * elapsed
            case .stands: place + jitter
            case .parks: max(place - 200 + 80 * min(elapsed, 2.5), 0) + jitter
            }
        return Sighting(
            trackID: id, classIndex: Scene.classes.firstIndex(of: name) ?? 0, confidence: confidence,
            box: PixelBox(x1: x, y1: 200 + jitter, x2: x + width + jitter, y2: 200 + height))
    }
}
