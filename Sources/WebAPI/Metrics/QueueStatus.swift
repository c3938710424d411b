/// One of the server's queues as it is now. `docs/backpressure.md` tells what becomes of each when it is full.
package struct QueueStatus: Sendable, Hashable {
    /// What waits there, and for what.
    package enum Kind: String, CaseIterable, Sendable {
        // Of each camera.
        case gop, decoder, detector, recorder, actions, preroll, live, rtsp
        // Of the whole.
        case clips, messages, readers, video

        package var unit: Unit {
            switch self {
            case .gop, .decoder, .recorder, .live, .rtsp: .packets
            case .detector: .pictures
            case .preroll, .readers, .video: .bytes
            case .actions: .actions
            case .clips: .clips
            case .messages: .messages
            }
        }
    }

    package enum Unit: String, Sendable {
        case packets, pictures, bytes, actions, clips, messages
    }

    package var kind: Kind
    /// The camera's path; nil for a queue of the whole.
    package var camera: String?
    /// What waits.
    package var depth: Int
    /// How much may wait; 0 while nobody is there to take it.
    package var capacity: Int
    /// What was lost since the start; of the pre-roll, how often it was cut short, of readers, how often one lagged, of video,
    /// the pictures that were left out. nil where nothing can be.
    package var dropped: Int?

    package init(_ kind: Kind, camera: String? = nil, depth: Int, capacity: Int, dropped: Int? = nil) {
        self.kind = kind
        self.camera = camera
        self.depth = depth
        self.capacity = capacity
        self.dropped = dropped
    }
}

extension MetricsText {
    /// Writes all queues. Those of the whole have no camera, which an empty label says.
    mutating func write(_ queues: [QueueStatus]) {
        let metrics: [(String, Kind, String, (QueueStatus) -> Int?)] = [
            ("spectrax_queue_depth", .gauge, "What waits in a queue.", { $0.depth }),
            ("spectrax_queue_capacity", .gauge, "How much may wait in it.", { $0.capacity }),
            ("spectrax_queue_dropped_total", .counter, "What it lost because it was full.", { $0.dropped }),
        ]
        for (name, kind, help, value) in metrics {
            metric(name, kind, help)
            for queue in queues {
                guard let value = value(queue) else { continue }
                sample(
                    value,
                    ["camera": queue.camera ?? "", "queue": queue.kind.rawValue, "unit": queue.kind.unit.rawValue])
            }
        }
    }
}

extension JSONText {
    mutating func queue(_ queue: QueueStatus) {
        object { json in
            json.field("name", queue.kind.rawValue)
            json.field("camera", queue.camera)
            json.field("unit", queue.kind.unit.rawValue)
            json.count("depth", queue.depth)
            json.count("capacity", queue.capacity)
            json.count("dropped", queue.dropped)
        }
    }

    private mutating func count(_ name: StaticString, _ value: Int?) {
        key(name)
        if let value { integer(value) } else { null() }
    }
}
